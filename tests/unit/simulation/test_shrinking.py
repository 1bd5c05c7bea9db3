from tests.simulation.case import Case
from tests.simulation.coverage import Coverage
from tests.simulation.promises.history import Breach
from tests.simulation.result import Result
from tests.simulation.scenario import scenario_of
from tests.simulation.shrinking import shrunk

SEED = next(s for s in range(100) if len(scenario_of(Case(s)).jobs) == 3 and len(scenario_of(Case(s)).rates) > 10)
GUILTY = sorted(scenario_of(Case(SEED)).rates)[4]


def result(case: Case, *broken: str) -> Result:
    breaches = tuple(Breach(promise, 0.0, 0, "") for promise in broken)
    return Result(case, breaches, Coverage(), attempts=0, kills=0, trace="", digest="")


def live(case: Case) -> Result:
    """A run that breaks one promise if job 1 exists with the trouble GUILTY, and another one if job 0 exists."""
    scenario = scenario_of(case)
    jobs = {job.index for job in scenario.jobs}
    guilty = 1 in jobs and GUILTY in scenario.rates
    return result(case, *(["guilty"] if guilty else []), *(["other"] if 0 in jobs else []))


def test_all_is_taken_out_that_the_breach_does_not_need() -> None:
    small = shrunk(live(Case(SEED)), live).case
    assert small.jobs == (1,)
    assert list(scenario_of(small).rates) == [GUILTY]


def test_a_case_that_breaks_another_promise_is_no_smaller_version() -> None:
    assert shrunk(live(Case(SEED)), live).broke == "guilty"


def test_another_schedule_is_tried_where_the_same_dice_miss() -> None:
    def misses_at_first(case: Case) -> Result:
        return live(case) if case.schedule % 5 == 4 or case == Case(SEED) else result(case)

    small = shrunk(live(Case(SEED)), misses_at_first).case
    assert list(scenario_of(small).rates) == [GUILTY]
