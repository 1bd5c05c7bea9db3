"""What would be decided for an end that is given on the command line."""

from typing import Final

import pytest

from queuedjob.cli.explain.decision import decision_of
from queuedjob.cli.explain.models import Decision
from queuedjob.cli.explain.what_if import GivenEnd
from queuedjob.policy.failure.classification import FIXED_RULES, RULES
from tests.builders import AJob, a_job, facts
from tests.unit.cli.explain.states import OWN_RULES, bad, down, filed, having_lived, out_of_memory

JOB: Final = a_job()


def decided(end: GivenEnd, job: AJob = JOB) -> Decision:
    return decision_of(facts(job), end, "a job")


@pytest.mark.parametrize(
    ("end", "rule", "failure"),
    [
        pytest.param(GivenEnd(exit_code=0), "succeeded", "", id="a success"),
        pytest.param(GivenEnd(exit_code=75), "exit-temporary", "Transient", id="an exit code"),
        pytest.param(GivenEnd(signal=11), "fatal-signal", "Crash", id="a signal alone"),
        pytest.param(GivenEnd(exit_code=137, reason="OOMKilled"), "oom-killed", "Crash", id="the container's reason"),
        pytest.param(GivenEnd(reason="StartError"), "start-error", "Permanent", id="a reason alone"),
        pytest.param(GivenEnd(pod_reason="Evicted"), "evicted", "Disruption", id="the pod's reason"),
        pytest.param(GivenEnd(pod_reason="OutOfcpu"), "kubelet-rejection", "Disruption", id="a pod without containers"),
        pytest.param(GivenEnd(pod_reason="DeadlineExceeded"), "deadline", "Timeout", id="a deadline while it ran"),
        pytest.param(GivenEnd(exit_code=0, pod_reason="DeadlineExceeded"), "deadline", "Timeout", id="exit 0 after it"),
        pytest.param(GivenEnd(message="who knows"), "unknown", "Unknown", id="words that no rule knows"),
        pytest.param(GivenEnd(message=" "), "unknown", "Unknown", id="blank words"),
    ],
)
def test_the_operators_own_chain_of_rules_decides(end: GivenEnd, rule: str, failure: str) -> None:
    decision = decided(end)
    assert (decision.rule.name, decision.rule.class_) == (rule, failure)


def test_the_rules_that_were_asked_before_are_named_in_their_order() -> None:
    names = [rule.name for rule in (*FIXED_RULES, *RULES)]
    decision = decided(GivenEnd(exit_code=75))
    assert list(decision.rules_tried) == names[: names.index("exit-temporary")]
    assert list(decided(GivenEnd(exit_code=0)).rules_tried) == names[: names.index("succeeded")]


def test_the_termination_message_is_shown() -> None:
    assert (
        decided(GivenEnd(exit_code=75, message="no database")).message == "Container main exited with 75: no database"
    )


def test_a_termination_message_is_used_and_its_unusable_parts_are_named() -> None:
    decision = decided(
        GivenEnd(exit_code=1, message='{"class": "RateLimited", "retryAfter": "90s", "progress": "half"}')
    )
    assert (decision.rule.class_, decision.outcome.wait) == ("RateLimited", 90.0)
    (remark,) = decision.ignored
    assert remark.startswith("progress half: ")


def test_a_rule_of_the_jobs_own_comes_before_the_built_in_ones() -> None:
    decision = decided(GivenEnd(exit_code=3), JOB.asking(failure_policy=OWN_RULES))
    assert (decision.rule.name, decision.rule.origin, decision.rule.class_) == ("no-stock", "job", "Permanent")
    assert decision.rule.source == "The job's own failurePolicy (exitCodes: 3, 4)."
    assert decision.rule.action == "skip"
    assert list(decision.rules_tried) == [rule.name for rule in FIXED_RULES]


def test_a_jobs_own_rule_with_a_built_in_name_is_not_taken_for_the_built_in_one() -> None:
    own = {"rules": [{"name": "unknown", "exit_codes": [5], "class_": "Transient"}]}
    job = JOB.asking(failure_policy=own)
    assert [decided(GivenEnd(exit_code=code), job).rule.origin for code in (5, 6)] == ["job", "built-in"]


@pytest.mark.parametrize(
    ("end", "flags"),
    [
        pytest.param(GivenEnd(exit_code=75), {"counted", "retried"}, id="transient"),
        pytest.param(GivenEnd(exit_code=124), {"counted", "retried", "grows"}, id="timeout"),
        pytest.param(GivenEnd(exit_code=70), {"counted", "retried", "poisons"}, id="crash"),
        pytest.param(GivenEnd(exit_code=65), {"counted"}, id="permanent"),
        pytest.param(GivenEnd(pod_reason="Evicted"), {"retried", "disrupts"}, id="disruption"),
        pytest.param(GivenEnd(exit_code=0), {"counted"}, id="success"),
    ],
)
def test_the_consequences_are_those_of_the_class(end: GivenEnd, flags: set[str]) -> None:
    decision = decided(end)
    assert {flag for flag in ("counted", "retried", "grows", "poisons", "disrupts") if getattr(decision, flag)} == flags


@pytest.mark.parametrize(
    ("job", "end", "outcome"),
    [
        pytest.param(JOB, GivenEnd(exit_code=75), ("Waiting", "Backoff", 1.0), id="the first failure waits a second"),
        pytest.param(
            having_lived(JOB, down, down), GivenEnd(exit_code=75), ("Waiting", "Backoff", 4.0), id="the third four"
        ),
        pytest.param(
            JOB.asking(retry={"max_attempts": 1}),
            GivenEnd(exit_code=75),
            ("DeadLettered", "MaxAttempts", None),
            id="last one",
        ),
        pytest.param(JOB, GivenEnd(exit_code=65), ("DeadLettered", "Permanent", None), id="not retried"),
        pytest.param(
            having_lived(JOB, out_of_memory, out_of_memory),
            GivenEnd(exit_code=70),
            ("Quarantined", "PoisonPill", None),
            id="the third crash",
        ),
        pytest.param(JOB, GivenEnd(exit_code=0), ("Succeeded", "Succeeded", None), id="a success"),
        pytest.param(
            JOB.suspended(), GivenEnd(exit_code=75), ("Waiting", "Suspended", 1.0), id="a suspended one waits on"
        ),
        pytest.param(
            filed(having_lived(JOB, bad)),
            GivenEnd(exit_code=75),
            ("Waiting", "Backoff", 1.0),
            id="a dead one as if new",
        ),
    ],
)
def test_what_would_follow_is_what_the_plan_would_write(
    job: AJob, end: GivenEnd, outcome: tuple[str, str, float | None]
) -> None:
    decision = decided(end, job).outcome
    assert (decision.phase, decision.reason, decision.wait) == outcome


def test_the_wait_after_a_given_end_is_shown_as_a_duration() -> None:
    assert decided(GivenEnd(exit_code=75)).outcome.message == "The next attempt follows after 1s, jitter aside."
