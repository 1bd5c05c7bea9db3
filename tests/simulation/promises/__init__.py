"""The invariants: each is a function over what the witness saw, with the rule as its docstring."""

from tests.simulation.promises import (
    attempts,
    budget,
    counting,
    leadership,
    letters,
    lifetimes,
    refusals,
    rest,
    sight,
    tenants,
    turns,
    verbs,
    words,
)
from tests.simulation.promises.history import Breach, History
from tests.simulation.simulation import Simulation

OF_HISTORY = (
    *attempts.PROMISES,
    *counting.PROMISES,
    *letters.PROMISES,
    *lifetimes.PROMISES,
    *words.PROMISES,
    *tenants.PROMISES,
    *verbs.OF_HISTORY,
)
OF_THE_END = (
    *refusals.PROMISES,
    *rest.PROMISES,
    *sight.PROMISES,
    *budget.PROMISES,
    *leadership.PROMISES,
    *turns.PROMISES,
    *verbs.OF_THE_END,
)


def broken_promises(simulation: Simulation) -> list[Breach]:
    """All breaches in a history that has been run, the earliest first."""
    history = History.of(simulation.witness)
    found = [breach for promise in OF_HISTORY for breach in promise(history)]
    found += [breach for promise in OF_THE_END for breach in promise(simulation, history)]
    return sorted(found, key=lambda breach: breach.at)
