"""Upkeep: writes that carry no promise to the job. Each may be refused alone, and no work waits for it. Pure.

These are the labels of pods, finalizers of settled pods, pods beyond podHistoryLimit, marks on dead letters, and the
deletion of expired jobs. The controller remembers each refusal by the write's key (steps.py: write_key). This module
leaves the write out until its next try is due.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from queuedjob.api.kinds import queuedjob_phases as phases
from queuedjob.api.kinds.deadletter import DEAD
from queuedjob.policy.facts import Pod
from queuedjob.policy.job.inputs import JobFacts, Refusal, RefusalKind
from queuedjob.policy.job.pods import JobPods
from queuedjob.policy.job.steps import (
    DeleteJob,
    DeletePod,
    MarkRedriven,
    MarkStop,
    ReleasePod,
    RestoreLabels,
    Step,
    StopPod,
    Wait,
    write_key,
)


def first_unrefused(facts: JobFacts, steps: Iterable[Step]) -> Step | None:
    """Return the first step whose next try is due; if there is none, how long until one is; None without steps."""
    waits: list[float] = []
    for step in steps:
        refusal = facts.refused_writes.get(write_key(step))
        if refusal is None or refusal.retry_in <= 0:
            return step
        waits.append(refusal.retry_in)
    return Wait(min(waits)) if waits else None


def sooner(one: Wait, other: Wait | None) -> Wait:
    """Return the wait that ends first."""
    ends = [each.seconds for each in (one, other) if each is not None and each.seconds is not None]
    return Wait(min(ends)) if ends else one


def lasts(facts: JobFacts, refusal: Refusal) -> bool:
    """Whether the API server has decided against a write, or has failed to carry it out for some time."""
    decided = refusal.kind is not RefusalKind.RETRY
    return decided or facts.now.seconds_until(refusal.since) + facts.show_after.failing <= 0


def labels_to_restore(facts: JobFacts) -> Iterator[Step]:
    """Yield a step for each pod without our labels whose end matters."""
    ours = (p for p in facts.pods if not p.foreign)
    blind = (p for p in ours if not p.labelled and not p.confirmed_gone and (p.has_finalizer or p.live))
    return (RestoreLabels(p) for p in blind)


def pods_to_release(pods: JobPods) -> Iterator[Step]:
    """Yield a step for each ended pod that we hold and that is settled or a stray."""
    held = (p for p in (*pods.settled, *pods.strays) if p.has_finalizer and p.ended and not p.confirmed_gone)
    return (ReleasePod(p) for p in held)


def pods_beyond_history(facts: JobFacts, pods: JobPods) -> Iterator[Step]:
    """Yield a step for each released pod beyond podHistoryLimit, oldest first. Pods of earlier runs count, too."""
    if facts.job.deleting:
        return iter(())
    ours = (p for p in (*pods.settled, *pods.strays) if p.number is not None)
    kept = sorted(
        (p for p in ours if p.ended and not p.has_finalizer and p.deletion_time is None and not p.foreign),
        key=lambda p: p.created,
    )
    return (DeletePod(p) for p in kept[: max(0, len(kept) - facts.job.terms.pod_history_limit)])


def letters_to_mark(facts: JobFacts) -> Iterator[Step]:
    """Yield a step for each dead letter of an earlier run that is not marked as Redriven."""
    redrives = facts.job.status.counters.redrives
    return (MarkRedriven(x) for x in facts.letters if x.redrives < redrives and x.phase == DEAD)


def job_to_expire(facts: JobFacts) -> Step | None:
    """Return the deletion of a job whose ttlAfterFinished has passed, or the wait for it."""
    status, ttl = facts.job.status, facts.job.terms.ttl_after_finished
    if ttl is None or facts.job.deleting or not phases.is_terminal(status.phase) or status.finish_time is None:
        return None
    if any(p.has_finalizer for p in facts.pods):
        return None  # the outcome is in the status, but its pods are not released yet
    left = facts.now.seconds_until(status.finish_time) + ttl
    if left > 0:
        return Wait(left)
    if status.phase not in phases.DEAD:
        return DeleteJob()
    ref = status.dead_letter_ref
    if ref is None or not ref.uid:
        return None
    # The redrive count identifies the dead letter, not the UID: a user may have restored the letter from a copy.
    letter = next((x for x in facts.letters if x.redrives == status.counters.redrives), None)
    if letter is None:
        return DeleteJob(gone_letter=ref.name)
    return DeleteJob() if letter.resolved else None


@dataclass(frozen=True, slots=True)
class OwedWrite:
    """A write that may fail alone, and that is owed or may be."""

    key: str
    """As write_key gives it."""
    purpose: str
    """What does not happen without it, for users."""
    at_once: bool
    """A refusal is shown at once: a user waits for this stop."""


def owed_writes(facts: JobFacts, pods: JobPods) -> Iterator[OwedWrite]:
    """Yield the stops of live pods, owed or not, and the upkeep that is owed now."""
    for pod in (*pods.attempts, *pods.strays):
        if pod.live and pod.deletion_time is None:
            yield OwedWrite(write_key(StopPod(pod)), f"pod {pod.name} cannot be stopped", at_once=True)
            yield OwedWrite(_mark_key(pod), f"pod {pod.name} cannot be marked as stopped", at_once=True)
    for step in _owed_upkeep(facts, pods):
        yield OwedWrite(write_key(step), _purpose(step), at_once=False)


def _mark_key(pod: Pod) -> str:
    return f"{MarkStop.__name__}/{pod.uid}"


def _owed_upkeep(facts: JobFacts, pods: JobPods) -> Iterator[Step]:
    yield from labels_to_restore(facts)
    yield from pods_to_release(pods)
    yield from pods_beyond_history(facts, pods)
    yield from letters_to_mark(facts)
    if isinstance(expired := job_to_expire(facts), DeleteJob):
        yield expired


def _purpose(step: Step) -> str:
    match step:
        case RestoreLabels(pod=pod):
            return f"labels of pod {pod.name} cannot be restored, so its end is seen late"
        case ReleasePod(pod=pod):
            return f"pod {pod.name} cannot be released"
        case DeletePod(pod=pod):
            return f"pod {pod.name}, beyond podHistoryLimit, cannot be deleted"
        case MarkRedriven(letter=letter):
            return f"dead letter {letter.name} cannot be marked as Redriven"
        case _:
            return "the job cannot be deleted after ttlAfterFinished"
