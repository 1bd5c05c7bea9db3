import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuedjob.policy.retry.deadlines import (
    LARGEST_DEADLINE,
    Deadline,
    attempt_deadline,
)
from tests.builders import NOON, seconds

HOUR = 3600


@pytest.mark.parametrize(
    ("timed_out", "expected"),
    [(0, 1800), (1, 3600), (2, 7200), (3, 7200), (10**6, 7200)],
)
def test_each_timeout_doubles_the_next_deadline_up_to_four_times(timed_out: int, expected: int) -> None:
    assert attempt_deadline(1800, 2, 7200, timed_out=timed_out) == Deadline(expected, by_total=False)


@pytest.mark.parametrize(
    ("remainder", "deadline"),
    [
        pytest.param(1801.0, Deadline(1800, by_total=False), id="enough is left"),
        pytest.param(1800.0, Deadline(1800, by_total=False), id="just enough is left"),
        pytest.param(60.2, Deadline(61, by_total=True), id="the remainder is rounded up to a second"),
        pytest.param(0.0, Deadline(1, by_total=True), id="nothing is left: Kubernetes counts from 1"),
        pytest.param(-5.0, Deadline(1, by_total=True), id="less than nothing"),
    ],
)
def test_the_remainder_of_total_caps_the_deadline(remainder: float, deadline: Deadline) -> None:
    assert attempt_deadline(1800, 2, 7200, timed_out=0, remainder=remainder) == deadline


def test_a_part_of_a_second_is_rounded_up() -> None:
    assert attempt_deadline(0.5, 2, 2, timed_out=0).seconds == 1
    assert attempt_deadline(1.5, 1, 2, timed_out=0).seconds == 2


def test_a_deadline_of_a_century_is_cut_to_what_the_api_server_takes() -> None:
    assert attempt_deadline(999_999 * HOUR, 2, 4 * 999_999 * HOUR, timed_out=1).seconds == 2_147_483_647


@given(
    attempt=st.floats(0.001, 1e7),
    growth=st.floats(1, 100),
    longest=st.floats(0.001, 1e8),
    timed_out=st.integers(0, 10**9),
    remainder=st.none() | st.floats(-1e9, 1e9),
)
def test_every_deadline_is_one_that_the_api_server_takes_and_none_shrinks(
    attempt: float, growth: float, longest: float, timed_out: int, remainder: float | None
) -> None:
    now = attempt_deadline(attempt, growth, longest, timed_out=timed_out, remainder=remainder)
    then = attempt_deadline(attempt, growth, longest, timed_out=timed_out + 1, remainder=remainder)
    assert 1 <= now.seconds <= then.seconds <= LARGEST_DEADLINE
    assert now.seconds <= max(1, longest + 1)


CREATED = NOON
LATER = NOON + seconds(100)
