"""Links about pods that the watch does not report, or that must not run."""

from queuedjob.api.kinds.queuedjob_phases import is_terminal
from queuedjob.policy.facts import Pod, StopReason
from queuedjob.policy.job.inputs import JobFacts
from queuedjob.policy.job.leftover_containers import main_ended, stop_leftover_containers
from queuedjob.policy.job.pods import JobPods
from queuedjob.policy.job.start_timeout import stop_unstarted
from queuedjob.policy.job.steps import ForgetPod, LookForPod, MarkStop, ReadJob, RestoreLabels, Step, StopPod, Wait
from queuedjob.policy.job.total_timeout import total_deadline


def catch_up(_facts: JobFacts, pods: JobPods) -> Step | None:
    """Read the job if a pod has a redrive count that the status does not know: a store that lags decides nothing."""
    if pods.ahead:
        return ReadJob(f"pod {pods.ahead[0].name} is of a later redrive than the status that is known")
    return None


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


def restore_labels(facts: JobFacts, _pods: JobPods) -> Step | None:
    """Restore our labels: without them the watch does not report the pod's end, with or without our finalizer."""
    ours = (p for p in facts.pods if not p.foreign)
    blind = (p for p in ours if not p.labelled and not p.confirmed_gone and (p.has_finalizer or p.live))
    return next((RestoreLabels(p) for p in blind), None)


def stop_what_must_not_run(facts: JobFacts, pods: JobPods) -> Step | None:
    """Stop strays, and the attempt of a job that is cancelled, suspended or past timeouts.total.

    Also stop an attempt that does not start in time, or whose other containers run too long after the main container.

    First write the stop reason on the pod, then delete the pod. A pod with a stop reason is always deleted, whatever
    the spec says then. Both writes name the pod that they were planned for, so a late write stops no other pod.

    A pod that another controller has taken over is left to that controller: the job waits for its end.
    """
    for pod in (*pods.strays, *pods.attempts):
        if pod.live and pod.stop_reason and pod.deletion_time is None and not pod.foreign:
            return StopPod(pod)
    for pod in pods.strays:
        if _stoppable(pod):
            return MarkStop(pod, StopReason.STRAY)
    if facts.job.deleting:
        return None  # the garbage collector deletes what a deleted job owns
    attempt = next((pod for pod in pods.attempts if _stoppable(pod)), None)
    if attempt is None or is_terminal(facts.job.status.phase):
        return None
    reason = _reason_to_stop(facts)
    if isinstance(reason, StopReason):
        return MarkStop(attempt, StopReason.MAIN_ENDED if main_ended(attempt) else reason)
    answers = [
        each for each in (reason, stop_leftover_containers(facts, attempt), stop_unstarted(facts, attempt)) if each
    ]
    waits = [each.seconds for each in answers if isinstance(each, Wait) and each.seconds is not None]
    return next((each for each in answers if isinstance(each, MarkStop)), Wait(min(waits)) if waits else None)


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
