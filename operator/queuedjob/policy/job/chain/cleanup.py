"""Links that clean up: labels, finalizers, old pods, dead letters of earlier runs, finished jobs.

They come last but for what is shown to users: where the API server refuses one of these writes, work goes on
(upkeep.py).
"""

from queuedjob.policy.job import upkeep
from queuedjob.policy.job.inputs import JobFacts
from queuedjob.policy.job.pods import JobPods
from queuedjob.policy.job.steps import DeleteJob, ForgetPod, Step, Wait
from queuedjob.policy.job.upkeep import first_unrefused


def restore_labels(facts: JobFacts, _pods: JobPods) -> Step | None:
    """Restore our labels: without them the watch does not report the pod's end, with or without our finalizer."""
    return first_unrefused(facts, upkeep.labels_to_restore(facts))


def release_settled(facts: JobFacts, pods: JobPods) -> Step | None:
    """Step 7 (end.py: settle_ended_attempt): release an ended pod whose outcome is in the status, or that is a stray.

    Wait while a late POST of the job may arrive: until then, the finalizer keeps the pod's name taken.
    """
    gone = (p for p in (*pods.settled, *pods.strays) if p.has_finalizer and p.confirmed_gone)
    if (pod := next(gone, None)) is not None:
        return ForgetPod(pod)
    return _once_no_post_is_late(facts, first_unrefused(facts, upkeep.pods_to_release(pods)))


def mark_redriven_letters(facts: JobFacts, _pods: JobPods) -> Step | None:
    """Mark dead letters of earlier runs as Redriven."""
    return first_unrefused(facts, upkeep.letters_to_mark(facts))


def delete_pods_beyond_history(facts: JobFacts, pods: JobPods) -> Step | None:
    """Step 8: delete released pods beyond podHistoryLimit, oldest first. The last pods are kept for their logs."""
    return _once_no_post_is_late(facts, first_unrefused(facts, upkeep.pods_beyond_history(facts, pods)))


def delete_expired_job(facts: JobFacts, _pods: JobPods) -> Step | None:
    """Delete a job ttlAfterFinished after its finishTime; a dead job only if its dead letter is resolved or gone."""
    step = upkeep.job_to_expire(facts)
    return first_unrefused(facts, [step]) if isinstance(step, DeleteJob) else step


def _once_no_post_is_late(facts: JobFacts, step: Step | None) -> Step | None:
    return Wait(facts.late.occupied_for) if step is not None and facts.late.occupied_for > 0 else step
