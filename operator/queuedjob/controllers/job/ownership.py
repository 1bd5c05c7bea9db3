"""Whose a pod is. Clients write references and labels of pods, so all that must know it asks here.

Most of it follows from the name, which no client can change: it has the job's name and a hash of the job's UID and run.
"""

from dataclasses import replace

from queuedjob.api.identity import pod_stem, stem
from queuedjob.controllers.job.job_store import JobStore
from queuedjob.kube.client import wire
from queuedjob.kube.objects.queuedjobs import RUNS_INDEXED, StoredJob
from queuedjob.policy.facts import Pod
from queuedjob.policy.job.pods import run_in_name
from queuedjob.ports import Body


class Ownership:
    """Finds the jobs of pods among the jobs that are known."""

    def __init__(self, jobs: JobStore) -> None:
        self._jobs = jobs

    def with_owner(self, pod: Pod, known: Pod | None) -> Pod:
        """Return the pod with its owner: from the pod's name, else the known one, else from the pod's reference.

        A pod stays its job's, whatever clients write into its references and labels: the job must see its end. A name
        cannot be changed, so it outranks the reference, also one that was read before the job was. But any client can
        use it, so a name alone is no proof: our finalizer must be on the pod, and no other controller. `known` is the
        pod as the store has it.
        """
        if pod.has_finalizer and not pod.foreign and (named := self.named_for(pod)) is not None:
            uid, name = named.uid, named.name
        elif known is not None and known.owner_uid:
            uid, name = known.owner_uid, known.owner_name or pod.owner_name
        else:
            uid, name = pod.owner_uid, pod.owner_name
        job = self._jobs.get(uid)
        if job is not None and job.namespace == pod.namespace:
            name = job.name
        return pod if (uid, name) == (pod.owner_uid, pod.owner_name) else replace(pod, owner_uid=uid, owner_name=name)

    def named_for(self, pod: Pod) -> StoredJob | None:
        """Return the job for which the pod's name was made. The cost does not grow with the number of jobs."""
        key = (pod.namespace, pod.name_hash)
        found = (job for lead in RUNS_INDEXED for job in self._jobs.by(f"run{lead:+}", key))
        return next((job for job in found if stem(job.name) == pod_stem(pod.name)), None)

    def may_be_of(self, pod: Pod, item: Body) -> bool:
        """Return whether the pod may have been made for this job: by the owner's UID, else by the pod's name.

        `item`: the job, of which its metadata is enough.
        Thousands of jobs may begin alike: of a job that is known as it is now, only earlier runs are left to compare,
        for the store's index knows the present ones.
        """
        if wire.uid_of(item) == pod.owner_uid:
            return True
        if stem(wire.name_of(item)) != pod_stem(pod.name):
            return False
        known = self._jobs.get(wire.uid_of(item))
        if known is None or known.resource_version < wire.version_of(item):
            return True
        return known.redrives > 0 and is_of(pod, known)


def is_of(pod: Pod, job: StoredJob) -> bool:
    """Return whether a job of the pod's namespace owns the pod: the name, which no client can change, says so, too."""
    return job.id == pod.job or run_in_name(pod.name_hash, job.uid, job.redrives) is not None
