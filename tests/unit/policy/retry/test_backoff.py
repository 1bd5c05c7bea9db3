import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuedjob.api.kinds.queuedjob import Backoff
from queuedjob.policy.retry.backoff import (
    DISRUPTED,
    PastAttempt,
    delay,
    disruptions_in_a_row,
    least_delay,
    not_undercut,
)

DEFAULT = [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
SCHEDULES = [
    pytest.param(Backoff(), DEFAULT, id="default"),
    pytest.param(DISRUPTED, [1, 2, 4, 8, 16, 32, 60, 60], id="disruptions"),
    pytest.param(Backoff(multiplier=1), [1, 1, 1, 1], id="a multiplier of 1 never grows"),
    pytest.param(Backoff(initial=10, multiplier=1.5, max=60), [10, 15, 22.5, 33.75, 50.625, 60], id="a decimal one"),
    pytest.param(Backoff(initial=0), [0, 0, 0], id="no wait stays no wait"),
    pytest.param(Backoff(initial=600), [300, 300], id="an initial above max is max"),
]

backoffs = st.builds(
    Backoff,
    initial=st.floats(0, 1e6),
    multiplier=st.floats(1, 1000),
    max=st.floats(0, 1e7),
    jitter_percent=st.integers(0, 100),
)
counts = st.integers(1, 10**9)
spreads = st.floats(-1, 1)


@pytest.mark.parametrize(("backoff", "schedule"), SCHEDULES)
def test_the_schedule_is(backoff: Backoff, schedule: list[float]) -> None:
    assert [delay(backoff, count, 0) for count in range(1, len(schedule) + 1)] == schedule


@given(backoffs, counts)
def test_without_jitter_no_wait_is_shorter_than_the_one_before(backoff: Backoff, count: int) -> None:
    assert delay(backoff, count, 0) <= delay(backoff, count + 1, 0)


@given(backoffs, counts, spreads)
def test_jitter_never_lifts_a_wait_above_max(backoff: Backoff, count: int, spread: float) -> None:
    assert 0 <= delay(backoff, count, spread) <= backoff.max


@given(backoffs, counts, spreads)
def test_jitter_stays_within_its_share(backoff: Backoff, count: int, spread: float) -> None:
    base = delay(backoff, count, 0)
    assert delay(backoff, count, spread) == pytest.approx(base, rel=backoff.jitter_percent / 100 + 1e-9, abs=1e-9)


def test_jitter_reaches_both_ends_of_its_share() -> None:
    assert delay(Backoff(), 4, -1) == pytest.approx(7.2)
    assert delay(Backoff(), 4, 1) == pytest.approx(8.8)


@given(backoffs, counts, spreads)
def test_no_jitter_makes_a_wait_shorter_than_the_least(backoff: Backoff, count: int, spread: float) -> None:
    assert least_delay(backoff, count) <= delay(backoff, count, spread)


def test_the_least_wait_has_all_jitter_taken_away() -> None:
    assert least_delay(Backoff(), 4) == pytest.approx(7.2)


@given(st.floats(0, 1e6), st.floats(0, 86_400), st.floats(0, 1), spreads)
def test_a_requested_wait_is_never_undercut(seconds: float, floor: float, jitter: float, spread: float) -> None:
    wait = not_undercut(seconds, floor, jitter, spread)
    assert wait >= max(seconds, floor)
    assert wait <= max(seconds, floor * (1 + jitter))


# Attempts, oldest first: (disrupted, seconds).
@pytest.mark.parametrize(
    ("attempts", "row"),
    [
        pytest.param([], 0, id="none yet"),
        pytest.param([(True, 5)], 1, id="one"),
        pytest.param([(True, 5), (True, 0), (True, 599)], 3, id="three"),
        pytest.param([(True, 5), (False, 5), (True, 5)], 1, id="a failure between ends the row"),
        pytest.param([(True, 5), (False, 5)], 0, id="a failure after it too"),
        pytest.param([(True, 5), (True, 600), (True, 5)], 2, id="ten minutes of running begin a new row"),
        pytest.param([(True, 5), (True, 600)], 1, id="also when it was the last"),
    ],
)
def test_disruptions_in_a_row(attempts: list[tuple[bool, float]], row: int) -> None:
    assert disruptions_in_a_row([PastAttempt(*each) for each in attempts]) == row
