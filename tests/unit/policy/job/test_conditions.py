from datetime import datetime
from typing import Any

import pytest

from queuedjob.api.kinds.queuedjob_status import Condition, JobStatus
from queuedjob.policy.job.conditions import condition, finish
from tests.builders import NOON, AJob, a_job, an_attempt, seconds

JOB = a_job()


def kstatus(generation: int, status: JobStatus) -> str:
    """What kstatus computes of a custom resource (sigs.k8s.io/cli-utils, pkg/kstatus/status: GetConditions)."""
    if status.observed_generation != generation:
        return "InProgress"
    held = {c.type for c in status.conditions if c.status == "True"}
    return "InProgress" if "Reconciling" in held else "Failed" if "Stalled" in held else "Current"


def finished(job: AJob, **status: Any) -> JobStatus:  # noqa: ANN401 - keys of a status
    return finish(job.status.model_copy(update=status), job, NOON)


@pytest.mark.parametrize(
    ("job", "phase", "reason", "types", "kstatus_says"),
    [
        (JOB, "Pending", "", ["Reconciling"], "InProgress"),
        (JOB, "Waiting", "Backoff", ["Reconciling"], "InProgress"),
        (JOB, "Running", "AttemptRunning", ["Reconciling"], "InProgress"),
        (JOB, "Succeeded", "Succeeded", ["Complete"], "Current"),
        (JOB, "Cancelled", "Cancelled", ["Failed"], "Current"),
        (JOB, "DeadLettered", "MaxAttempts", ["Failed", "Stalled"], "Failed"),
        (JOB, "Quarantined", "PoisonPill", ["Failed", "Stalled"], "Failed"),
        (JOB.suspended(), "Waiting", "Suspended", ["Suspended"], "Current"),
        (JOB.suspended(), "Running", "PodTerminating", ["Reconciling"], "InProgress"),
        (JOB.suspended(), "Waiting", "Backoff", ["Reconciling"], "InProgress"),
        (JOB.resumed(), "Waiting", "Suspended", ["Reconciling"], "InProgress"),
    ],
)
def test_programs_read_conditions(job: AJob, phase: str, reason: str, types: list[str], kstatus_says: str) -> None:
    status = finished(job, phase=phase, reason=reason, message="why")
    assert [c.type for c in status.conditions] == types
    assert {(c.status, c.reason, c.message) for c in status.conditions} == {("True", reason or phase, "why")}
    assert kstatus(job.generation, status) == kstatus_says


def test_a_fresh_job_is_no_healthy_one() -> None:
    assert kstatus(1, JobStatus()) == "InProgress"


def test_every_write_says_which_generation_it_speaks_of() -> None:
    job = JOB.edited().edited()
    status = finished(job, phase="Waiting")
    assert status.observed_generation == 3
    assert [c.observed_generation for c in status.conditions] == [3]


def moment(status: JobStatus) -> datetime | None:
    return status.conditions[0].last_transition_time


def test_a_condition_dates_from_when_it_came_to_hold_in_whole_seconds() -> None:
    first = finish(JOB.status, JOB, NOON + seconds(1.5))
    assert moment(first) == NOON + seconds(1)
    later = finish(first.model_copy(update={"reason": "Other"}), JOB.saying(conditions=first.conditions), NOON)
    assert (moment(later), later.conditions[0].reason) == (NOON + seconds(1), "Other")
    ended = finish(
        first.model_copy(update={"phase": "Succeeded"}), JOB.saying(conditions=first.conditions), NOON + seconds(9)
    )
    assert moment(ended) == NOON + seconds(9)


def test_a_condition_that_somebody_wrote_as_false_comes_to_hold_now() -> None:
    was = Condition(type="Reconciling", status="False", last_transition_time=NOON)
    status = finish(JOB.status, JOB.saying(conditions=(was,)), NOON + seconds(9))
    assert moment(status) == NOON + seconds(9)


def test_a_condition_without_a_time_gets_one() -> None:
    status = finish(JOB.status, JOB.saying(conditions=(condition("Reconciling", "x", ""),)), NOON + seconds(9))
    assert moment(status) == NOON + seconds(9)


def test_conditions_that_are_not_ours_are_left_alone() -> None:
    foreign = Condition(type="example.com/Audited", reason="Yes", observed_generation=7, last_transition_time=NOON)
    job = JOB.saying(conditions=(foreign, condition("Reconciling", "x", "")))
    status = finish(job.status.model_copy(update={"phase": "Succeeded"}), job, NOON)
    assert [c.type for c in status.conditions] == ["Complete", "example.com/Audited"]
    assert foreign in status.conditions


def test_more_conditions_can_be_given() -> None:
    status = finish(JOB.status, JOB, NOON, (condition("DeadLetterPending", "Refused", "words"),))
    assert [c.type for c in status.conditions] == ["Reconciling", "DeadLetterPending"]
    assert finish(status, JOB, NOON).conditions[1:] == ()


@pytest.mark.parametrize(
    ("job", "summary"),
    [
        pytest.param(JOB, "0/5", id="none"),
        pytest.param(JOB.showing(JOB.pod()), "1/5", id="the live one counts"),
        pytest.param(JOB.having_settled(JOB.pod()), "1/5", id="a spent one"),
        pytest.param(JOB.showing(JOB.pod()).succeeded(), "0/5", id="nothing is live after the end"),
        pytest.param(JOB.having_settled(JOB.pod()).showing(JOB.pod(2)), "2/5", id="both"),
        pytest.param(JOB.edited(retry={"max_attempts": 9}), "0/9", id="of as many as there are now"),
        pytest.param(JOB.saying(attempts=(an_attempt(JOB.pod(), counted=False),)), "0/5", id="uncounted ones do not"),
    ],
)
def test_the_attempts_summary(job: AJob, summary: str) -> None:
    assert finish(job.status, job, NOON).attempts_summary == summary
