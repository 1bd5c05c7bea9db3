import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuedjob.api.kinds.queuedjob import Timeouts
from queuedjob.api.types.durations import LONGEST, format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0s", 0), ("30s", 30), ("1h30m", 5_400), ("500ms", 0.5), ("1.5h", 5_400), ("2m0.25s", 120.25), ("30m30m", 3_600)],
)
def test_a_duration_is_read_as_seconds(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "30", "1d", "-1s", "1h 30m", "off", "never", "s", "1.s", ".5s", "1234567s", "1h\n"]
)
def test_what_is_no_duration_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration of h, m, s and ms"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (0.0004, "0s"), (0.5, "500ms"), (60, "1m"), (5_400, "1h30m"), (1_800.25, "30m250ms"), (86_400, "24h")],
)
def test_seconds_are_written_as_people_would(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@given(st.integers(min_value=0, max_value=round(parse_duration(LONGEST) * 1_000)))
def test_whole_milliseconds_come_back_as_they_were(milliseconds: int) -> None:
    assert parse_duration(format_duration(milliseconds / 1_000)) == milliseconds / 1_000


@pytest.mark.parametrize("text", ["never", "off"])
def test_never_and_off_are_none_and_back(text: str) -> None:
    timeouts = Timeouts.model_validate({"total": text})
    assert timeouts.total is None
    assert timeouts.model_dump(mode="json")["total"] == "never"
    assert Timeouts.model_validate({"total": "2h"}).total == 7_200
