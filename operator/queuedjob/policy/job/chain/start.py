"""Links that start something: a rerun of a dead job, suspension and resumption, an early retry, the next attempt."""

from queuedjob.api.canonical import same_hash
from queuedjob.api.identity import pod_name
from queuedjob.api.kinds import queuedjob_phases as phases
from queuedjob.api.kinds.queuedjob_status import Counters, JobStatus
from queuedjob.api.names import RETRY_NOW_ANNOTATION
from queuedjob.api.types.times import format_second
from queuedjob.policy.job import reasons
from queuedjob.policy.job.conditions import with_derived
from queuedjob.policy.job.ends import end_inputs, end_of
from queuedjob.policy.job.inputs import Job, JobFacts
from queuedjob.policy.job.pods import JobPods
from queuedjob.policy.job.retry_now import RETRY_NOW, ends_pause, handled_by, is_asked
from queuedjob.policy.job.steps import CreatePod, JobEvent, Step, Wait, WriteStatus
from queuedjob.policy.job.total_timeout import resumed_total_start, total_deadline
from queuedjob.policy.retry.deadlines import attempt_deadline
from queuedjob.policy.retry.per_class import attempts_left


def run_dead_job_again(facts: JobFacts, _pods: JobPods) -> Step | None:
    """Run a dead job again after a user has changed its spec, if its dead letter is filed: this adds one redrive."""
    job, status = facts.job, facts.job.status
    if status.phase not in phases.DEAD or job.deleting or job.terms.cancel:
        return None
    if status.dead_letter_ref is None or not status.dead_letter_ref.uid or not differs_from_failed_spec(job):
        return None
    fresh = JobStatus(
        phase=phases.WAITING,
        reason=reasons.RERUN,
        message=f"the spec changed since the job died: generation {job.generation} runs",
        counters=Counters(redrives=status.counters.redrives + 1),
        total_start_time=facts.now.late,
        checkpoint=status.checkpoint,
        handled=handled_by(job),
    )
    return WriteStatus(with_derived(fresh, facts), rule="spec-changed")


def differs_from_failed_spec(job: Job) -> bool:
    """Whether the spec differs from the spec with which the job failed, so that the dead job runs again.

    Without a greater generation no user has edited the spec, whatever the hashes say: a CRD that prunes a field, or a
    fault of hashing, must not run a dead job again and again.
    """
    died = job.status.failed_spec
    if died is None or job.generation <= died.generation:
        return False
    same_spec, same_policy = same_hash(died.spec_hash, job.spec_hash), same_hash(died.policy_hash, job.policy_hash)
    if same_spec is None or same_policy is None:
        return True  # hashed by another release: only generations can be compared
    return not (same_spec and same_policy)


def suspend_or_resume(facts: JobFacts, pods: JobPods) -> Step | None:
    """Show that the job is suspended, and since when. On resume, move the start of timeouts.total by that duration."""
    job, status = facts.job, facts.job.status
    if phases.is_terminal(status.phase) or job.deleting or job.terms.cancel:
        return None
    if job.terms.suspend:
        shown = status.suspend_time is not None and status.reason == reasons.SUSPENDED
        if shown or pods.attempts:  # the write that settles the attempt shows the suspension, too
            return None
        return WriteStatus(with_derived(as_suspended(facts, status), facts), rule="suspend")
    if status.suspend_time is None:
        return None
    resumed = status.model_copy(
        update={
            "phase": phases.WAITING,
            "reason": reasons.RESUMED,
            "message": "resumed",
            "suspend_time": None,
            "total_start_time": resumed_total_start(job, status.suspend_time, facts.now.late),
        }
    )
    return WriteStatus(with_derived(resumed, facts), rule="resume")


def as_suspended(facts: JobFacts, status: JobStatus) -> JobStatus:
    """Return `status` as the status of a suspended job."""
    return status.model_copy(
        update={
            "phase": phases.WAITING,
            "reason": reasons.SUSPENDED,
            "message": "spec.suspend is true; set it to false to resume",
            "suspend_time": status.suspend_time or facts.now.late,
        }
    )


def end_wait(facts: JobFacts, pods: JobPods) -> Step | None:
    """End the wait for the next attempt if the job's annotation asks for that (retry_now.py)."""
    job, status = facts.job, facts.job.status
    if phases.is_terminal(status.phase) or job.deleting or job.terms.suspend or job.terms.cancel or pods.attempts:
        return None
    due, not_before = status.next_attempt_time, job.terms.not_before_time
    if not is_asked(job) or due is None or facts.now.seconds_until(due) <= 0:
        return None
    if not_before is not None and facts.now.seconds_until(not_before) > 0:
        return None
    what = f"annotation {RETRY_NOW_ANNOTATION} ({job.retry_now}) ended the wait until {format_second(due)}"
    retried = status.model_copy(
        update={
            "phase": phases.WAITING,
            "reason": reasons.RETRYING,
            "message": f"{what}; the next attempt starts",
            "next_attempt_time": None,
            "handled": handled_by(job),
        }
    )
    return WriteStatus(with_derived(retried, facts), RETRY_NOW, events=(JobEvent("RetryNow", what, warning=False),))


def create_attempt(facts: JobFacts, pods: JobPods) -> Step | None:
    """Create the next attempt, unless a pod of this job or of an earlier job of its name is live or may yet appear."""
    job, status = facts.job, facts.job.status
    if phases.is_terminal(status.phase) or job.deleting or job.terms.suspend or job.terms.cancel:
        return None
    if pods.attempts or any(p.live for p in pods.strays) or facts.previous:
        return None
    if end_of(end_inputs(facts, status)) is not None or _refused_for_good(facts):
        return None  # an end holds, too, while its write waits for a late pod
    wait = _seconds_to_wait(facts)
    if wait > 0:
        return Wait(wait)
    number = next_number(job, pods)
    deadline = total_deadline(job)
    remainder = None if deadline is None else (deadline - facts.now.late).total_seconds()
    if deadline is not None and remainder is not None and remainder <= 0:
        return Wait(facts.now.seconds_until(deadline))  # the total may have passed: no time is left for a pod
    timeouts = job.terms.timeouts
    limit = attempt_deadline(
        timeouts.attempt, timeouts.growth, timeouts.ceiling, timed_out=status.counters.timeouts, remainder=remainder
    )
    return CreatePod(
        number=number,
        name=pod_name(job.name, job.uid, status.counters.redrives, number),
        redrives=status.counters.redrives,
        deadline_seconds=limit.seconds,
        deadline_by_total=limit.by_total,
        attempts_left=attempts_left(job.terms.retry, status.counters),
    )


def next_number(job: Job, pods: JobPods) -> int:
    """Return one more than the greatest number that is settled or that a pod of this redrive count carries."""
    return 1 + max(job.status.counters.pods, pods.highest_number)


def _refused_for_good(facts: JobFacts) -> bool:
    no = facts.refusal
    if no is None:
        return False
    return no.is_spec_fault(facts.job.generation, facts.limits.spec_fault_after)


def _seconds_to_wait(facts: JobFacts) -> float:
    job = facts.job
    times = (job.terms.not_before_time, job.status.next_attempt_time)
    waits = [facts.now.seconds_until(t) for t in times if t is not None]
    if facts.refusal and facts.refusal.generation == job.generation and not ends_pause(job, facts.refusal):
        waits.append(facts.refusal.retry_in)
    return max([*waits, facts.previous_late])
