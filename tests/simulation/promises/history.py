"""What the witness saw, sorted by object. This uses no code by which the operator itself interprets objects."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from queuedjob.api import names
from tests.simulation.apiserver.resources import JOBS, LETTERS, PODS, TOLD
from tests.simulation.apiserver.storage import Body, Snapshot
from tests.simulation.ports import EPOCH
from tests.simulation.witness import OPERATOR, Noted, Witness

TERMINAL: Final = frozenset({"Succeeded", "Cancelled", "DeadLettered", "Quarantined"})
DEAD: Final = frozenset({"DeadLettered", "Quarantined"})

_NUMBER: Final = re.compile(r"-([a-z2-7]{10})-([0-9]+)$")


@dataclass(frozen=True, slots=True)
class Breach:
    """One break of a promise: when and how it was broken."""

    promise: str
    at: float
    revision: int
    words: str


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an object. `body` is None once the object is gone. `at` is in simulated seconds."""

    at: float
    revision: int
    user: str
    body: Body | None

    @property
    def status(self) -> Body:
        return (self.body or {}).get("status") or {}

    @property
    def spec(self) -> Body:
        return (self.body or {}).get("spec") or {}


@dataclass
class ObjectHistory:
    """All versions of one object, from its creation on."""

    uid: str
    namespace: str
    name: str
    versions: list[Version] = field(default_factory=list)

    @property
    def first(self) -> Version:
        return self.versions[0]

    @property
    def last(self) -> Version:
        return self.versions[-1]

    @property
    def gone(self) -> bool:
        return self.last.body is None

    @property
    def last_there(self) -> Version | None:
        """The last version in which the object existed."""
        return next((version for version in reversed(self.versions) if version.body is not None), None)

    def at(self, revision: int) -> Version | None:
        """The version in force just after this revision."""
        found = None
        for version in self.versions:
            if version.revision > revision:
                break
            found = version
        return found

    def steps(self) -> Iterator[tuple[Version, Version]]:
        """Each version with the one before it."""
        return pairwise(self.versions)


@dataclass
class Pod(ObjectHistory):
    """A pod that an operator created."""

    job: str = ""
    """UID of the job for which it was created."""
    redrives: int = 0
    number: int = 0
    hook_failed: float | None = None
    """When its postStart hook failed, so that the kubelet killed its main container."""
    stripped: bool = False
    """Another client removed our finalizer, or wrote another controller onto the pod: no promise is about its end."""
    forged_stop: bool = False
    """Another client wrote the operator's stop reason onto the pod."""


@dataclass
class History:
    """All objects that ever existed, by UID."""

    witness: Witness
    jobs: dict[str, ObjectHistory] = field(default_factory=dict)
    pods: dict[str, Pod] = field(default_factory=dict)
    letters: dict[str, ObjectHistory] = field(default_factory=dict)
    """The dead letters that an operator filed."""
    freed: set[str] = field(default_factory=set)
    """Names of pods whose finalizer another client removed: a late POST may take such a name once more."""

    @classmethod
    def of(cls, witness: Witness) -> "History":
        history = cls(witness)
        for noted in witness.noted:
            history._take(noted)
        return history

    def pods_of(self, job: str) -> list[Pod]:
        return [pod for pod in self.pods.values() if pod.job == job]

    def _take(self, noted: Noted) -> None:
        subject = noted.change.subject
        after = noted.change.after
        version = Version(noted.at, noted.change.revision, noted.user, after.body if after is not None else None)
        known: ObjectHistory | None = None
        if subject.resource is JOBS:
            known = self.jobs.setdefault(subject.uid, ObjectHistory(subject.uid, subject.namespace, subject.name))
        elif subject.resource is LETTERS and (_made_by_us(noted) or subject.uid in self.letters):
            known = self.letters.setdefault(subject.uid, ObjectHistory(subject.uid, subject.namespace, subject.name))
        elif subject.resource is PODS:
            known = self._pod(subject, noted)
        elif subject.resource is TOLD and subject.body.get("reason") == "FailedPostStartHook":
            pod = self.pods.get(subject.body["involvedObject"]["uid"])
            if pod is not None:
                pod.hook_failed = noted.at
        if known is not None:
            known.versions.append(version)

    def _pod(self, subject: Snapshot, noted: Noted) -> Pod | None:
        if _made_by_us(noted):
            metadata = subject.body["metadata"]
            owner = metadata["ownerReferences"][0]["uid"]
            number, redrives = subject.labels[names.ATTEMPT_LABEL], subject.labels[names.REDRIVES_LABEL]
            self.pods[subject.uid] = Pod(
                subject.uid, subject.namespace, subject.name, job=owner, number=int(number), redrives=int(redrives)
            )
        pod = self.pods.get(subject.uid)
        before = noted.change.before
        if pod is not None and before is not None and noted.user != OPERATOR:
            self._meddled(pod, before.body, noted.change.after)
        return pod

    def _meddled(self, pod: Pod, before: Body, after: Snapshot | None) -> None:
        """Note what another client took off the pod, or wrote onto it."""
        if is_held(before) and (after is None or not is_held(after.body)):
            pod.stripped = True
            self.freed.add(pod.name)
        if after is None:
            return
        owner = controller_of(after.body)
        if owner is not None and owner.get("kind") != "QueuedJob":
            pod.stripped = True
            self.freed.add(pod.name)
        said = (body["metadata"].get("annotations") or {} for body in (before, after.body))
        if len({each.get(names.STOP_REASON_ANNOTATION) for each in said}) > 1:
            pod.forged_stop = True


def _made_by_us(noted: Noted) -> bool:
    return noted.change.before is None and noted.user == OPERATOR


# --- reading bodies


def is_held(body: Body) -> bool:
    """Whether the pod has our finalizer."""
    return names.FINALIZER in (body["metadata"].get("finalizers") or ())


def controller_of(body: Body) -> Body | None:
    """The controller reference."""
    references: list[Body] = body["metadata"].get("ownerReferences") or []
    return next((each for each in references if each.get("controller")), None)


def redrives_of(status: Body) -> int:
    return int((status.get("counters") or {}).get("redrives", 0))


def settled_in(status: Body) -> list[dict[str, Any]]:
    """The entries of attempts that are settled, whether they are counted or not."""
    return [entry for entry in status.get("attempts") or () if entry.get("finishTime")]


def moment(time: str) -> float:
    """Convert a time from an object into simulated seconds."""
    return datetime.fromisoformat(time).timestamp() - EPOCH
