"""Links that clean up: finalizers, old pods, dead letters of earlier runs, finished jobs."""

from queuedjob.api.kinds import queuedjob_phases as phases
from queuedjob.api.kinds.deadletter import DEAD
from queuedjob.policy.job.inputs import JobFacts
from queuedjob.policy.job.pods import JobPods
from queuedjob.policy.job.steps import DeleteJob, DeletePod, ForgetPod, MarkRedriven, ReleasePod, Step, Wait


def release_settled(facts: JobFacts, pods: JobPods) -> Step | None:
    """Step 7 (end.py: settle_ended_attempt): release an ended pod whose outcome is in the status, or that is a stray.

    Wait while a late POST of the job may arrive: until then, the finalizer keeps the pod's name taken.
    """
    owed = [p for p in (*pods.settled, *pods.strays) if p.has_finalizer and p.ended]
    if not owed:
        return None
    if owed[0].confirmed_gone:
        return ForgetPod(owed[0])
    return Wait(facts.late.occupied_for) if facts.late.occupied_for > 0 else ReleasePod(owed[0])


def mark_redriven_letters(facts: JobFacts, _pods: JobPods) -> Step | None:
    """Mark dead letters of earlier runs as Redriven."""
    redrives = facts.job.status.counters.redrives
    return next((MarkRedriven(x) for x in facts.letters if x.redrives < redrives and x.phase == DEAD), None)


def delete_pods_beyond_history(facts: JobFacts, pods: JobPods) -> Step | None:
    """Step 8: delete released pods beyond podHistoryLimit, oldest first. Pods of earlier runs count, too.

    The last pods are kept for their logs.
    """
    if facts.job.deleting:
        return None
    ours = (p for p in (*pods.settled, *pods.strays) if p.number is not None)
    kept = sorted(
        (p for p in ours if p.ended and not p.has_finalizer and p.deletion_time is None and not p.foreign),
        key=lambda p: p.created,
    )
    beyond = len(kept) - facts.job.terms.pod_history_limit
    if beyond <= 0:
        return None
    return Wait(facts.late.occupied_for) if facts.late.occupied_for > 0 else DeletePod(kept[0])


def delete_expired_job(facts: JobFacts, _pods: JobPods) -> Step | None:
    """Delete a job ttlAfterFinished after its finishTime; a dead job only if its dead letter is resolved or gone."""
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
