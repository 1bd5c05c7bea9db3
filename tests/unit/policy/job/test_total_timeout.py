import pytest

from queuedjob.policy.job.total_timeout import resumed_total_start, total_deadline, total_start
from tests.builders import NOON, AJob, a_job, seconds

JOB = a_job().asking(timeouts={"total": 3600})
TOMORROW = NOON + seconds(86_400)


@pytest.mark.parametrize(
    ("job", "start"),
    [
        pytest.param(a_job(), NOON, id="with the job's creation"),
        pytest.param(a_job().asking(not_before_time=TOMORROW), TOMORROW, id="with its notBeforeTime, if that is later"),
        pytest.param(a_job().asking(not_before_time=NOON - seconds(5)), NOON, id="not with one that had passed"),
        pytest.param(
            a_job().asking(not_before_time=TOMORROW).saying(total_start_time=NOON + seconds(60)),
            NOON + seconds(60),
            id="where a rerun or a suspension has moved it to",
        ),
    ],
)
def test_the_total_begins(job: AJob, start: object) -> None:
    assert total_start(job) == start


@pytest.mark.parametrize(
    ("job", "deadline"),
    [
        pytest.param(a_job(), None, id="where there is none"),
        pytest.param(JOB, NOON + seconds(3600), id="an hour from its start"),
        pytest.param(
            JOB.saying(total_start_time=NOON + seconds(60)), NOON + seconds(3660), id="or from where it was moved to"
        ),
        pytest.param(
            JOB.asking(not_before_time=TOMORROW), TOMORROW + seconds(3600), id="never before its notBeforeTime"
        ),
        pytest.param(
            JOB.asking(not_before_time=TOMORROW).saying(total_start_time=NOON + seconds(60)),
            TOMORROW + seconds(3600),
            id="not even where a rerun has moved its start",
        ),
        pytest.param(JOB.suspended(), None, id="not while it is suspended"),
        pytest.param(JOB.saying(suspend_time=NOON), None, id="nor before the suspension has been counted"),
    ],
)
def test_the_total_is_over(job: AJob, deadline: object) -> None:
    assert total_deadline(job) == deadline


def test_a_suspension_moves_the_start_by_its_length() -> None:
    assert resumed_total_start(JOB, NOON + seconds(100), NOON + seconds(160)) == NOON + seconds(60)


def test_only_what_fell_into_the_lifetime_moves_it() -> None:
    later = JOB.asking(not_before_time=TOMORROW)
    assert resumed_total_start(later, NOON, TOMORROW + seconds(60)) == TOMORROW + seconds(60)
