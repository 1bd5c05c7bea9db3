"""The store of pods."""

from collections.abc import Iterator
from dataclasses import replace

from queuedjob.controllers.job.job_store import JobStore
from queuedjob.controllers.job.keys import job_key, pod_key
from queuedjob.controllers.job.ownership import Ownership
from queuedjob.controllers.stores import Enqueue, KindStore, Report
from queuedjob.kube.client import wire
from queuedjob.kube.objects.pods import PODS
from queuedjob.kube.objects.queuedjobs import StoredJob, hashes_in_names
from queuedjob.policy.facts import Pod
from queuedjob.policy.job.first_deletion import with_first_deletion
from queuedjob.policy.job.inputs import Job
from queuedjob.ports import Body


class PodStore(KindStore[Pod]):
    """Pods of jobs. A label selects the pods, and clients may remove it: a pod that a watch misses may still exist.

    Clients may also put the label on any pod. What belongs to no job and is not held by us is not kept.
    """

    def __init__(self, jobs: JobStore, enqueue: Enqueue, report: Report) -> None:
        super().__init__(PODS, enqueue, report, self._keys)
        self._jobs = jobs
        self.ownership = Ownership(jobs)
        jobs.on_run = self._claim

    def _take(self, event: str | None, body: Body) -> None:
        """Take in an event of the pods' watch. A DELETED event may only mean that the pod has lost its label.

        The answer to our DELETE of a pod that nothing holds carries the version of that event, and may come before it.
        """
        if event != wire.DELETED:
            super()._take(event, body)
            return
        known = self.get(wire.uid_of(body))
        pod = replace(self.project(body), missing_from_watch=True)
        self.refresh(pod if known is None or known.has_finalizer else _without_finalizer(pod))

    def put(self, item: Pod) -> bool:
        """Store a pod from an event or an answer. Return False if its version is known, or the pod is none of ours."""
        pod = with_first_deletion(self.get(item.uid), self.with_owner(item))
        return self._concerns_us(pod) and super().put(pod)

    def refresh(self, pod: Pod) -> None:
        """Store a pod that was read or written just now, also at the same version if more is known about the pod."""
        self._refresh(self.with_owner(pod))

    def adopt(self, pod: Pod, job: Job | StoredJob) -> None:
        """Store a pod, just read, as a pod of `job`: the job's status or the pod's name says so."""
        self._refresh(replace(pod, owner_uid=job.uid, owner_name=job.name))

    def _claim(self, job: StoredJob) -> None:
        """Give the job the pods that came in before it: their owner was read from references that clients write."""
        for each in hashes_in_names(job):
            for pod in self.by("hash", each):
                if pod.job != job.id:
                    self.refresh(pod)

    def _refresh(self, pod: Pod) -> None:
        known = self.get(pod.uid)
        pod = with_first_deletion(known, pod)
        if known is None:
            if self._concerns_us(pod):
                super().put(pod)
        elif known != pod and known.resource_version <= pod.resource_version and self.swap(known, pod):
            self._changed(self._keys(pod))

    def found(self, body: Body) -> None:
        """Store a pod that no watch shows, from the answer to a GET. Never raises (see `take`)."""
        try:
            self.refresh(self.project(body))
        except Exception as error:  # noqa: BLE001 - any pod, and any way in which it is odd; reported
            self._report(self.objects.plural, body, error)

    def not_listed(self, item: Pod) -> None:
        """Mark a pod that a LIST does not show: the pod is gone, or has lost its label. A GET decides."""
        self.refresh(replace(item, missing_from_watch=True))

    def finalizer_removed(self, uid: str) -> None:
        """Record that our finalizer was removed from this pod; no client puts it back.

        If it was the last finalizer of a deleted pod, neither the answer to our patch nor the DELETED event shows the
        removal: the answer carries the version before the removal, the event the finalizers before the removal
        (apiserver registry/generic/registry, deleteWithoutFinalizers).
        """
        known = self.get(uid)
        if known is not None and known.has_finalizer and self.swap(known, _without_finalizer(known)):
            self._changed(self._keys(known))

    def with_owner(self, pod: Pod) -> Pod:
        """Return the pod with its owner (ownership.py)."""
        return self.ownership.with_owner(pod, self.get(pod.uid))

    def _concerns_us(self, pod: Pod) -> bool:
        """Whether the pod has a job, or is held by our finalizer, or did so when it was last seen."""
        return bool(pod.owner_uid) or pod.has_finalizer or pod.uid in self

    def _keys(self, pod: Pod) -> Iterator[str]:
        yield job_key(pod.job) if pod.owner_uid else pod_key(pod.namespace, pod.uid)
        for job in self._jobs.by("home", (pod.namespace, pod.owner_name)):
            if job.uid != pod.owner_uid:  # a job waits for the pods of an earlier job of its name
                yield job_key(job.id)


def _without_finalizer(pod: Pod) -> Pod:
    return replace(pod, has_finalizer=False, finalizer_index=None)
