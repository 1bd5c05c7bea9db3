"""The status after an attempt or the job has ended: counters, and the retry with its time or the terminal phase.

All of it is one write. The docstring of `settle_ended_attempt` (end.py) lists the steps.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Self

from queuedjob.api.identity import letter_name
from queuedjob.api.kinds import queuedjob_phases as phases
from queuedjob.api.kinds.queuedjob import Retry
from queuedjob.api.kinds.queuedjob_status import Attempt, Counters, DeadLetterRef, FailedSpec, JobStatus
from queuedjob.api.types.durations import format_duration
from queuedjob.api.types.times import format_second
from queuedjob.policy.facts import Pod
from queuedjob.policy.failure.classes import BY_NAME, FailureClass
from queuedjob.policy.failure.rules import Verdict
from queuedjob.policy.failure.termination_message import NO_MESSAGE, TerminationMessage
from queuedjob.policy.job import reasons
from queuedjob.policy.job.attempts import ignored_events, with_entry, with_reported
from queuedjob.policy.job.chain.show_status import edit_remark
from queuedjob.policy.job.chain.start import as_suspended
from queuedjob.policy.job.conditions import with_derived
from queuedjob.policy.job.ends import CANCELLED, End, end_inputs, end_of
from queuedjob.policy.job.inputs import Job, JobFacts
from queuedjob.policy.job.retry_now import handled_by
from queuedjob.policy.job.steps import JobEvent, Wait, WriteStatus
from queuedjob.policy.job.total_timeout import total_deadline, total_start
from queuedjob.policy.retry import poison_pill
from queuedjob.policy.retry.backoff import (
    DISRUPTED,
    STOPPED,
    PastAttempt,
    delay,
    disruptions_in_a_row,
    jitter_of,
    not_undercut,
)
from queuedjob.policy.retry.per_class import failures_counted, schedule_of, spent_class


@dataclass(frozen=True, slots=True)
class SpecVersion:
    """The spec that an attempt was built from. A bad end records it as failedSpec."""

    spec_hash: str
    generation: int
    remark: str = ""
    """Text for users, if the live spec is a different one now; else empty."""

    @classmethod
    def of_pod(cls, job: Job, pod: Pod) -> Self:
        """Return the spec that the pod carries.

        A later edit of retry or timeouts does not change that spec, so the generation is then the job's present one.
        """
        remark = edit_remark(job, pod)
        generation = pod.generation if remark and pod.generation is not None else job.generation
        return cls(pod.spec_hash or job.spec_hash, generation, remark)

    @classmethod
    def of_spec(cls, job: Job) -> Self:
        """Return the live spec, for an end without a pod."""
        return cls(job.spec_hash, job.generation)


def settle(
    facts: JobFacts,
    entry: Attempt,
    verdict: Verdict,
    spec_version: SpecVersion,
    reported: TerminationMessage = NO_MESSAGE,
) -> WriteStatus:
    """Steps 4 to 6: return the write that counts `entry`, keeps what the attempt reported, and ends or retries."""
    job, before, failure = facts.job, facts.job.status, verdict.failure
    counters = _counted(before.counters, entry, failure)
    crash_times = before.crash_times
    if failure is not None and failure.poisons and entry.finish_time is not None:
        crash_times = poison_pill.latest_crashes((*crash_times, entry.finish_time), job.terms.poison_pill.crashes)
    failed = failure is not None and failure.counted
    status = with_reported(before, reported, succeeded=verdict.succeeded).model_copy(
        update={
            "counters": counters,
            "attempts": with_entry(before.attempts, entry),
            "crash_times": crash_times,
            "start_time": before.start_time or entry.start_time,
            "first_failure_time": before.first_failure_time or (entry.finish_time if failed else None),
            "total_start_time": total_start(job),
            "next_attempt_time": None,
            "handled": handled_by(job),  # it asked for the end of an earlier wait
        }
    )
    end = end_of(end_inputs(facts, status, verdict))
    if end is not None:
        write = _ended(facts, status, end, verdict, spec_version, entry.finish_time or facts.now.late)
    else:
        write = _retried(facts, status, entry, verdict, spec_version)
    return replace(write, events=(*write.events, *ignored_events(entry.number, reported)))


def end_now(facts: JobFacts) -> WriteStatus | Wait | None:
    """Return the write that ends a job without an unsettled attempt; else how long until timeouts.total has passed."""
    job = facts.job
    end = end_of(end_inputs(facts, job.status))
    if end is not None and (end is CANCELLED or not job.terms.suspend):
        return _ended(facts, job.status, end, None, SpecVersion.of_spec(job), facts.now.late)
    deadline = total_deadline(job)
    return Wait(facts.now.seconds_until(deadline)) if deadline is not None else None


def ends_without_success(write: WriteStatus) -> bool:
    """Step 6: whether `write` writes Cancelled or a bad end, which must wait while any pod of the job is live."""
    return write.status.phase in phases.DEAD | {phases.CANCELLED}


def _counted(before: Counters, entry: Attempt, failure: FailureClass | None) -> Counters:
    """Step 4: return the counters with `entry` added."""
    by_class = dict(before.by_class)
    if failure is not None:
        by_class[failure.name] = by_class.get(failure.name, 0) + 1
    return before.model_copy(
        update={
            "pods": max(before.pods, entry.number),
            "attempts": before.attempts + (1 if entry.counted else 0),
            "crashes": before.crashes + (1 if failure and failure.poisons else 0),
            "disruptions": before.disruptions + (1 if failure and failure.disrupts else 0),
            "timeouts": before.timeouts + (1 if failure and failure.grows else 0),
            "by_class": by_class,
        }
    )


def _ended(
    facts: JobFacts, status: JobStatus, end: End, verdict: Verdict | None, spec_version: SpecVersion, finished: datetime
) -> WriteStatus:
    """Steps 5 and 6: return the write that ends the job; for a bad end, with deadLetterRef.name and failedSpec."""
    job = facts.job
    why = _why(end, status, facts)
    update: dict[str, object] = {
        "phase": end.phase,
        "reason": end.reason,
        "message": why + spec_version.remark,
        "next_attempt_time": None,
        "suspend_time": None,
        "finish_time": finished,
    }
    events: tuple[JobEvent, ...] = ()
    if end.bad:
        update["dead_letter_ref"] = DeadLetterRef(name=letter_name(job.name, job.uid, status.counters.redrives))
        update["failed_spec"] = FailedSpec(
            generation=spec_version.generation, spec_hash=spec_version.spec_hash, policy_hash=job.policy_hash
        )
        events = (JobEvent(reason=end.phase, message=f"{end.reason}: {why}{spec_version.remark}"),)
    rule = verdict.rule if verdict else end.reason
    return WriteStatus(with_derived(status.model_copy(update=update), facts), rule=rule, events=events)


def _retried(
    facts: JobFacts, status: JobStatus, entry: Attempt, verdict: Verdict, spec_version: SpecVersion
) -> WriteStatus:
    """Steps 5 and 6: return the write of phase Waiting, with nextAttemptTime if the retry waits."""
    job = facts.job
    what = f"attempt {entry.number} ended: {verdict.reason} (rule {verdict.rule})"
    seconds = _delay(facts, status, verdict)
    next_time = facts.now.after(seconds) if seconds else None
    # The status gives a point in time, because users may read it long after the write. An Event is shown with its age.
    asked = f", as it asked to wait {format_duration(verdict.retry_after)}" if seconds and verdict.retry_after else ""
    then = "the next attempt starts"
    at = f"{then} at {format_second(next_time)}{asked}" if next_time else then
    within = f"{then} in {format_duration(seconds)}{asked}" if seconds else then
    waiting = status.model_copy(
        update={
            "phase": phases.WAITING,
            "reason": reasons.BACKOFF if seconds else reasons.RETRYING,
            "message": f"{what}; {at}{spec_version.remark}",
            "next_attempt_time": next_time,
        }
    )
    ours = verdict.failure is not None and not (verdict.failure.counted or verdict.failure.disrupts)
    reason = "AttemptFailed" if entry.counted else "AttemptDisrupted"
    events = () if ours else (JobEvent(reason, f"{what}: {entry.message}; {within}{spec_version.remark}"),)
    if job.terms.suspend:  # the wait continues meanwhile; it may be over at the resume
        waiting = as_suspended(facts, waiting)
    return WriteStatus(with_derived(waiting, facts), rule=verdict.rule, events=events)


def _delay(facts: JobFacts, status: JobStatus, verdict: Verdict) -> float:
    """Step 5: return the seconds until the next attempt. Disruptions have their own schedule, our own stops a floor."""
    failure, spread = verdict.failure, facts.spread
    if failure is None:
        return 0.0
    if not (failure.counted or failure.disrupts):
        return STOPPED
    retry = facts.job.terms.retry
    if failure.disrupts:
        schedule, count = DISRUPTED, disruptions_in_a_row([_past(a) for a in status.attempts])
    else:
        schedule = schedule_of(retry, failure.name)
        count = failures_counted(retry, status.counters, failure.name)
    return not_undercut(delay(schedule, count, spread), verdict.retry_after, jitter_of(schedule), spread)


def _past(attempt: Attempt) -> PastAttempt:
    failure = BY_NAME.get(attempt.class_)
    ran = _seconds_between(attempt.start_time, attempt.finish_time)
    return PastAttempt(disrupted=failure is not None and failure.disrupts, seconds=ran)


def _seconds_between(start: datetime | None, finish: datetime | None) -> float:
    return (finish - start).total_seconds() if start is not None and finish is not None else 0.0


def _why(end: End, status: JobStatus, facts: JobFacts) -> str:
    """Return the end in one sentence for users, with the rule and the figures that decided.

    An end by a limit tells its cause, too: how the last attempt ended, and what the job waited for.
    """
    job, last = facts.job, _last_attempt(status)
    pill, retry = job.terms.poison_pill, job.terms.retry
    match end.reason:
        case "Cancelled":
            return "spec.cancel is true"
        case "PoisonPill":
            why = poison_pill.poisoned(status.crash_times, pill.crashes, pill.window)
            return f"{why or ''}; {last}"
        case "TotalTimeout":
            total = job.terms.timeouts.total
            passed = f"timeouts.total ({format_duration(total) if total else 'off'}) has passed"
            return "; ".join(part for part in (passed, _last_wait(facts), last) if part)
        case "MaxDisruptions":
            over = f"{status.counters.disruptions} disruptions, over retry.maxDisruptions ({retry.max_disruptions})"
            return f"{over}; {last}" if last else over
        case "MaxAttempts":
            spent = _spent(status, retry)
            return f"{spent}; {last}" if last else spent
        case _:
            return last


_WORDS: Final = 1024
"""Characters that are kept of what a job waited for; the API server's message may quote a whole spec."""

_NO_CAUSES: Final = frozenset(
    {
        reasons.BACKOFF,
        reasons.RETRYING,
        reasons.NOT_BEFORE,
        reasons.SUSPENDED,
        reasons.RESUMED,
        reasons.RERUN,
        reasons.SCHEDULING,
        reasons.CONTAINER_CREATING,
        reasons.ATTEMPT_RUNNING,
        reasons.MAIN_ENDED,
    }
)
"""Reasons that tell nothing of why a job did not come to its end in time."""


def _last_attempt(status: JobStatus) -> str:
    """Return how the last attempt ended; empty without one."""
    last = status.attempts[-1] if status.attempts else None
    return f"attempt {last.number}: {last.message} (rule {last.rule})" if last is not None and last.settled else ""


def _last_wait(facts: JobFacts) -> str:
    """Return what the job waits for at its end, as the API server, the scheduler or the kubelet says; else empty."""
    status, refusal = facts.job.status, facts.refusal
    if refusal is not None and refusal.generation == facts.job.generation:
        return f"it waited ({refusal.reason}): {refusal.message[:_WORDS]}"
    if status.reason in _NO_CAUSES or not status.message:
        return ""
    return f"it waited ({status.reason}): {status.message[:_WORDS]}"


def _spent(status: JobStatus, retry: Retry) -> str:
    """Return which attempts are spent, for users: all, or those of one class (retry.perClass)."""
    counters = status.counters
    if counters.attempts >= retry.max_attempts:
        return f"{counters.attempts} attempts spent of retry.maxAttempts ({retry.max_attempts})"
    name = spent_class(retry, counters)
    own = retry.of_class(name)
    limit = own.max_attempts if own is not None else None
    said = "" if any(each.class_ == name and each.max_attempts for each in retry.per_class) else ", the default"
    return f"{counters.by_class[name]} {name} attempts spent of retry.perClass maxAttempts ({limit}{said})"
