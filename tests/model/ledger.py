"""Checks every write, of any client, against the whole history: the promises."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from queuedjob.api.kinds.queuedjob_phases import CANCELLED, DEAD, SUCCEEDED, is_terminal
from queuedjob.api.kinds.queuedjob_status import Attempt, Counters, JobStatus
from queuedjob.policy.facts import Letter, Pod
from queuedjob.policy.failure.classes import BY_NAME
from queuedjob.policy.job.inputs import Job


@dataclass
class Run:
    """One run of the job: the pods created and the attempts settled in it, in order."""

    made: dict[str, Pod] = field(default_factory=dict)
    """Pods by UID, as created."""
    too_late: set[str] = field(default_factory=set)
    """UIDs of pods that were created when the run was over or their number was settled: they may be strays."""
    settled: list[Attempt] = field(default_factory=list)
    surely_gone: set[int] = field(default_factory=set)
    """Numbers that were settled because their pods were gone: no other pod with such a number may be created."""


@dataclass
class Ledger:
    runs: dict[int, Run] = field(default_factory=dict)
    transitions: set[tuple[str, str]] = field(default_factory=set)
    stripped: set[str] = field(default_factory=set)
    """UIDs of pods whose finalizer a user removed: there is no promise about them."""

    def run(self, number: int) -> Run:
        return self.runs.setdefault(number, Run())

    # --- pods

    def pod_made(self, job: Job | None, pod: Pod, run: int) -> None:
        books = self.run(run)
        numbers = {a.number for a in books.settled}
        over = job is None or job.status.counters.redrives != run or is_terminal(job.status.phase)
        if over or pod.number in numbers:
            certain = pod.number in books.surely_gone & numbers
            assert job is None or (self.stripped and not certain), f"{pod.name} came after its end was certain"
            books.too_late.add(pod.uid)
        same = [p.uid for p in books.made.values() if p.number == pod.number]
        assert not same or set(same) & self.stripped, f"number {pod.number} was given to {same} and {pod.uid}"
        books.made[pod.uid] = pod

    def pods_now(self, pods: Sequence[Pod]) -> None:
        too_late = {uid for run in self.runs.values() for uid in run.too_late} if self.stripped else set()
        live = [p.name for p in pods if p.live and p.uid not in too_late]
        assert len(live) <= 1, f"live at the same time: {live}"

    def released(self, job: Job | None, pod: Pod) -> None:
        """Our finalizer was removed: the outcome must be in a status, or must never be needed there."""
        assert pod.ended, f"released while it lives: {pod.name}"
        settled = {a.pod_uid for run in self.runs.values() for a in run.settled}
        strays = {uid for run in self.runs.values() for uid in run.too_late}
        twin = any(p.number == pod.number and p.uid != pod.uid for p in self._of(pod).made.values())
        assert pod.uid in settled | strays or twin, f"released, and not counted: {pod.name}"
        assert job is None or pod.uid not in {a.pod_uid for a in job.status.attempts if not a.settled}

    def _of(self, pod: Pod) -> Run:
        return next(run for run in self.runs.values() if pod.uid in run.made)

    # --- the status

    def status_written(self, before: Job, after: JobStatus, pods: Sequence[Pod]) -> None:
        was, runs = before.status, after.counters.redrives
        assert runs in {was.counters.redrives, was.counters.redrives + 1}
        new_life = runs > was.counters.redrives
        if was.phase != after.phase:
            self.transitions.add((was.phase, after.phase))
        if is_terminal(was.phase) and was.phase != after.phase:
            assert new_life, f"{was.phase} became {after.phase}"
        if new_life:
            self._started_over(before, after)
        books = self.run(runs)
        known = {(a.number, a.pod_uid) for a in books.settled}
        fresh = [a for a in after.attempts if a.settled and (a.number, a.pod_uid) not in known]
        for entry in fresh:
            self._settled(books, entry, after)
        assert len(fresh) <= 1
        assert _without_life(after.counters) == counted(books.settled), "the counters are not the history's"
        assert len([a for a in after.attempts if not a.settled]) <= 1
        if is_terminal(after.phase):
            self._ended(was, after, pods)

    def _started_over(self, before: Job, after: JobStatus) -> None:
        ref = before.status.dead_letter_ref
        assert before.status.phase in DEAD
        assert ref is not None
        assert ref.uid, "ran again before its letter was filed"
        assert after.attempts == ()

    def _settled(self, books: Run, entry: Attempt, after: JobStatus) -> None:
        uids = {a.pod_uid for run in self.runs.values() for a in run.settled} - {""}
        assert entry.pod_uid not in uids, f"counted twice: {entry.pod_name}"
        assert entry.number not in {a.number for a in books.settled}, f"number {entry.number} counted twice"
        assert entry.pod_uid in books.made or not entry.pod_uid
        if not entry.class_:
            assert after.phase == SUCCEEDED, "done work did not end the job"
        books.settled.append(entry)

    def _ended(self, was: JobStatus, after: JobStatus, pods: Sequence[Pod]) -> None:
        if not is_terminal(was.phase):
            live = [p.name for p in pods if p.live and (p.labelled or p.has_finalizer)]
            assert after.phase == SUCCEEDED or self.stripped or not live, f"{after.phase} while there live {live}"
            assert all(a.settled for a in after.attempts)
        assert (after.dead_letter_ref is not None) == (after.phase in DEAD)
        if after.phase == CANCELLED:
            assert after.failed_spec is None

    # --- dead letters

    def letter_filed(self, letters: Sequence[Letter]) -> None:
        twice = [run for run, count in Counter(x.redrives for x in letters).items() if count > 1]
        assert not twice, f"two letters for the deaths {twice}"

    # --- at the end

    def all_accounted_for(self, pods: Sequence[Pod]) -> None:
        """Every pod that was ever created is settled once, or is allowed to be a stray."""
        for run in self.runs.values():
            settled = {a.pod_uid: a for a in run.settled}
            numbers = {a.number for a in run.settled}
            for uid, pod in run.made.items():
                if uid in self.stripped or uid in run.too_late:
                    continue
                assert uid in settled or pod.number in numbers, f"never counted: {pod.name}"
        for pod in pods:
            entry = next((a for run in self.runs.values() for a in run.settled if a.pod_uid == pod.uid), None)
            if pod.phase == "Succeeded" and entry is not None:
                assert entry.rule == "succeeded", f"its success was taken for {entry.rule}"


def counted(settled: list[Attempt]) -> Counters:
    """The totals of a history, counted from its attempts."""
    classes = [BY_NAME[a.class_] for a in settled if a.class_]
    return Counters(
        pods=max((a.number for a in settled), default=0),
        attempts=sum(a.counted for a in settled),
        crashes=sum(c.poisons for c in classes),
        disruptions=sum(c.disrupts for c in classes),
        timeouts=sum(c.grows for c in classes),
        by_class=dict(Counter(c.name for c in classes)),
    )


def _without_life(counters: Counters) -> Counters:
    return counters.model_copy(update={"redrives": 0})
