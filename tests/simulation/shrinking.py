"""Makes a failing history smaller: fewer troubles and fewer jobs, as long as the same promise is broken."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from tests.simulation import troubles
from tests.simulation.case import Case
from tests.simulation.result import Result
from tests.simulation.scenario import scenario_of

_SCHEDULES: Final = 12
"""Schedules that are tried for a smaller case. A removal shifts all later steps, so the same random numbers may just
miss the fault that other random numbers hit."""


def shrunk(failing: Result, live: Callable[[Case], Result], budget: int = 600) -> Result:
    """The smallest case found that breaks the same promise, in at most `budget` runs."""
    best, left = failing, budget
    found = True
    while found and left > 0:
        found = False
        for smaller in _smaller(best.case):
            for case in _schedules(smaller):
                left -= 1
                result = live(case)
                if result.broke == failing.broke:
                    best, found = result, True
                    break
                if left <= 0:
                    break
            if found or left <= 0:
                break
    return best


def _smaller(case: Case) -> Iterator[Case]:
    """Big steps first: half of the troubles, then one job, then one trouble."""
    scenario = scenario_of(case)
    rates = [trouble for trouble in troubles.ALL if trouble in scenario.rates]
    if len(rates) > 3:
        for half in (rates[: len(rates) // 2], rates[len(rates) // 2 :]):
            yield replace(case, without=case.without | frozenset(half))
    for job in scenario.jobs if len(scenario.jobs) > 1 else ():
        yield replace(case, jobs=tuple(each.index for each in scenario.jobs if each is not job))
    for trouble in rates:
        yield replace(case, without=case.without | {trouble})


def _schedules(case: Case) -> Iterator[Case]:
    yield case
    for number in range(1, _SCHEDULES):
        yield replace(case, schedule=case.schedule + number)
