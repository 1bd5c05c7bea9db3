"""The stores that the reconcile of a job reads: jobs, their pods, their dead letters."""

from dataclasses import dataclass

from queuedjob.controllers.job.job_store import JobStore
from queuedjob.controllers.job.pod_store import PodStore
from queuedjob.controllers.stores import KindStore
from queuedjob.policy.facts import Letter, Pod


@dataclass(frozen=True, slots=True)
class JobStores:
    """The three stores."""

    jobs: JobStore
    pods: PodStore
    letters: KindStore[Letter]

    def is_active_attempt(self, pod: Pod) -> bool:
        """Whether a pod has not ended, and is of a known job and no other controller: labels alone make no attempt."""
        job = self.jobs.get(pod.owner_uid)
        return pod.live and not pod.foreign and job is not None and job.id == pod.job
