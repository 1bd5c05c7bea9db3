"""The stores that the reconcile of a job looks at: jobs, their pods, their dead letters."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import cast

from queuedjob.api.identity import pod_stem
from queuedjob.api.names import QUEUEDJOBS
from queuedjob.controllers.keys import key_of
from queuedjob.controllers.stores import Enqueue, KindStore, Stores
from queuedjob.kube.client import wire
from queuedjob.kube.objects.deadletters import LETTERS
from queuedjob.kube.objects.pods import PODS
from queuedjob.kube.objects.queuedjobs import JOBS, StoredJob, Unreadable
from queuedjob.policy.facts import Letter, Pod
from queuedjob.policy.job.inputs import Job
from queuedjob.policy.job.pods import is_named_for
from queuedjob.ports import Body


def job_key(uid: str) -> str:
    """The key of a job, and of the pods that it left: the reconcile that holds it writes to them alone."""
    return key_of(QUEUEDJOBS, uid)


def pod_key(uid: str) -> str:
    """The key of a pod of ours that names no owner."""
    return key_of(PODS.plural, uid)


class PodStore(KindStore[Pod]):
    """Pods of jobs. They are found by a label, which clients take away: what a watch misses need not be gone."""

    def __init__(self, stores: Stores, enqueue: Enqueue) -> None:
        super().__init__(PODS, enqueue, self._keys)
        self._all = stores

    def take(self, event: str | None, body: Body) -> None:
        """Take in an event of the pods' watch. A pod that it calls deleted may only have lost its label."""
        if event != wire.DELETED:
            super().take(event, body)
            return
        known = self.get(wire.uid_of(body))
        pod = replace(self.project(body), missing_from_watch=True)
        self.put(pod if known is None or known.has_finalizer else _without_finalizer(pod))

    def put(self, item: Pod) -> bool:
        """Take in a pod as an event or an answer shows it. False where it is no news."""
        return super().put(self.with_owner(item))

    def refresh(self, pod: Pod) -> None:
        """Take in a pod that was read or written just now: also the same version, of which more is known."""
        pod = self.with_owner(pod)
        known = self.get(pod.uid)
        if known is None:
            self.put(pod)
        elif known != pod and known.resource_version <= pod.resource_version and self.swap(known, pod):
            self._changed(self._keys(pod))

    def not_listed(self, item: Pod) -> None:
        """A LIST does not show this pod: it is gone, or has lost its label. A GET will tell."""
        self.refresh(replace(item, missing_from_watch=True))

    def finalizer_removed(self, uid: str) -> None:
        """Our finalizer is off this pod, and no client puts it back.

        Where that was the last finalizer of a deleted pod, neither the answer to our patch nor the DELETED event says
        so: the answer carries the version before it, the event the finalizers before it (apiserver
        registry/generic/registry, deleteWithoutFinalizers).
        """
        known = self.get(uid)
        if known is not None and known.has_finalizer and self.swap(known, _without_finalizer(known)):
            self._changed(self._keys(known))

    def with_owner(self, pod: Pod) -> Pod:
        """The pod with its owner: from the pod itself, else as it was known, else as its name says.

        Clients take owners and labels away. The owner stays the same all the same, and must see how the pod ends.
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
        for job in self._all.of(JOBS).by("stem", (pod.namespace, pod_stem(pod.name))):
            with suppress(Unreadable):
                yield job.read()

    def _keys(self, pod: Pod) -> Iterator[str]:
        yield job_key(pod.owner_uid) if pod.owner_uid else pod_key(pod.uid)
        for job in self._all.of(JOBS).by("home", (pod.namespace, pod.owner_name)):
            if job.uid != pod.owner_uid:  # a job of the same name waits for the pods of the one before
                yield job_key(job.uid)


@dataclass(frozen=True, slots=True)
class JobStores:
    """The three stores. They are looked up when they are asked for, so kinds may be registered in any order."""

    all: Stores

    @property
    def jobs(self) -> KindStore[StoredJob]:
        """QueuedJobs."""
        return self.all.of(JOBS)

    @property
    def pods(self) -> PodStore:
        """Pods of jobs."""
        return cast("PodStore", self.all.of(PODS))

    @property
    def letters(self) -> KindStore[Letter]:
        """DeadLetters."""
        return self.all.of(LETTERS)


def _without_finalizer(pod: Pod) -> Pod:
    return replace(pod, has_finalizer=False, finalizer_index=None)
