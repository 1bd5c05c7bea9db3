"""Odd objects come in histories of their own, in every carrier, and leave all other histories as they were."""

from itertools import count
from typing import Final

from tests.simulation import troubles
from tests.simulation.apiserver.resources import JOBS, LETTERS, PODS, TOLD
from tests.simulation.case import Case
from tests.simulation.promises import broken_promises
from tests.simulation.scenario import scenario_of
from tests.simulation.simulation import Simulation

APART: Final = frozenset({*troubles.ODD, *troubles.OF_RELEASES, *troubles.OF_STOPS, *troubles.OF_FINALIZERS})


def rates(seed: int) -> frozenset[str]:
    return frozenset(scenario_of(Case(seed)).rates)


def test_some_histories_have_odd_objects() -> None:
    odd = sum(not rates(seed).isdisjoint(troubles.ODD) for seed in range(1000))
    assert 40 < odd < 110


def test_without_them_the_scenario_of_a_seed_is_the_same() -> None:
    seed = next(seed for seed in count() if rates(seed) >= set(troubles.ODD) and troubles.MOVE_MAIN not in rates(seed))
    with_them, without = scenario_of(Case(seed)), scenario_of(Case(seed, without=APART))
    assert with_them.jobs == without.jobs
    assert {t: rate for t, rate in with_them.rates.items() if t not in APART} == without.rates


def test_odd_objects_of_every_kind_are_there_at_rest_and_every_promise_is_kept() -> None:
    seed = next(seed for seed in count(1) if rates(seed) >= set(troubles.ODD))
    simulation = Simulation(Case(seed))
    simulation.run()
    assert broken_promises(simulation) == []
    made = {noted.change.resource for noted in simulation.witness.noted if noted.change.subject.name.startswith("odd")}
    assert made >= {JOBS, PODS, LETTERS, TOLD}
    assert simulation.sight is not None
    assert any(it.name.startswith("odd") for it in simulation.sight.there)
