"""Links about pods that the watch does not report, or that must not run."""

from dataclasses import replace

from queuedjob.api.kinds.queuedjob_phases import is_terminal
from queuedjob.policy.facts import Pod, StopReason
from queuedjob.policy.job.attempts import live_entry, with_entry
from queuedjob.policy.job.conditions import with_derived
from queuedjob.policy.job.inputs import JobFacts
from queuedjob.policy.job.leftover_containers import main_ended, stop_leftover_containers
from queuedjob.policy.job.overdue import stop_overdue
from queuedjob.policy.job.pods import JobPods
from queuedjob.policy.job.start_timeout import stop_unstarted
from queuedjob.policy.job.steps import (
    ForgetPod,
    LookForPod,
    MarkStop,
    ReadJob,
    Step,
    StopPod,
    Wait,
    WriteStatus,
    write_key,
)
from queuedjob.policy.job.total_timeout import total_deadline
from queuedjob.policy.job.upkeep import first_unrefused, lasts, sooner


def catch_up(_facts: JobFacts, pods: JobPods) -> Step | None:
    """Read the job if a pod has a redrive count that the status does not know: a store that lags decides nothing."""
    return ReadJob() if pods.ahead else None


def look_for_missing_pods(facts: JobFacts, pods: JobPods) -> Step | None:
    """Confirm with a GET that a pod is gone: a pod that a watch or a LIST misses may only have lost its label."""
    owed_nothing = {p.uid for p in (*pods.settled, *pods.strays) if p.ended and not p.has_finalizer}
    for pod in facts.pods:
        if pod.missing_from_watch or pod.confirmed_gone:
            if pod.uid in owed_nothing:
                return ForgetPod(pod)
            if not pod.confirmed_gone:
                return LookForPod(pod.name, pod=pod)
    known = {p.uid for p in facts.pods}
    for entry in facts.job.status.attempts:
        if entry.finish_time is None and entry.pod_uid and entry.pod_uid not in known:
            return LookForPod(entry.pod_name, attempt=entry)
    return None


def stop_what_must_not_run(facts: JobFacts, pods: JobPods) -> Step | None:
    """Stop strays, and the attempt of a job that is cancelled, suspended or past timeouts.total.

    Also stop an attempt that does not start in time, that runs past its deadline, or whose other containers run too
    long after the main container.

    First write the stop reason on the pod, then delete the pod. If the API server refuses to have it written there, the
    job's status holds it instead. A pod with a stop reason is always deleted, whatever the spec says then. All writes
    name the pod that they were planned for, so a late write stops no other pod.

    A pod that another controller has taken over is left to that controller: the job waits for its end.
    """
    undeleted = [p for p in (*pods.strays, *pods.attempts) if p.live and p.deletion_time is None and not p.foreign]
    steps: list[Step] = [StopPod(p) for p in undeleted if p.stop_reason]
    steps.extend(_marked(facts, MarkStop(p, StopReason.STRAY)) for p in pods.strays if _stoppable(p))
    wait: Wait | None = None
    attempt = next((pod for pod in pods.attempts if _stoppable(pod)), None)
    # also of a job that is being deleted: the garbage collector acts once it is gone, and a finalizer may hold it
    if attempt is not None and not is_terminal(facts.job.status.phase):
        asked = _stop_attempt(facts, attempt)
        if isinstance(asked, MarkStop):
            steps.append(_marked(facts, asked))
        else:
            wait = asked
    step = first_unrefused(facts, steps)
    return sooner(step, wait) if isinstance(step, Wait) else step or wait


def _stop_attempt(facts: JobFacts, attempt: Pod) -> MarkStop | Wait | None:
    reason = _reason_to_stop(facts)
    if isinstance(reason, StopReason):
        return MarkStop(attempt, StopReason.MAIN_ENDED if main_ended(attempt) else reason)
    answers = [
        each
        for each in (
            reason,
            stop_leftover_containers(facts, attempt),
            stop_unstarted(facts, attempt),
            stop_overdue(facts, attempt),
        )
        if each
    ]
    waits = [each.seconds for each in answers if isinstance(each, Wait) and each.seconds is not None]
    return next((each for each in answers if isinstance(each, MarkStop)), Wait(min(waits)) if waits else None)


def _marked(facts: JobFacts, mark: MarkStop) -> Step:
    """Return `mark`; if the API server refuses it, what does without: the status, or for a stray, the deletion alone.

    A stray is never counted, so its end needs no reason.
    """
    refusal = facts.refused_writes.get(write_key(mark))
    if refusal is None or not lasts(facts, refusal):
        return mark
    if mark.reason is StopReason.STRAY:
        return StopPod(mark.pod)
    pod = replace(mark.pod, stop_reason=str(mark.reason), stop_detail=mark.detail, stop_in_status=True)
    entry, status = live_entry(pod), facts.job.status
    intended = status.model_copy(
        update={
            "attempts": with_entry(status.attempts, entry),
            "start_time": status.start_time or entry.start_time,
        }
    )
    return WriteStatus(with_derived(intended, facts), rule="stop-in-status")


def _stoppable(pod: Pod) -> bool:
    return pod.live and not pod.stop_reason and pod.deletion_time is None and not pod.foreign


def _reason_to_stop(facts: JobFacts) -> StopReason | Wait | None:
    """Return why the attempt must not run, or how long it may run; None without a limit."""
    job = facts.job
    if job.terms.cancel:
        return StopReason.CANCELLED
    if job.terms.suspend:
        return StopReason.SUSPENDED
    deadline = total_deadline(job)
    if deadline is None:
        return None
    left = facts.now.seconds_until(deadline)
    return StopReason.TOTAL if left <= 0 else Wait(left)
