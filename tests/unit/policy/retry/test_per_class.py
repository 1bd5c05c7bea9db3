from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuedjob.api.kinds.queuedjob import Backoff, Retry
from queuedjob.api.kinds.queuedjob_status import Counters
from queuedjob.policy.retry.backoff import waits_in_all
from queuedjob.policy.retry.per_class import (
    attempts_left,
    failures_counted,
    has_own_schedule,
    schedule_of,
    spent_class,
    waits_left,
)

RETRY: Final = Retry.model_validate(
    {
        "backoff": {"initial": "2s", "multiplier": 3, "max": "1m", "jitterPercent": 20},
        "perClass": [
            {"class": "Crash", "maxAttempts": 2},
            {"class": "RateLimited", "backoff": {"initial": "30s", "multiplier": 2, "max": "1h", "jitterPercent": 50}},
            {"class": "Unknown", "maxAttempts": 3},
            {"class": "Timeout", "maxAttempts": 1},
        ],
    }
)
ALL: Final = Backoff(initial=2, multiplier=3, max=60, jitter_percent=20)
OWN: Final = Backoff(initial=30, multiplier=2, max=3600, jitter_percent=50)


@pytest.mark.parametrize(
    ("failure", "schedule"),
    [
        pytest.param("RateLimited", OWN, id="of its own"),
        pytest.param("Transient", ALL, id="of all, where nothing is said of it"),
        pytest.param("Crash", ALL, id="of all, where only its attempts are"),
    ],
)
def test_a_class_waits_by_the_schedule(failure: str, schedule: Backoff) -> None:
    assert schedule_of(RETRY, failure) == schedule
    assert has_own_schedule(RETRY, failure) == (schedule is OWN)


@pytest.mark.parametrize(
    ("failure", "count"),
    [
        pytest.param("RateLimited", 2, id="its own failures"),
        pytest.param("Transient", 7, id="all that were spent"),
        pytest.param("Crash", 7, id="all, though its attempts have a limit"),
    ],
)
def test_a_schedule_counts(failure: str, count: int) -> None:
    counters = Counters(attempts=7, by_class={"RateLimited": 2, "Crash": 1})
    assert failures_counted(RETRY, counters, failure) == count


def test_a_class_that_has_not_failed_yet_begins_its_own_schedule_from_nothing() -> None:
    assert failures_counted(RETRY, Counters(attempts=7), "RateLimited") == 0


@pytest.mark.parametrize(
    ("by_class", "spent"),
    [
        pytest.param({}, "", id="none has failed"),
        pytest.param({"Crash": 1}, "", id="one is left"),
        pytest.param({"Timeout": 1}, "Timeout", id="its only one"),
        pytest.param({"Crash": 2}, "Crash", id="the last one was it"),
        pytest.param({"Crash": 3}, "Crash", id="more than there were, as after an edit"),
        pytest.param({"Unknown": 3, "Crash": 1}, "Unknown", id="of another class"),
        pytest.param({"RateLimited": 99, "Transient": 99}, "", id="no limit of its own"),
    ],
)
def test_the_class_whose_attempts_are_spent(by_class: dict[str, int], spent: str) -> None:
    assert spent_class(RETRY, Counters(by_class=by_class)) == spent


@pytest.mark.parametrize(
    ("spent", "by_class", "left"),
    [
        pytest.param(0, {}, 0, id="a class with one attempt in all"),
        pytest.param(2, {"Crash": 1, "Timeout": 1}, 0, id="spent already"),
    ],
)
def test_the_nearest_limit_says_how_many_attempts_are_left(spent: int, by_class: dict[str, int], left: int) -> None:
    assert attempts_left(RETRY, Counters(attempts=spent, by_class=by_class)) == left


@pytest.mark.parametrize(
    ("spent", "crashes", "left"), [(0, 0, 2), (1, 0, 2), (1, 1, 1), (4, 0, 0), (3, 2, 0), (4, 9, 0), (9, 0, 0)]
)
def test_attempts_left_are_those_of_all_or_of_the_class_that_has_fewest(spent: int, crashes: int, left: int) -> None:
    retry = Retry.model_validate({"maxAttempts": 5, "perClass": [{"class": "Crash", "maxAttempts": 3}]})
    assert attempts_left(retry, Counters(attempts=spent, by_class={"Crash": crashes})) == left


@given(st.integers(1, 9), st.integers(0, 12), st.integers(1, 9), st.integers(0, 12))
def test_no_failure_of_any_class_ends_a_job_that_has_attempts_left(
    most: int, spent: int, own: int, crashes: int
) -> None:
    own = min(own, most)
    retry = Retry.model_validate({"maxAttempts": most, "perClass": [{"class": "Crash", "maxAttempts": own}]})
    left = attempts_left(retry, Counters(attempts=spent, by_class={"Crash": crashes}))
    after = Counters(attempts=spent + 1, by_class={"Crash": crashes + 1})
    ended = after.attempts >= most or bool(spent_class(retry, after))
    assert ended == (left == 0)


# --- what holds where the spec says nothing


@pytest.mark.parametrize(
    ("said", "attempts", "first_wait"),
    [
        pytest.param({}, 5, 10, id="nothing"),
        pytest.param({"maxAttempts": 20}, None, 10, id="attempts: they hold for every class"),
        pytest.param({"backoff": {"max": "1m"}}, 5, 1, id="a backoff: it holds for every class"),
        pytest.param({"perClass": [{"class": "Unknown", "maxAttempts": 8}]}, 8, 10, id="of the class itself"),
        pytest.param({"perClass": [{"class": "Crash", "maxAttempts": 2}]}, 5, 10, id="only the attempts of a crash"),
        pytest.param({"perClass": [{"class": "Crash", "backoff": {"initial": "3s"}}]}, 5, 3, id="a crash's backoff"),
        pytest.param({"maxDisruptions": 0}, 5, 10, id="something else"),
    ],
)
def test_unknown_failures_have_five_attempts_and_waits_after_crashes_begin_with_ten_seconds(
    said: dict[str, object], attempts: int | None, first_wait: float
) -> None:
    retry = Retry.model_validate(said)
    unknown = retry.of_class("Unknown")
    assert (unknown.max_attempts if unknown else None) == attempts
    assert schedule_of(retry, "Crash").initial == first_wait
    assert spent_class(retry, Counters(by_class={"Unknown": 5})) == ("Unknown" if attempts == 5 else "")


def test_the_built_in_waits_of_ten_attempts_last_eight_and_a_half_minutes() -> None:
    """docs/profiles.md has this figure beside those of other systems."""
    retry = Retry()
    assert retry.max_attempts == 10
    assert waits_in_all(retry.backoff, 1, retry.max_attempts - 1) == 511
    assert waits_in_all(schedule_of(retry, "Crash"), 1, 2) == 30


@pytest.mark.parametrize(
    ("retry", "counters", "failure", "seconds"),
    [
        pytest.param(Retry(), Counters(), "", 511, id="all ten attempts"),
        pytest.param(Retry(), Counters(), "Unknown", 1 + 2 + 4 + 8, id="five attempts of its own"),
        pytest.param(Retry(), Counters(attempts=3, by_class={"Unknown": 3}), "Unknown", 8, id="two of five are left"),
        pytest.param(Retry(), Counters(attempts=8), "Unknown", 256, id="all attempts end before those of the class"),
        pytest.param(Retry(), Counters(attempts=9), "", 0, id="the last attempt"),
        pytest.param(RETRY, Counters(attempts=7), "RateLimited", 30 + 60, id="a backoff of its own"),
        pytest.param(RETRY, Counters(attempts=1, by_class={"Crash": 3}), "Crash", 0, id="more than there were"),
    ],
)
def test_the_waits_that_are_left_before_the_last_attempt(
    retry: Retry, counters: Counters, failure: str, seconds: float
) -> None:
    assert waits_left(retry, counters, failure) == seconds
