"""What one operator process knows: what the watches delivered, the answers to its requests, and its own notes."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from queuedjob.policy.facts import ExtraEvidence, Letter, Pod
from queuedjob.policy.job.inputs import Job, JobFacts, Late, Refusal, RefusalKind
from queuedjob.policy.job.last_status import is_incomplete
from queuedjob.policy.time_math import ServerNow
from queuedjob.settings import Settings
from tests.builders import seconds
from tests.model.server import BOUND, Server, Sight

UNSURE = 0.5
"""Seconds by which the estimate of the server's time may be early or late."""

PACE = 1.0
"""Seconds until a refused request is tried again."""


@dataclass
class Memory:
    server: Server
    started: float
    job: Job | None
    pods: dict[str, Pod]
    letters: dict[str, Letter]
    listed: bool = False
    """Whether a LIST of all pods, begun BOUND seconds after the start or later, has been received."""
    tombs: set[str] = field(default_factory=set)
    lost: dict[str, float] = field(default_factory=dict)
    """Names of pods whose POST was lost, and the time until which it may still arrive."""
    refusals: dict[str, Refusal] = field(default_factory=dict)
    """The refusals of the pod and of the dead letter. `retry_in` is a point in time here."""

    extra_evidence: dict[str, ExtraEvidence] = field(default_factory=dict)
    """What was read about ended pods beside the pods themselves (log, Events), by UID."""
    incomplete: dict[str, datetime] = field(default_factory=dict)
    """By UID, since when an ended pod's status has shown a running container."""
    warned: str = ""
    """UID of the pod whose deadline was the last that the operator warned of."""

    # --- what it receives

    @classmethod
    def at_start(cls, server: Server, lag: int) -> "Memory":
        """A memory with the first LISTs only, from a cache that is `lag` changes behind. The watches continue from
        there."""
        job, pods = server.past[-lag] if 0 < lag <= len(server.past) else (server.job, server.pods)
        seen: dict[str, Pod] = {uid: p for uid, p in pods.items() if p.labelled}
        memory = cls(server, server.clock, job, seen, dict(server.letters))
        server.transit.clear()
        for item in (server.job, *server.pods.values(), *server.letters.values()):
            if item is not None and (not isinstance(item, Pod) or item.labelled):
                server.transit[item.uid] = [item]
        for uid, pod in seen.items():
            if uid not in server.transit:
                left = server.pods.get(uid)  # the pod exists, but has lost its label
                version = left.resource_version if left is not None else server.version
                server.transit[uid] = [replace(pod, resource_version=version, missing_from_watch=True)]
        if job is not None and server.job is None:
            server.transit[job.uid] = [None]
        memory.sweep()
        return memory

    def sweep(self) -> None:
        """LIST all pods, and take those with our finalizer but without our label."""
        for pod in self.server.pods.values():
            if pod.has_finalizer and not pod.labelled:
                self.refresh(pod)

    def list_pods(self) -> None:
        """LIST the pods with our label. A known pod that is not in the LIST gets `missing_from_watch`."""
        there = {p.uid: p for p in self.server.pods.values() if p.labelled}
        for found in there.values():
            self.see(found)
        for pod in tuple(self.pods.values()):
            if pod.uid not in there:
                self.refresh(replace(pod, missing_from_watch=True))
        self.sweep()
        self.listed = self.listed or self.server.clock >= self.started + BOUND

    def deliver(self, uid: str) -> None:
        """Deliver the next event of one object."""
        sights = self.server.transit[uid]
        sight = sights.pop(0)
        if not sights:
            del self.server.transit[uid]
        if sight is not None:
            self.see(sight)
        elif self.job is not None and self.job.uid == uid:
            self.job = None
        else:
            self.letters.pop(uid, None)

    def see(self, sight: Sight) -> None:
        """Take an object from an event or an answer; drop it if it is older than the known one."""
        match sight:
            case Pod():
                known = self.pods.get(sight.uid)
                if known is None or known.resource_version < sight.resource_version:
                    self.refresh(sight)
            case Letter():
                before = self.letters.get(sight.uid)
                if before is None or before.resource_version < sight.resource_version:
                    self.letters[sight.uid] = sight
            case Job():
                if self.job is None or self.job.resource_version < sight.resource_version:
                    self.job = sight

    def refresh(self, pod: Pod) -> None:
        """Take a pod of the known version or a newer one; more may be known of the same version now."""
        known = self.pods.get(pod.uid)
        if pod.uid not in self.tombs and (known is None or known.resource_version <= pod.resource_version):
            self.pods[pod.uid] = pod

    def forget(self, pod: Pod) -> None:
        self.tombs.add(pod.uid)
        self.pods.pop(pod.uid, None)

    # --- what only the operator knows

    def note(self, what: str, kind: RefusalKind) -> None:
        """Note that the API server refused the pod or the dead letter."""
        assert self.job is not None
        clock, before = self.server.clock, self.refusals.get(what)
        since = before.since if before is not None and before.kind is kind else self.server.now
        self.refusals[what] = Refusal(kind, kind.name.title(), "words", since, clock + PACE, self.job.generation)

    def absent(self, name: str) -> None:
        """A GET found no pod of this name. This counts only once a lost POST for the name cannot arrive any more."""
        if self.lost.get(name, 0.0) <= self.server.clock:
            self.lost.pop(name, None)

    # --- the input of the plan

    def facts(self, spread: float) -> JobFacts | None:
        """All facts for one plan; None: there is no job."""
        if self.job is None:
            return None
        there = {p.name for p in self.pods.values() if not p.confirmed_gone}
        for name in [n for n, until in self.lost.items() if until <= self.server.clock and n in there]:
            del self.lost[name]
        now = ServerNow(self.server.now - seconds(UNSURE), self.server.now + seconds(UNSURE))
        for pod in self.pods.values():
            if is_incomplete(pod):
                self.incomplete.setdefault(pod.uid, now.late)
        return JobFacts(
            job=self.job,
            now=now,
            pods=tuple(self.pods.values()),
            letters=tuple(self.letters.values()),
            extra_evidence=self.extra_evidence,
            incomplete_since=self.incomplete,
            late=self._late(),
            refusal=self._refusal("pod"),
            letter_refusal=self._refusal("letter"),
            spread=spread,
            show_after=Settings().show_after,
            limits=Settings().limits,
            warned=self.warned,
        )

    def _late(self) -> Late:
        left = max((self.started + BOUND, *self.lost.values())) - self.server.clock
        return Late(max(left, 0.0 if self.listed else 0.5), self.listed, frozenset(self.lost))

    def _refusal(self, what: str) -> Refusal | None:
        it = self.refusals.get(what)
        return replace(it, retry_in=max(0.0, it.retry_in - self.server.clock)) if it is not None else None
