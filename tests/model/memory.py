"""What one operator process knows: what it has been told, its own answers, and what it must not forget."""

from dataclasses import dataclass, field, replace

from queuedjob.policy.facts import ExtraEvidence, Letter, Pod
from queuedjob.policy.job.inputs import Job, JobFacts, Late, Refusal, RefusalKind, ServerNow
from queuedjob.settings import Settings
from tests.builders import seconds
from tests.model.server import BOUND, Server, Sight

UNSURE = 0.5
"""Seconds by which the server's time may be early or late."""

PACE = 1.0
"""Seconds between tries of what was refused."""


@dataclass
class Memory:
    server: Server
    started: float
    job: Job | None
    pods: dict[str, Pod]
    letters: dict[str, Letter]
    listed: bool = False
    """A LIST of all pods, begun after the bound that follows the start, is in."""
    tombs: set[str] = field(default_factory=set)
    lost: dict[str, float] = field(default_factory=dict)
    """Names whose POST was lost, and until when it may still arrive."""
    refusals: dict[str, Refusal] = field(default_factory=dict)
    """Of the pod and of the letter; `retry_in` is a point in time here."""

    extra_evidence: dict[str, ExtraEvidence] = field(default_factory=dict)
    """What was read of ended pods beyond themselves."""
    warned: str = ""
    """UID of the pod whose deadline it has warned of last."""

    # --- what it is told

    @classmethod
    def at_start(cls, server: Server, lag: int) -> "Memory":
        """Nothing but the first LISTs, from a cache that is `lag` changes behind; the watches go on from there."""
        job, pods = server.past[-lag] if 0 < lag <= len(server.past) else (server.job, server.pods)
        seen: dict[str, Pod] = {uid: p for uid, p in pods.items() if p.labelled}
        memory = cls(server, server.clock, job, seen, dict(server.letters))
        server.transit.clear()
        for item in (server.job, *server.pods.values(), *server.letters.values()):
            if item is not None and (not isinstance(item, Pod) or item.labelled):
                server.transit[item.uid] = [item]
        for uid, pod in seen.items():
            if uid not in server.transit:
                left = server.pods.get(uid)  # it is there, and has lost its label
                version = left.resource_version if left is not None else server.version
                server.transit[uid] = [replace(pod, resource_version=version, missing_from_watch=True)]
        if job is not None and server.job is None:
            server.transit[job.uid] = [None]
        memory.sweep()
        return memory

    def sweep(self) -> None:
        """The LIST of all pods that finds our finalizer without our label."""
        for pod in self.server.pods.values():
            if pod.has_finalizer and not pod.labelled:
                self.refresh(pod)

    def list_pods(self) -> None:
        """A LIST of the pods with our label: what it misses is out of sight."""
        there = {p.uid: p for p in self.server.pods.values() if p.labelled}
        for found in there.values():
            self.see(found)
        for pod in tuple(self.pods.values()):
            if pod.uid not in there:
                self.refresh(replace(pod, missing_from_watch=True))
        self.sweep()
        self.listed = self.listed or self.server.clock >= self.started + BOUND

    def deliver(self, uid: str) -> None:
        """The next event of one object."""
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
        """An object as an event or an answer shows it; an older one is dropped."""
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
        """The same version of a pod, of which more is known now."""
        known = self.pods.get(pod.uid)
        if pod.uid not in self.tombs and (known is None or known.resource_version <= pod.resource_version):
            self.pods[pod.uid] = pod

    def forget(self, pod: Pod) -> None:
        self.tombs.add(pod.uid)
        self.pods.pop(pod.uid, None)

    # --- what only it knows

    def note(self, what: str, kind: RefusalKind) -> None:
        """The API server said no to the pod or to the letter."""
        assert self.job is not None
        clock, before = self.server.clock, self.refusals.get(what)
        since = before.since if before is not None and before.kind is kind else self.server.now
        self.refusals[what] = Refusal(kind, kind.name.title(), "words", since, clock + PACE, self.job.generation)

    def absent(self, name: str) -> None:
        """A GET found no such pod: worth something once a lost POST for it can arrive no more."""
        if self.lost.get(name, 0.0) <= self.server.clock:
            self.lost.pop(name, None)

    # --- what it plans on

    def facts(self, spread: float) -> JobFacts | None:
        """Everything for one plan; None: there is no job."""
        if self.job is None:
            return None
        there = {p.name for p in self.pods.values() if not p.confirmed_gone}
        for name in [n for n, until in self.lost.items() if until <= self.server.clock and n in there]:
            del self.lost[name]
        return JobFacts(
            job=self.job,
            now=ServerNow(self.server.now - seconds(UNSURE), self.server.now + seconds(UNSURE)),
            pods=tuple(self.pods.values()),
            letters=tuple(self.letters.values()),
            extra_evidence=self.extra_evidence,
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
