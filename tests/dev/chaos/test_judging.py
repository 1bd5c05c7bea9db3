from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dev.chaos.judging import Evidence, judge
from dev.chaos.load import Expected
from dev.chaos.witness import Line
from tests.dev.chaos.builders import a_job, a_letter, a_pod, a_pod_run, an_attempt, time

SUCCESS = Expected("Succeeded", spent=("",))
FLAKY = Expected("Succeeded", spent=("Transient", ""))
DEAD = Expected("DeadLettered", "Permanent", ("Permanent",), letters=1)
HANGS = Expected("DeadLettered", "MaxAttempts", ("Timeout", "Timeout"), short_deadline=True, letters=1)

SLOW = Expected("Succeeded", spent=("Timeout", ""), short_deadline=True)


def transient(pod: str, number: int = 1) -> dict[str, Any]:
    return an_attempt(pod, number, "Transient", "exit-temporary", code=75)


def disruption(pod: str, number: int = 1) -> dict[str, Any]:
    return an_attempt(pod, number, "Disruption", "container-lost", code=None, counted=False)


def permanent(pod: str) -> dict[str, Any]:
    return an_attempt(pod, 1, "Permanent", "exit-data", code=65)


def dead(*attempts: dict[str, Any]) -> dict[str, Any]:
    ref = {"name": "letter-0", "uid": "letter-0"}
    return a_job("DeadLettered", *attempts, reason="Permanent", deadLetterRef=ref)


def flaky_and_well() -> tuple[dict[str, Any], list[Line]]:
    job = a_job("Succeeded", transient("one"), an_attempt("two", 2, ended=9))
    return job, [*a_pod_run("one", ends=75), *a_pod_run("two", 2, begins=8)]


def test_nothing_is_wrong_with_a_job_that_needed_two_attempts_and_got_them() -> None:
    job, lines = flaky_and_well()
    assert judge(Evidence(FLAKY, job, [a_pod("Succeeded")], [], lines)) == []


def test_nothing_is_wrong_with_a_disruption_that_cost_nothing() -> None:
    job = a_job("Succeeded", disruption("one"), an_attempt("two", 2, ended=9))
    lines = [*a_pod_run("one", ends=None), *a_pod_run("two", 2, begins=8)]
    assert judge(Evidence(SUCCESS, job, [], [], lines)) == []


def test_a_disruption_before_the_first_word_has_no_witness_and_needs_none() -> None:
    job = a_job("Succeeded", disruption("one"), an_attempt("two", 2))
    assert judge(Evidence(SUCCESS, job, [], [], a_pod_run("two", 2))) == []


def test_a_run_that_was_doubled_is_caught() -> None:
    job, lines = flaky_and_well()
    found = judge(Evidence(FLAKY, job, [], [], [*lines[:-1], lines[1], lines[-1]]))
    assert any("RAN TWICE AT THE SAME TIME" in wrong for wrong in found)


def test_a_run_that_was_lost_is_caught() -> None:
    job = a_job("Succeeded", an_attempt("two", 1, ended=9))
    lines = [*a_pod_run("one", ends=75), *a_pod_run("two", 2, begins=8)]
    found = judge(Evidence(SUCCESS, job, [], [], lines))
    assert any(wrong.startswith("LOST: attempt 1 ran in pod one") for wrong in found)


def test_a_job_that_was_lost_is_caught() -> None:
    assert judge(Evidence(SUCCESS, None)) == ["it is gone; it should be Succeeded"]


def test_a_job_that_never_ends_is_caught() -> None:
    found = judge(Evidence(SUCCESS, a_job("Running")))
    assert "it is Running; it should be Succeeded" in found


def test_a_run_that_never_was_is_caught() -> None:
    found = judge(Evidence(SUCCESS, a_job("Succeeded", an_attempt("one")), [], [], []))
    assert found == ["attempt 1 is counted (succeeded), and its pod one never said a word"]


def test_an_attempt_spent_by_a_fault_of_the_cluster_is_caught() -> None:
    crash = an_attempt("one", 1, "Crash", "signal", code=137)
    job = a_job("Succeeded", crash, an_attempt("two", 2, ended=9))
    lines = [*a_pod_run("one", ends=None), *a_pod_run("two", 2, begins=8)]
    found = judge(Evidence(SUCCESS, job, [], [], lines))
    assert found == ["it spent attempts on ['Crash', 'success']; its script asks for ['success']"]


def test_an_end_that_counts_as_something_else_is_caught() -> None:
    job = a_job("Succeeded", disruption("one"), an_attempt("two", 2, ended=9))
    lines = [*a_pod_run("one", ends=75), *a_pod_run("two", 2, begins=8)]
    [wrong] = judge(Evidence(SUCCESS, job, [], [], lines))
    assert "ended by itself with 75, and is listed as container-lost" in wrong


def test_words_after_the_attempts_end_are_caught() -> None:
    job = a_job("Succeeded", an_attempt("one", ended=1))
    [wrong] = judge(Evidence(SUCCESS, job, [], [], a_pod_run("one", ticks=60)))
    assert f"after its end at {time(1)}" in wrong


def test_a_number_that_is_missing_is_caught() -> None:
    job = a_job("Succeeded", transient("one"), an_attempt("two", 3, ended=9))
    found = judge(Evidence(FLAKY, job, [], [], [*a_pod_run("one", ends=75), *a_pod_run("two", 3, begins=8)]))
    assert found == ["2 attempts are counted as settled, and numbers [1, 3] are listed"]


@pytest.mark.parametrize("counter", ["attempts", "disruptions", "crashes", "timeouts"])
def test_a_counter_that_is_not_what_is_listed_is_caught(counter: str) -> None:
    job = a_job("Succeeded", an_attempt("one"), counters={counter: 7})
    [wrong] = judge(Evidence(SUCCESS, job, [], [], a_pod_run("one")))
    assert wrong.startswith(f"counters.{counter} is 7")


def test_a_pod_that_was_counted_twice_is_caught() -> None:
    job = a_job("Succeeded", transient("one"), an_attempt("one", 2))
    assert any("listed twice" in wrong for wrong in judge(Evidence(FLAKY, job, [], [], a_pod_run("one"))))


def test_a_finalizer_that_is_left_is_caught() -> None:
    job = a_job("Succeeded", an_attempt("one"))
    found = judge(Evidence(SUCCESS, job, [a_pod("Succeeded", held=True)], [], a_pod_run("one")))
    assert found == ["pod p is Succeeded, and still has our finalizer"]


def test_a_pod_that_still_runs_is_caught() -> None:
    job = a_job("Succeeded", an_attempt("one"))
    assert judge(Evidence(SUCCESS, job, [a_pod("Running")], [], a_pod_run("one"))) == [
        "pod p is Running, though the job is over"
    ]


def test_a_pod_of_a_job_that_is_gone_is_caught() -> None:
    assert judge(Evidence(Expected(""), None, [a_pod("Failed")])) == ["pod p is there, though its job is gone"]


def test_nothing_is_wrong_with_a_deleted_job_that_was_stopped() -> None:
    assert judge(Evidence(Expected(""), None, [], [], a_pod_run("one", ends=143, told=True))) == []


def test_nothing_is_wrong_with_one_letter_for_one_death() -> None:
    assert judge(Evidence(DEAD, dead(permanent("one")), [], [a_letter()], a_pod_run("one", ends=65))) == []


@pytest.mark.parametrize("letters", [[], [a_letter(), a_letter()], [a_letter(1)]], ids=["none", "two", "wrong pod_run"])
def test_anything_but_one_letter_for_one_death_is_caught(letters: list[dict[str, Any]]) -> None:
    found = judge(Evidence(DEAD, dead(permanent("one")), [], letters, a_pod_run("one", ends=65)))
    assert any("it died 1 times" in wrong for wrong in found)


def test_a_letter_that_is_still_owed_is_caught() -> None:
    job = a_job("DeadLettered", permanent("one"), reason="Permanent", deadLetterRef={"name": "letter-0"})
    [wrong] = judge(Evidence(DEAD, job, [], [a_letter()], a_pod_run("one", ends=65)))
    assert wrong.startswith("its letter should be {'name': 'letter-0'}")


@pytest.mark.parametrize(("phase", "well"), [("Redriven", True), ("Dead", False)])
def test_the_letter_of_a_job_that_was_started_over_is_marked(phase: str, *, well: bool) -> None:
    mended = Expected("Succeeded", spent=("",), redrives=1, letters=1)
    job = a_job("Succeeded", an_attempt("two", ended=9), counters={"redrives": 1})
    lines = [*a_pod_run("one", ends=65), *a_pod_run("two", 1, redrives=1, begins=8)]
    letter = a_letter(0, phase, permanent("one"))
    assert (judge(Evidence(mended, job, [], [letter], lines)) == []) == well


def test_a_deadline_may_strike_before_the_first_word_where_it_is_short() -> None:
    timeout = an_attempt("two", 2, "Timeout", "deadline", ended=9, code=143)
    unstarted = an_attempt("one", 1, "StartFailure", "deadline-before-start", code=None)
    ref = {"name": "letter-0", "uid": "letter-0"}
    job = a_job("DeadLettered", unstarted, timeout, reason="MaxAttempts", deadLetterRef=ref)
    lines = a_pod_run("two", 2, begins=8, told=True, ends=143)
    assert judge(Evidence(HANGS, job, [], [a_letter()], lines)) == []


@pytest.mark.parametrize(("code", "well"), [(0, True), (143, False)])
def test_a_script_may_end_well_in_the_second_of_a_short_deadline_and_not_otherwise(code: int, *, well: bool) -> None:
    told = an_attempt("one", 1, "Timeout", "deadline", code=143)
    in_its_second = an_attempt("two", 2, "Timeout", "deadline", ended=9, code=code)
    job = a_job("Succeeded", told, in_its_second, an_attempt("three", 3, ended=17))
    lines = [
        *a_pod_run("one", told=True, ends=143),
        *a_pod_run("two", 2, begins=8, ends=code),
        *a_pod_run("three", 3, begins=16),
    ]
    found = judge(Evidence(SLOW, job, [], [], lines))
    asks = "its script asks for ['Timeout', 'success']"
    assert found == ([] if well else [f"it spent attempts on ['Timeout', 'Timeout', 'success']; {asks}"])


def test_an_end_in_the_second_of_a_long_deadline_is_caught() -> None:
    job = a_job("Succeeded", an_attempt("one", 1, "Timeout", "deadline"), an_attempt("two", 2, ended=9))
    lines = [*a_pod_run("one"), *a_pod_run("two", 2, begins=8)]
    [wrong] = judge(Evidence(SUCCESS, job, [], [], lines))
    assert wrong == "it spent attempts on ['Timeout', 'success']; its script asks for ['success']"


@given(st.data())
def test_whatever_is_taken_from_a_good_end_is_missed(data: st.DataObject) -> None:
    """Remove any one settled attempt, any one dead letter, or the whole witness of a counted attempt."""
    job, lines = flaky_and_well()
    what = data.draw(st.sampled_from(["one", "two"]))
    if data.draw(st.booleans(), label="from the witness"):
        lines = [line for line in lines if line.pod != what]
    else:
        job["status"]["attempts"] = [each for each in job["status"]["attempts"] if each["podUID"] != what]
    assert judge(Evidence(FLAKY, job, [], [], lines)) != []
