from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuedjob.policy.job.total_timeout import resumed_total_start, total_deadline, total_start
from queuedjob.policy.time_math import END_OF_TIME
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


def test_a_lifetime_that_never_starts_is_no_overflow() -> None:
    never = JOB.asking(not_before_time=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
    assert total_deadline(never) == END_OF_TIME


@pytest.mark.parametrize(
    ("suspended", "resumed", "moved"),
    [
        pytest.param(10, 70, 60, id="a minute"),
        pytest.param(-50, 20, 20, id="only the part within the lifetime"),
        pytest.param(-50, -10, 0, id="nothing before the lifetime"),
        pytest.param(10, 5, 0, id="nothing where a clock went back"),
    ],
)
def test_a_suspension_moves_the_start_forward(suspended: float, resumed: float, moved: float) -> None:
    start = resumed_total_start(JOB, NOON + seconds(suspended), NOON + seconds(resumed))
    assert start == NOON + seconds(moved)


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_suspension_never_shortens_what_is_left(start: float, suspended: float, lasted: float) -> None:
    job, since = JOB.saying(total_start_time=NOON + seconds(start)), NOON + seconds(suspended)
    until = since + seconds(lasted)
    resumed = job.saying(total_start_time=resumed_total_start(job, since, until))
    deadlines = total_deadline(job), total_deadline(resumed)
    assert None not in deadlines
    before, after = (deadline or END_OF_TIME for deadline in deadlines)
    begin = NOON + seconds(start)
    left_before, left_after = before - max(since, begin), after - max(until, begin)
    assert abs(left_after - left_before) < timedelta(milliseconds=1)


def test_only_the_part_of_a_suspension_within_the_lifetime_moves_the_start() -> None:
    later = JOB.asking(not_before_time=TOMORROW)
    assert resumed_total_start(later, NOON, TOMORROW + seconds(60)) == TOMORROW + seconds(60)
