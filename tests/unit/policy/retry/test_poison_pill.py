from collections.abc import Sequence
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuedjob.policy.retry.poison_pill import latest_crashes, poisoned
from tests.builders import NOON, seconds

HOUR = 3600


def crashes_at(*moments: float) -> list[datetime]:
    return [NOON + seconds(each) for each in moments]


@pytest.mark.parametrize(
    ("times", "quarantined"),
    [
        pytest.param([], False, id="none"),
        pytest.param([0], False, id="the first is no pattern"),
        pytest.param([0, 1], False, id="nor the second"),
        pytest.param([0, 1, 2], True, id="the third is"),
        pytest.param([0, 1, HOUR], True, id="the window includes its edge"),
        pytest.param([0, 1, HOUR + 1], False, id="and nothing beyond"),
        pytest.param([0, HOUR + 5, HOUR + 6, HOUR + 7], True, id="only the latest count"),
        pytest.param([2, 0, 1], True, id="nodes' clocks differ: in any order"),
    ],
)
def test_three_crashes_within_an_hour_quarantine(times: list[float], *, quarantined: bool) -> None:
    assert (poisoned(crashes_at(*times), 3, HOUR) is not None) == quarantined


def test_the_verdict_names_the_count_and_the_times() -> None:
    assert poisoned(crashes_at(0, 61, 125), 3, 5400) == (
        "3 crashes within 1h30m: 2026-03-01T12:00:00Z, 2026-03-01T12:01:01Z, 2026-03-01T12:02:05Z"
    )


moments = st.lists(st.integers(0, 10_000), max_size=12).map(lambda them: crashes_at(*them))


@given(moments, moments, st.integers(1, 5), st.integers(0, 5000))
def test_the_kept_crash_times_decide_like_all_crash_times(
    past: Sequence[datetime], future: Sequence[datetime], crashes: int, window: int
) -> None:
    trimmed = latest_crashes(past, crashes)
    assert len(trimmed) <= crashes
    assert poisoned([*trimmed, *future], crashes, window) == poisoned([*past, *future], crashes, window)


@given(moments, st.integers(1, 5), st.integers(0, 5000))
def test_a_longer_window_never_lifts_a_quarantine(times: Sequence[datetime], crashes: int, window: int) -> None:
    if poisoned(times, crashes, window) is not None:
        assert poisoned(times, crashes, window + 1) is not None
