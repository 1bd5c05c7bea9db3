from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuedjob.api.types.times import format_second, format_time, parse_time

NOON = datetime(2030, 1, 31, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2030-01-31T12:00:00Z", NOON),
        ("2030-01-31T14:00:00+02:00", NOON),
        ("2030-01-31T12:00:00.25Z", NOON.replace(microsecond=250_000)),
        ("2030-01-31T12:00:00.123456789Z", NOON.replace(microsecond=123_456)),
    ],
)
def test_rfc_3339_is_read(text: str, moment: datetime) -> None:
    assert parse_time(text) == moment


@pytest.mark.parametrize("text", ["", "noon", "2030-01-31T12:00:00", "2030-01-31", "2030-02-30T12:00:00Z"])
def test_what_names_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"zone|isoformat|day"):
        parse_time(text)


def test_times_are_written_in_utc_with_fractions_only_where_there_are_some() -> None:
    assert format_time(NOON.astimezone(timezone(timedelta(hours=5)))) == "2030-01-31T12:00:00Z"
    assert format_time(NOON.replace(microsecond=250_000)) == "2030-01-31T12:00:00.250000Z"


def test_times_for_people_have_no_fractions_of_a_second() -> None:
    assert format_second(NOON.replace(microsecond=999_999)) == "2030-01-31T12:00:00Z"


OFFSETS = st.integers(min_value=-1_439, max_value=1_439).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(
    st.datetimes(datetime.fromisoformat("1900-01-02"), datetime.fromisoformat("2199-12-30"), timezones=OFFSETS),
)
def test_a_time_comes_back_as_it_was(moment: datetime) -> None:
    assert parse_time(format_time(moment)) == moment
