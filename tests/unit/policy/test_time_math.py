from datetime import UTC, datetime

import pytest

from queuedjob.policy.time_math import BEGINNING_OF_TIME, END_OF_TIME, earlier, grown, later
from tests.builders import NOON, seconds


def test_moments_are_moved_by_seconds() -> None:
    assert later(NOON, 90) == NOON + seconds(90)
    assert earlier(NOON, 90) == NOON - seconds(90)


def test_a_time_is_cut_to_the_range_of_datetime() -> None:
    assert later(datetime(9999, 12, 31, tzinfo=UTC), 86_400) == END_OF_TIME
    assert earlier(datetime(1, 1, 1, tzinfo=UTC), 1) == BEGINNING_OF_TIME


def test_the_ends_of_time_can_be_compared_with_the_moments_of_the_api() -> None:
    assert BEGINNING_OF_TIME < NOON < END_OF_TIME
    assert (BEGINNING_OF_TIME.year, END_OF_TIME.year) == (1, 9999)


@pytest.mark.parametrize(
    ("times", "result"),
    [
        pytest.param(-1, 10, id="a count below nothing is none"),
        pytest.param(0, 10, id="not at all"),
        pytest.param(1, 15, id="once"),
        pytest.param(2, 22.5, id="again"),
        pytest.param(5, 60, id="up to the cap"),
        pytest.param(10**9, 60, id="and never beyond, however often"),
    ],
)
def test_what_grows_is_multiplied_each_time_up_to_a_cap(times: int, result: float) -> None:
    assert grown(10, 1.5, times, 60) == result


@pytest.mark.parametrize("times", [0, 1, 10**9])
def test_nothing_stays_nothing_even_where_the_factor_is_beyond_all_numbers(times: int) -> None:
    assert grown(0, 1000, times, 60) == 0


def test_a_fraction_of_a_second_grows_too() -> None:
    assert grown(0.5, 2, 1, 60) == 1


def test_what_is_above_the_cap_from_the_start_is_cut() -> None:
    assert grown(90, 2, 0, 60) == 60
