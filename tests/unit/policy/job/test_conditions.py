from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from queuedjob.api.kinds.queuedjob_status import Condition, DeadLetterRef, JobStatus
from queuedjob.policy.job.conditions import LONGEST_MESSAGE, condition, outdated, with_derived
from queuedjob.policy.job.inputs import JobFacts, Refusal, RefusalKind
from queuedjob.policy.job.judgement import Judgement
from queuedjob.policy.job.spec_warnings import SpecWarning
from tests.builders import NOON, AJob, a_job, an_attempt, facts, seconds

JOB = a_job()


def kstatus(generation: int, status: JobStatus) -> str:
    """Return what kstatus computes for a custom resource (sigs.k8s.io/cli-utils, pkg/kstatus/status: GetConditions)."""
    if status.observed_generation != generation:
        return "InProgress"
    held = {c.type for c in status.conditions if c.status == "True"}
    return "InProgress" if "Reconciling" in held else "Failed" if "Stalled" in held else "Current"


def finished(job: AJob, **status: Any) -> JobStatus:  # noqa: ANN401 - keys of a status
    return with_derived(job.status.model_copy(update=status), facts(job, at=0))


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
def test_conditions_follow_from_phase_and_reason(
    job: AJob, phase: str, reason: str, types: list[str], kstatus_says: str
) -> None:
    status = finished(job, phase=phase, reason=reason, message="why")
    assert [c.type for c in status.conditions] == types
    assert {(c.status, c.reason, c.message) for c in status.conditions} == {("True", reason or phase, "why")}
    assert kstatus(job.generation, status) == kstatus_says
    elsewhere = "Succeeded" if phase != "Succeeded" else "Cancelled"
    after = with_derived(status.model_copy(update={"phase": elsewhere}), facts(job, at=0))
    assert len(after.conditions) == 1, "conditions of the phase before are dropped"


def test_a_fresh_job_is_in_progress_for_kstatus() -> None:
    assert kstatus(1, JobStatus()) == "InProgress"


def test_every_write_names_the_observed_generation() -> None:
    job = JOB.edited().edited()
    status = finished(job, phase="Waiting")
    assert status.observed_generation == 3
    assert [c.observed_generation for c in status.conditions] == [3]


def moment(status: JobStatus) -> datetime | None:
    return status.conditions[0].last_transition_time


def test_a_condition_dates_from_when_it_came_to_hold_in_whole_seconds() -> None:
    first = with_derived(JOB.status, facts(JOB, at=1.5))
    assert moment(first) == NOON + seconds(1)
    later = with_derived(
        first.model_copy(update={"reason": "Other"}), facts(JOB.saying(conditions=first.conditions), at=0)
    )
    assert (moment(later), later.conditions[0].reason) == (NOON + seconds(1), "Other")
    ended = with_derived(
        first.model_copy(update={"phase": "Succeeded"}), facts(JOB.saying(conditions=first.conditions), at=9)
    )
    assert moment(ended) == NOON + seconds(9)


def test_a_condition_that_another_client_wrote_as_false_gets_a_new_time() -> None:
    was = Condition(type="Reconciling", status="False", last_transition_time=NOON)
    status = with_derived(JOB.status, facts(JOB.saying(conditions=(was,)), at=9))
    assert moment(status) == NOON + seconds(9)


def test_a_condition_without_a_time_gets_one() -> None:
    status = with_derived(JOB.status, facts(JOB.saying(conditions=(condition("Reconciling", "x", ""),)), at=9))
    assert moment(status) == NOON + seconds(9)


def test_conditions_that_are_not_ours_are_left_alone() -> None:
    foreign = Condition(type="example.com/Audited", reason="Yes", observed_generation=7, last_transition_time=NOON)
    job = JOB.saying(conditions=(foreign, condition("Reconciling", "x", "")))
    status = with_derived(job.status.model_copy(update={"phase": "Succeeded"}), facts(job, at=0))
    assert [c.type for c in status.conditions] == ["Complete", "example.com/Audited"]
    assert foreign in status.conditions


def test_a_long_message_is_cut_in_the_status_and_in_each_condition_of_ours() -> None:
    words = f"attempt 1: {'x' * 5_000} (rule exit-data)"
    status = finished(JOB, phase="DeadLettered", reason="Permanent", message=words)
    messages = {status.message, *(c.message for c in status.conditions)}
    assert {len(each) for each in messages} == {LONGEST_MESSAGE}
    assert {(each[:12], each[-17:]) for each in messages} == {("attempt 1: x", " (rule exit-data)")}


def test_a_long_message_of_another_clients_condition_is_left_as_it_is() -> None:
    foreign = Condition(type="example.com/Audited", message="x" * 5_000)
    assert foreign in finished(JOB.saying(conditions=(foreign,)), phase="Succeeded").conditions


def test_a_long_spec_warning_is_written_once() -> None:
    judgement = Judgement(JOB)
    judgement.warnings = (SpecWarning("SpecIneffective", "NoEffect", "x" * 5_000),)

    def warned(job: AJob) -> JobFacts:
        return replace(facts(job, at=0), judgement=judgement)

    status = with_derived(JOB.status, warned(JOB))
    assert [len(c.message) for c in status.conditions if c.type == "SpecIneffective"] == [LONGEST_MESSAGE]
    assert outdated(warned(JOB)) == {"SpecIneffective"}
    assert outdated(warned(JOB.saying(conditions=status.conditions))) == frozenset()


DEAD = JOB.dead(filed=False)
REFUSED = Refusal(RefusalKind.WAIT, "LetterRefused", "no room", since=NOON, retry_in=5.0, generation=1)


@pytest.mark.parametrize(
    ("job", "at", "pending"),
    [
        pytest.param(DEAD, 1, False, id="not at once"),
        pytest.param(DEAD, 6, True, id="once the refusal has lasted"),
        pytest.param(DEAD.saying(conditions=(condition("DeadLetterPending", "x", "y"),)), 1, True, id="once shown"),
        pytest.param(JOB.dead(filed=True), 6, False, id="not for a letter that is filed"),
        pytest.param(JOB, 6, False, id="not for a job that owes none"),
    ],
)
def test_every_write_shows_that_a_dead_letter_is_pending(job: AJob, at: float, *, pending: bool) -> None:
    status = with_derived(job.status, facts(job, at=at, letter_refusal=REFUSED))
    shown = [c for c in status.conditions if c.type == "DeadLetterPending"]
    ref = job.status.dead_letter_ref
    assert [c.message for c in shown] == ([f"DeadLetter {ref.name}: no room"] if pending and ref else [])
    assert ("DeadLetterPending" in outdated(facts(job, at=at, letter_refusal=REFUSED))) is (
        pending and not any(c.type == "DeadLetterPending" for c in job.status.conditions)
    )


def test_a_dead_letter_under_another_name_has_not_been_refused() -> None:
    renamed = DEAD.status.model_copy(update={"dead_letter_ref": DeadLetterRef(name="another")})
    status = with_derived(renamed, facts(DEAD, at=6, letter_refusal=REFUSED))
    assert not [c for c in status.conditions if c.type == "DeadLetterPending"]


@pytest.mark.parametrize(
    ("job", "summary"),
    [
        pytest.param(JOB, "0/10", id="none"),
        pytest.param(JOB.showing(JOB.pod().scheduled()), "1/10", id="the live one counts"),
        pytest.param(JOB.showing(JOB.pod()), "0/10", id="not before it has a node"),
        pytest.param(JOB.having_settled(JOB.pod()), "1/10", id="a spent one"),
        pytest.param(JOB.showing(JOB.pod().scheduled()).succeeded(), "0/10", id="nothing is live after the end"),
        pytest.param(JOB.having_settled(JOB.pod()).showing(JOB.pod(2).scheduled()), "2/10", id="both"),
        pytest.param(JOB.edited(retry={"max_attempts": 9}), "0/9", id="of as many as there are now"),
        pytest.param(JOB.saying(attempts=(an_attempt(JOB.pod(), counted=False),)), "0/10", id="uncounted ones do not"),
    ],
)
def test_the_attempts_summary(job: AJob, summary: str) -> None:
    assert with_derived(job.status, facts(job, at=0)).attempts_summary == summary
