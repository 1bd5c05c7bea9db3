"""The store of each kind, and how what is seen gets in: event -> projection -> store -> key of the workqueue."""

from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import replace

from queuedjob.api import names
from queuedjob.api.identity import pod_stem, stem
from queuedjob.controllers import keys
from queuedjob.kube.client import wire
from queuedjob.kube.objects.deadletters import letter_from
from queuedjob.kube.objects.pods import pod_from
from queuedjob.kube.objects.queuedjobs import StoredJob, Unreadable, job_from
from queuedjob.policy.facts import Letter, Pod
from queuedjob.policy.job.inputs import Job
from queuedjob.policy.job.pods import is_named_for
from queuedjob.ports import Body
from queuedjob.runtime.store import Store


class Stores:
    """Jobs, pods and letters, as last seen. `enqueue` takes the key of what is to be reconciled."""

    def __init__(self, enqueue: Callable[[str], None]) -> None:
        self._enqueue = enqueue
        self.jobs: Store[StoredJob] = Store(
            {"home": lambda j: (j.namespace, j.name), "stem": lambda j: (j.namespace, stem(j.name))}
        )
        self.pods: Store[Pod] = Store(
            {"owner": lambda p: p.owner_uid or None, "home": lambda p: (p.namespace, p.owner_name)}
        )
        self.letters: Store[Letter] = Store({"job": lambda x: x.job_uid})

    # --- what the watches and LISTs say

    def take(self, plural: str, event: str | None, body: Body) -> None:
        """An event of one of our own kinds (a Sink)."""
        match plural:
            case names.QUEUEDJOBS:
                self._take_job(event, body)
            case names.DEADLETTERS:
                self._take_letter(event, body)

    def take_pod(self, event: str | None, body: Body) -> None:
        """An event of the pods' watch. A pod that it says is gone may only have lost its label."""
        if event == wire.DELETED:
            known = self.pods.get(wire.uid_of(body))
            pod = replace(pod_from(body), missing_from_watch=True)
            self.see_pod(pod if known is None or known.has_finalizer else _without_finalizer(pod))
        elif not self.pods.knows(wire.uid_of(body), int(wire.resource_version_of(body))):
            self.see_pod(pod_from(body))

    def missed(self, plural: str, listed: Collection[str], resource_version: int, namespace: str = "") -> None:
        """A LIST of `resource_version` did not contain what is not in `listed` (UIDs): a watch missed its deletion."""
        if plural == "pods":
            for pod in self.pods.missing(listed, resource_version):
                if not namespace or pod.namespace == namespace:
                    self.refresh_pod(replace(pod, missing_from_watch=True))
            return
        store = self.jobs if plural == names.QUEUEDJOBS else self.letters
        for item in store.missing(listed, resource_version):
            if not namespace or item.namespace == namespace:
                store.remove(item.uid)
                self._enqueue(keys.job(item.job_uid if isinstance(item, Letter) else item.uid))

    # --- what our own reads and writes say

    def see_job(self, body: Body) -> None:
        """A QueuedJob as an answer shows it."""
        uid = body["metadata"]["uid"]
        if self.jobs.put(job_from(body, self.jobs.get(uid))):
            self._enqueue(keys.job(uid))

    def see_pod(self, pod: Pod) -> None:
        """A pod as an event or an answer shows it."""
        pod = self.with_owner(pod)
        if self.pods.put(pod):
            self._changed(pod)

    def with_owner(self, pod: Pod) -> Pod:
        """The pod with its owner: as it says itself, else as it was known to be, else as its name tells.

        People take owners and labels away; whose it is does not change with that, and somebody must see it end.
        """
        if pod.owner_uid and pod.owner_name:
            return pod
        known = self.pods.get(pod.uid)
        if known is not None and known.owner_uid and pod.owner_uid in {"", known.owner_uid}:
            return replace(pod, owner_uid=known.owner_uid, owner_name=known.owner_name)
        if pod.owner_uid:
            return pod
        job = next((job for job in self._of_its_stem(pod) if is_named_for(pod, job)), None)
        return pod if job is None else replace(pod, owner_uid=job.uid, owner_name=job.name)

    def refresh_pod(self, pod: Pod) -> None:
        """A pod that was read or written just now: also the same version, of which more is known."""
        pod = self.with_owner(pod)
        known = self.pods.get(pod.uid)
        if known is None:
            self.see_pod(pod)
        elif known != pod and known.resource_version <= pod.resource_version and self.pods.swap(known, pod):
            self._changed(pod)

    def finalizer_removed(self, uid: str) -> None:
        """We took our finalizer off this pod, and nobody puts it back.

        Where that was the last one of a deleted pod, neither the answer to our patch nor the DELETED event says so: the
        one carries the version before it, the other the finalizers before it (apiserver registry/generic/registry,
        deleteWithoutFinalizers).
        """
        known = self.pods.get(uid)
        if known is not None and known.has_finalizer and self.pods.swap(known, _without_finalizer(known)):
            self._changed(known)

    def forget_pod(self, pod: Pod) -> None:
        """A pod that is gone, and that needs nothing of us any more."""
        self.pods.remove(pod.uid)
        self._changed(pod)

    def see_letter(self, body: Body) -> Letter:
        """A DeadLetter as an answer shows it."""
        letter = letter_from(body)
        if self.letters.put(letter):
            self._enqueue(keys.letter(letter.uid))
            self._enqueue(keys.job(letter.job_uid))
        return letter

    def forget_letter(self, letter: Letter) -> None:
        """The letter is gone."""
        self.letters.remove(letter.uid)
        self._enqueue(keys.job(letter.job_uid))

    def forget_job(self, uid: str) -> None:
        """The job is gone: its pods are orphans."""
        self.jobs.remove(uid)
        self._enqueue(keys.job(uid))

    def _take_job(self, event: str | None, body: Body) -> None:
        uid = wire.uid_of(body)
        if event == wire.DELETED:
            self.forget_job(uid)
        elif not self.jobs.knows(uid, int(wire.resource_version_of(body))):
            self.see_job(body)

    def _take_letter(self, event: str | None, body: Body) -> None:
        uid = wire.uid_of(body)
        if event == wire.DELETED:
            self.forget_letter(letter_from(body))
        elif not self.letters.knows(uid, int(wire.resource_version_of(body))):
            self.see_letter(body)

    def _of_its_stem(self, pod: Pod) -> Iterator[Job]:
        for job in self.jobs.by("stem", (pod.namespace, pod_stem(pod.name))):
            with suppress(Unreadable):
                yield job.read()

    def _changed(self, pod: Pod) -> None:
        self._enqueue(keys.job(pod.owner_uid) if pod.owner_uid else keys.pod(pod.uid))
        for job in self.jobs.by("home", (pod.namespace, pod.owner_name)):
            if job.uid != pod.owner_uid:  # a job of the same name waits for the pods of the one before
                self._enqueue(keys.job(job.uid))


def _without_finalizer(pod: Pod) -> Pod:
    return replace(pod, has_finalizer=False, finalizer_index=None)
