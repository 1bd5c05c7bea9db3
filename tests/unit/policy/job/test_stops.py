import pytest

from queuedjob.policy.job.stops import spec_asks_for_a_stop
from tests.builders import AJob, a_job, facts

JOB = a_job()
TOTAL = JOB.asking(timeouts={"total": 60.0})


@pytest.mark.parametrize(
    ("job", "at", "asked"),
    [
        pytest.param(JOB, 20, False, id="for nothing"),
        pytest.param(JOB.suspended(), 20, True, id="suspended"),
        pytest.param(JOB.suspended().resumed(), 20, False, id="resumed"),
        pytest.param(JOB.cancelled(), 20, True, id="cancelled"),
        pytest.param(TOTAL, 49, False, id="long before its total"),
        pytest.param(TOTAL, 50, True, id="at most ten seconds before its total"),
        pytest.param(TOTAL, 61, True, id="past its total"),
        pytest.param(TOTAL.edited(timeouts={"total": None}), 61, False, id="its total was taken back"),
        pytest.param(TOTAL.suspended(), 61, True, id="suspended past its total"),
    ],
)
def test_the_spec_asks_for_a_stop(job: AJob, at: float, *, asked: bool) -> None:
    assert spec_asks_for_a_stop(facts(job, at=at)) == asked
