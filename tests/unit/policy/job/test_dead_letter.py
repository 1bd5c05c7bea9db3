import pytest

from queuedjob.api.kinds.queuedjob_status import Counters
from queuedjob.policy.job.dead_letter import death_record_of
from tests.builders import AJob, a_job, an_attempt

RULES = {"rules": ({"name": "bad-input", "exit_codes": (3,), "class_": "Permanent", "action": "skip"},)}


def died_of(rule: str, failure: str = "Permanent") -> AJob:
    job = a_job().asking(failure_policy=RULES)
    attempt = an_attempt(job.pod(2), failure=failure, rule=rule).model_copy(update={"exit_code": 3})
    counters = Counters(pods=2, attempts=2)
    return job.saying(attempts=(an_attempt(job.pod(1)), attempt), counters=counters).dead("Permanent")


def test_the_dead_letter_names_the_failure_of_the_last_attempt() -> None:
    told = death_record_of(died_of("exit-data"))
    assert (told.reason, told.failure_class, told.rule) == ("Permanent", "Permanent", "exit-data")


def test_two_jobs_that_died_of_one_cause_share_a_fingerprint() -> None:
    def died(name: str, words: str) -> str:
        job = a_job(name)
        attempt = an_attempt(job.pod(1), rule="unknown").model_copy(update={"exit_code": 1, "message": words})
        return death_record_of(job.saying(attempts=(attempt,)).dead()).fingerprint

    one = died("invoice-a", "order 42 of invoice-a has no lines")
    assert one == died("b", "order 43 of b has no lines")
    assert one != died("b", "order 43 of b has no customer")


@pytest.mark.parametrize(
    ("rule", "action"),
    [
        ("exit-data", "fix-spec"),
        ("exit-input", "skip"),
        ("exit-permission", "check-credentials"),
        ("start-error", "fix-spec"),
        ("template-refused", "fix-spec"),
        ("oom-killed", "alert-developer"),
        ("bad-input", "skip"),
        ("a-rule-that-is-no-more", "alert-developer"),
    ],
)
def test_the_rule_that_decided_gives_the_action(rule: str, action: str) -> None:
    assert death_record_of(died_of(rule)).action == action


def test_the_dead_letter_of_a_job_without_an_attempt_alerts_the_developer() -> None:
    told = death_record_of(a_job().dead("TotalTimeout"))
    assert (told.reason, told.failure_class, told.rule, told.action) == ("TotalTimeout", "", "", "alert-developer")
    assert told.attempts_left_out == 0


def test_the_dead_letter_has_the_generation_of_the_failed_spec_not_of_a_later_fix() -> None:
    assert death_record_of(a_job().dead().edited(frozen=True)).generation == 1


def test_the_dead_letter_has_the_redrive_count_of_the_run_that_ended() -> None:
    assert death_record_of(a_job().in_run(3).dead()).redrives == 3


def test_attempts_that_the_list_no_longer_holds_are_counted() -> None:
    dead = died_of("exit-data")
    assert death_record_of(dead).attempts_left_out == 0
    assert death_record_of(dead.saying(counters=Counters(pods=25))).attempts_left_out == 23


def test_the_dead_letter_names_the_rule_of_the_last_of_many_attempts() -> None:
    job = a_job()
    causes = [an_attempt(job.pod(number), rule=rule) for number, rule in enumerate(("first", "second", "third"), 1)]
    assert death_record_of(job.saying(attempts=tuple(causes)).dead()).rule == "third"


def test_without_a_failed_spec_the_dead_letter_has_the_present_generation() -> None:
    assert death_record_of(a_job().edited().dead().saying(failed_spec=None)).generation == 2
