from datetime import UTC, datetime

from queuedjob.policy.time_math import BEGINNING_OF_TIME, END_OF_TIME, earlier, later
from tests.builders import NOON, seconds


def test_moments_are_moved_by_seconds() -> None:
    assert later(NOON, 90) == NOON + seconds(90)
    assert earlier(NOON, 90) == NOON - seconds(90)


def test_nothing_lies_beyond_what_can_be_written_down() -> None:
    assert later(datetime(9999, 12, 31, tzinfo=UTC), 86_400) == END_OF_TIME
    assert earlier(datetime(1, 1, 1, tzinfo=UTC), 1) == BEGINNING_OF_TIME


def test_the_ends_of_time_can_be_compared_with_the_moments_of_the_api() -> None:
    assert BEGINNING_OF_TIME < NOON < END_OF_TIME
    assert (BEGINNING_OF_TIME.year, END_OF_TIME.year) == (1, 9999)
