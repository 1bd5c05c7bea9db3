import pytest

from queuedjob.cli.explain.phrasing import moment, sentence, some, span
from tests.builders import NOON, seconds


@pytest.mark.parametrize(
    ("length", "words"),
    [(0, "0s"), (0.25, "250ms"), (1.4, "1s"), (59.6, "1m"), (270, "4m30s"), (3_600, "1h"), (7_529, "2h5m"), (-3, "0s")],
)
def test_a_span_has_at_most_two_units(length: float, words: str) -> None:
    assert span(length) == words


def test_a_moment_shows_its_distance_from_now() -> None:
    assert moment(NOON + seconds(12), NOON) == "2026-03-01T12:00:12Z (in 12s)"
    assert moment(NOON, NOON + seconds(90)) == "2026-03-01T12:00:00Z (1m30s ago)"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("it runs", "It runs."),
        ("spec.suspend is true", "spec.suspend is true."),
        ("ttlAfterFinished is off", "ttlAfterFinished is off."),
        ("to resume it:", "To resume it:"),
        ("  ", ""),
    ],
)
def test_a_sentence_begins_with_a_capital_and_names_stay_as_they_are(words: str, told: str) -> None:
    assert sentence(words) == told


def test_things_are_counted() -> None:
    assert [some(count, "attempt") for count in (0, 1, 2)] == ["no attempts", "1 attempt", "2 attempts"]
