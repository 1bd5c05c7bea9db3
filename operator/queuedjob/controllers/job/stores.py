"""The stores that the reconcile of a job reads: jobs, their pods, their dead letters."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from queuedjob.api.identity import pod_stem
from queuedjob.api.names import QUEUEDJOBS
from queuedjob.controllers.keys import key_of
from queuedjob.controllers.stores import Enqueue, KindStore
from queuedjob.kube.client import wire
from queuedjob.kube.objects.pods import PODS
from queuedjob.kube.objects.queuedjobs import StoredJob, Unreadable
from queuedjob.policy.facts import Letter, Pod
from queuedjob.policy.job.inputs import Job
from queuedjob.policy.job.pods import is_named_for
from queuedjob.ports import Body


def job_key(namespace: str, uid: str) -> str:
    """Return the key of a job, and of the pods that it left: only the reconcile of this key writes to these objects."""
    return key_of(QUEUEDJOBS, namespace, uid)


def pod_key(namespace: str, uid: str) -> str:
    """Return the key of a pod of ours that names no owner."""
    return key_of(PODS.plural, namespace, uid)


class PodStore(KindStore[Pod]):
    """Pods of jobs. A label selects the pods, and clients may remove it: a pod that a watch misses may still exist."""

    def __init__(self, jobs: KindStore[StoredJob], enqueue: Enqueue) -> None:
        super().__init__(PODS, enqueue, self._keys)
        self._jobs = jobs

    def take(self, event: str | None, body: Body) -> None:
        """Take in an event of the pods' watch. A DELETED event may only mean that the pod has lost its label."""
        if event != wire.DELETED:
            super().take(event, body)
            return
        known = self.get(wire.uid_of(body))
        pod = replace(self.project(body), missing_from_watch=True)
        self.put(pod if known is None or known.has_finalizer else _without_finalizer(pod))

    def put(self, item: Pod) -> bool:
        """Store a pod from an event or an answer. Return False if the store rejects its version as known."""
        return super().put(self.with_owner(item))

    def refresh(self, pod: Pod) -> None:
        """Store a pod that was read or written just now, also at the same version if more is known about the pod."""
        pod = self.with_owner(pod)
        known = self.get(pod.uid)
        if known is None:
            self.put(pod)
        elif known != pod and known.resource_version <= pod.resource_version and self.swap(known, pod):
            self._changed(self._keys(pod))

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
        """Return the pod with its owner: from the pod itself, else from the known pod, else from the pod's name.

        Clients may remove owners and labels. The job stays the owner, and must see the end of the pod.
        """
        if pod.owner_uid and pod.owner_name:
            return pod
        known = self.get(pod.uid)
        if known is not None and known.owner_uid and pod.owner_uid in {"", known.owner_uid}:
            return replace(pod, owner_uid=known.owner_uid, owner_name=known.owner_name)
        if pod.owner_uid:
            return pod
        job = next((job for job in self._of_its_stem(pod) if is_named_for(pod, job)), None)
        return pod if job is None else replace(pod, owner_uid=job.uid, owner_name=job.name)

    def _of_its_stem(self, pod: Pod) -> Iterator[Job]:
        for job in self._jobs.by("stem", (pod.namespace, pod_stem(pod.name))):
            with suppress(Unreadable):
                yield job.read()

    def _keys(self, pod: Pod) -> Iterator[str]:
        yield job_key(pod.namespace, pod.owner_uid) if pod.owner_uid else pod_key(pod.namespace, pod.uid)
        for job in self._jobs.by("home", (pod.namespace, pod.owner_name)):
            if job.uid != pod.owner_uid:  # a job waits for the pods of an earlier job of its name
                yield job_key(job.namespace, job.uid)


@dataclass(frozen=True, slots=True)
class JobStores:
    """The three stores."""

    jobs: KindStore[StoredJob]
    pods: PodStore
    letters: KindStore[Letter]


def _without_finalizer(pod: Pod) -> Pod:
    return replace(pod, has_finalizer=False, finalizer_index=None)
