"""The link that shows the state of a job to users and programs, when earlier links have nothing to do.

A state is written when it has lasted long enough to be worth a write (inputs.ShowAfter). A new message alone is never
written. Spec warnings (spec_warnings.py) are written at once, unless the job has ended or is being deleted.
"""

from dataclasses import dataclass

from queuedjob.api.kinds import queuedjob_phases as phases
from queuedjob.api.kinds.queuedjob_status import NOT_OBSERVED, JobStatus
from queuedjob.api.types.times import format_second
from queuedjob.policy.facts import Pod
from queuedjob.policy.job import reasons, spec_warnings
from queuedjob.policy.job.attempts import live_entry, with_entry
from queuedjob.policy.job.conditions import OF_REFUSALS, outdated, with_derived
from queuedjob.policy.job.inputs import Job, JobFacts, RefusalKind
from queuedjob.policy.job.leftover_containers import leftover_containers, main_finish
from queuedjob.policy.job.pods import JobPods
from queuedjob.policy.job.start_timeout import obstacle_of
from queuedjob.policy.job.steps import Step, StopPod, Wait, WriteStatus, write_key
from queuedjob.policy.job.upkeep import lasts
from queuedjob.policy.time_math import later


@dataclass(frozen=True, slots=True)
class View:
    """A state of the job, and in how many seconds it is worth a write (0 or less: now)."""

    phase: str
    reason: str
    message: str
    due_in: float
    pod: Pod | None = None


def show(facts: JobFacts, pods: JobPods) -> Step | None:
    """Update the status with the state that is seen, when that state has lasted long enough."""
    job, status = facts.job, facts.job.status
    view = view_of(facts, pods)
    news = view if view and (view.phase, view.reason) != (status.phase, status.reason) else None
    if news and news.due_in <= 0:
        return WriteStatus(_seen(facts, news), rule="show")
    changed = outdated(facts)
    if changed & spec_warnings.TYPES and not (phases.is_terminal(status.phase) or job.deleting):
        return WriteStatus(with_derived(status, facts), rule="spec-warnings")
    if news and not changed & OF_REFUSALS:
        return Wait(news.due_in)
    if status.observed_generation not in {NOT_OBSERVED, job.generation} or changed & OF_REFUSALS:
        return WriteStatus(with_derived(status, facts), rule="observe")
    return None


def edit_remark(job: Job, pod: Pod) -> str:
    """Return a text for users if the spec was edited after the pod's creation; else empty."""
    if not pod.spec_hash or pod.spec_hash == job.spec_hash:
        return ""
    return f"; attempt {pod.number} ran generation {pod.generation}, the spec is at generation {job.generation} now"


def _seen(facts: JobFacts, view: View) -> JobStatus:
    job, status, pod = facts.job, facts.job.status, view.pod
    update: dict[str, object] = {"phase": view.phase, "reason": view.reason, "message": view.message}
    if pod is not None:
        entry = live_entry(pod)
        update["message"] = view.message + edit_remark(job, pod)
        update["attempts"] = with_entry(status.attempts, entry)
        update["start_time"] = status.start_time or entry.start_time
    if pod is not None or view.reason == reasons.DELETING:
        update["next_attempt_time"] = None  # it has passed, or no attempt follows
    return with_derived(status.model_copy(update=update), facts)


def view_of(facts: JobFacts, pods: JobPods) -> View | None:
    """Return the state to show of a job that has not ended; None if there is none."""
    if phases.is_terminal(facts.job.status.phase):
        return None
    attempt = next((p for p in pods.attempts if p.live and not p.missing_from_watch), None)
    if attempt is not None:
        return _view_of_pod(facts, attempt)
    held_back = pods.attempts and any(p.live for p in pods.strays)  # the attempt's end waits for the strays' end
    if pods.attempts and not held_back:
        return None
    return _view_of_deletion(facts.job) if facts.job.deleting else _view_of_wait(facts, pods)


def _view_of_pod(facts: JobFacts, pod: Pod) -> View:
    now, show_after, main = facts.now, facts.show_after, pod.main
    refusal = facts.refused_writes.get(write_key(StopPod(pod)))
    if pod.stop_reason and pod.deletion_time is None and refusal is not None and lasts(facts, refusal):
        message = f"attempt {pod.number} must stop ({pod.stop_reason}), and it cannot be stopped: {refusal.message}"
        return View(phases.RUNNING if pod.node else phases.WAITING, reasons.STOP_REFUSED, message, 0.0, pod)
    if pod.deletion_time is not None:
        due = now.seconds_until(pod.deletion_time) + show_after.terminating
        if due > 0:
            why = f"we stopped it ({pod.stop_reason})" if pod.stop_reason else "another client deleted it"
            message = f"pod {pod.name} is ending: {why}; its grace period ends at {format_second(pod.deletion_time)}"
            return View(phases.RUNNING, reasons.POD_STOPPING, message, due, pod)
        message = (
            f"pod {pod.name} on node {pod.node} was deleted and has not ended: if the node is dead, delete its Node "
            "object or taint it node.kubernetes.io/out-of-service"
        )
        return View(phases.RUNNING, reasons.POD_TERMINATING, message, due, pod)
    if others := leftover_containers(pod):
        names, ended = ", ".join(each.name for each in others), main_finish(pod)
        stopped = later(ended, facts.limits.main_ended)
        message = f"the main container has ended; {names} may run on until {format_second(stopped)}"
        return View(phases.RUNNING, reasons.MAIN_ENDED, message, now.seconds_until(ended) + show_after.starting, pod)
    since_creation = now.seconds_until(pod.created) + show_after.starting
    if not pod.node:
        if pod.gates:
            message = f"the pod is held back by its scheduling gates: {', '.join(pod.gates)}"
            return View(phases.WAITING, reasons.SCHEDULING_GATED, message, 0.0, pod)
        reason = reasons.UNSCHEDULABLE if pod.unschedulable else reasons.SCHEDULING
        return View(phases.WAITING, reason, pod.unschedulable or "waiting for the scheduler", since_creation, pod)
    # A pod that waited long for its node may start soon: latest_condition_time shows when it got the node.
    since_scheduled = (
        now.seconds_until(max(pod.created, pod.latest_condition_time or pod.created)) + show_after.starting
    )
    if main is not None and (main.running_since or main.terminated):
        started = main.running_since or (main.terminated.started if main.terminated else None)
        # If the start is missing or wrong (StartError; a node whose clock is ahead), the time of scheduling counts.
        known = started is not None and now.seconds_until(started) <= show_after.starting
        due = now.seconds_until(started) + show_after.running if started and known else since_scheduled
        return View(phases.RUNNING, reasons.ATTEMPT_RUNNING, f"attempt {pod.number} runs on node {pod.node}", due, pod)
    obstacle = obstacle_of(pod)
    reason, words = (obstacle.reason, obstacle.words) if obstacle else (reasons.CONTAINER_CREATING, "starting")
    return View(phases.RUNNING, reason, words, since_scheduled, pod)


def _view_of_deletion(job: Job) -> View | None:
    """Say what holds a job that is being deleted. Without another client's finalizer it is gone in a moment."""
    if not job.held_by:
        return None
    message = f"it is being deleted, and no further attempt starts; it stays until its {held_words(job)}"
    return View(phases.WAITING, reasons.DELETING, message, 0.0)


def held_words(job: Job) -> str:
    """What holds a job that is being deleted, and what has to be done."""
    one = len(job.held_by) == 1
    return f"finalizer{'' if one else 's'} {', '.join(job.held_by)} {'is' if one else 'are'} removed"


def _view_of_wait(facts: JobFacts, pods: JobPods) -> View | None:
    job, now, show_after = facts.job, facts.now, facts.show_after
    if job.terms.suspend:
        return None
    if facts.previous:
        due = now.seconds_until(job.created) + show_after.waiting
        message = f"pod {facts.previous[0].name} of an earlier job of this name has not ended"
        return View(phases.WAITING, reasons.PREVIOUS_POD, message, due)
    if facts.previous_late > show_after.waiting:
        message = "a pod of an earlier job of this name may still appear"
        return View(phases.WAITING, reasons.PREVIOUS_POD, message, now.seconds_until(job.created) + show_after.waiting)
    stray = next((p for p in pods.strays if p.live), None)
    if stray:
        due = now.seconds_until(stray.created) + show_after.waiting
        return View(phases.WAITING, reasons.POD_TERMINATING, f"pod {stray.name} has not ended", due)
    for time, reason in (
        (job.terms.not_before_time, reasons.NOT_BEFORE),
        (job.status.next_attempt_time, reasons.BACKOFF),
    ):
        if time is not None and now.seconds_until(time) > show_after.waiting:
            return View(phases.WAITING, reason, f"the next attempt starts at {format_second(time)}", 0.0)
    refusal = facts.refusal
    if refusal and refusal.generation == job.generation and refusal.kind is not RefusalKind.SPEC_FAULT:
        last = show_after.failing if refusal.kind is RefusalKind.RETRY else show_after.waiting
        return View(phases.WAITING, refusal.reason, refusal.message, now.seconds_until(refusal.since) + last)
    return None
