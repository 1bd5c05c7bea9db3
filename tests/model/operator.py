"""The operator: it plans from what it knows, and carries out one step at a time."""

import enum
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from queuedjob.api.kinds.queuedjob_phases import SUCCEEDED, is_terminal
from queuedjob.policy.facts import ExtraEvidence, Letter, Pod
from queuedjob.policy.job.attempts import pod_from_entry
from queuedjob.policy.job.inputs import Job, JobFacts, RefusalKind
from queuedjob.policy.job.plan import plan
from queuedjob.policy.job.pods import sort_pods
from queuedjob.policy.job.steps import (
    CreatePod,
    DeleteJob,
    DeletePod,
    FileLetter,
    ForgetPod,
    LookForPod,
    MarkRedriven,
    MarkStop,
    NoteDeletion,
    ReadEvidence,
    ReadJob,
    ReleasePod,
    RestoreLabels,
    Step,
    StopPod,
    Wait,
    WarnOfDeadline,
    WriteStatus,
)
from tests.model.memory import Memory
from tests.model.server import BOUND, Conflict, Exists, Gone, Server, pod_of

_T = TypeVar("_T")


class WriteFault(enum.Enum):
    """What happens to a write."""

    ANSWERED = "carried out and answered"
    UNHEARD = "carried out, and the answer is lost"
    LATE = "no answer; it may be carried out later, or never"
    REFUSED = "refused; may be mended"
    REFUSED_FOR_GOOD = "refused: the spec is at fault"


class Died(Exception):  # noqa: N818 - what happens to processes
    """The operator has died."""


@dataclass
class Operator:
    server: Server
    memory: Memory
    spread: float = 0.0
    sent: int = 0
    """Number of writes so far."""
    dies_at: int = 0
    """The number of the write at which the operator dies; 0: it does not die."""
    dies_after: bool = False
    """True: that write is carried out before the operator dies. False: the write is never sent."""

    @classmethod
    def started_on(cls, server: Server, lag: int = 0) -> "Operator":
        return cls(server, Memory.at_start(server, lag))

    def facts(self) -> JobFacts | None:
        return self.memory.facts(self.spread)

    def reconcile(self, fault: WriteFault = WriteFault.ANSWERED) -> Step | None:
        """Make one plan and at most one write. Return the step; None: there is no job."""
        facts = self.facts()
        if facts is None:
            return None
        step = plan(facts)
        assert step == plan(facts), "the same facts asked for two things"
        self.carry_out(facts, step, fault)
        return step

    def carry_out(self, facts: JobFacts, step: Step, fault: WriteFault = WriteFault.ANSWERED) -> None:
        server, memory, job = self.server, self.memory, facts.job
        match step:
            case Wait(seconds=wait):
                assert wait is None or wait > 0, f"a wait of {wait} s is a loop"
            case ReadJob():
                self._read_job()
            case LookForPod(name=name, pod=None, attempt=None):
                self._look(name, None)
            case LookForPod(name=name, pod=None, attempt=entry) if entry is not None:
                self._look(name, pod_from_entry(entry, namespace="default", owner_uid=job.uid, owner_name=job.name))
            case LookForPod(name=name, pod=pod):
                self._look(name, pod)
            case ReadEvidence(pod=pod):
                memory.extra_evidence[pod.uid] = ExtraEvidence(log="", events=())
            case ForgetPod(pod=pod):
                assert pod.uid not in server.pods or server.pods[pod.uid].ended, "forgot what lives"
                memory.forget(pod)
            case CreatePod():
                self._create(step, fault)
            case WriteStatus(status=status):
                self._write(facts, lambda: server.put_status(job.uid, job.resource_version, status), step, fault)
            case WarnOfDeadline(pod=pod):
                memory.warned = pod.uid
            case FileLetter(name=name):
                self._file(job, name, fault)
            case MarkRedriven(letter=letter):
                self._mark(letter, fault)
            case DeleteJob(gone_letter=name):
                self._delete_job(job, name, fault)
            case _:
                self._write_to_pod(step, fault)

    def _write_to_pod(self, step: Step, fault: WriteFault) -> None:
        server = self.server
        match step:
            case RestoreLabels(pod=pod):
                self._pod(pod, lambda: server.restore_labels(pod.uid), fault)
            case MarkStop(pod=pod, reason=reason, detail=detail):
                self._pod(pod, lambda: server.mark_stop(pod.uid, pod.resource_version, reason, detail), fault)
            case NoteDeletion(pod=pod, asked=asked):
                self._pod(pod, lambda: server.note_deletion(pod.uid, asked), fault)
            case StopPod(pod=pod):
                self._pod(pod, lambda: server.delete_pod(pod.uid), fault)
            case ReleasePod(pod=pod):
                self._pod(pod, lambda: server.release(pod.uid), fault)
            case DeletePod(pod=pod):
                self._pod(pod, lambda: server.delete_pod(pod.uid, pod.resource_version), fault)
            case _:
                raise AssertionError(f"nobody carries out {step}")

    def _request(self, do: Callable[[], _T], hear: Callable[[_T], None], fault: WriteFault) -> None:
        self.sent += 1
        if self.sent == self.dies_at:
            if self.dies_after:
                do()
            raise Died
        match fault:
            case WriteFault.UNHEARD:
                do()
            case WriteFault.LATE:
                self.server.flying.append((self.server.clock + BOUND, do))
            case _:
                hear(do())

    # --- the attempt

    def _create(self, step: CreatePod, fault: WriteFault) -> None:
        """Read the job live and plan again; send the POST only if the new plan asks for the same pod."""
        self._read_job()
        facts = self.facts()
        again = plan(facts) if facts is not None else None
        if facts is None or not isinstance(again, CreatePod) or again.name != step.name:
            return
        self._check_start(facts, again)
        if fault in {WriteFault.REFUSED, WriteFault.REFUSED_FOR_GOOD}:
            self.memory.note("pod", RefusalKind.WAIT if fault is WriteFault.REFUSED else RefusalKind.SPEC_FAULT)
            return
        if fault is not WriteFault.ANSWERED:
            self.memory.lost[again.name] = self.server.clock + BOUND
            self.memory.note("pod", RefusalKind.RETRY)
        job, server = facts.job, self.server
        try:
            self._request(lambda: server.post_pod(pod_of(job, again), again.redrives), self._made, fault)
        except Exists:
            found = server.pod_named(again.name)
            if found is not None and sort_pods(job, (found,)).attempts:
                self.memory.refresh(found)
            elif found is not None:
                self.memory.note("pod", RefusalKind.WAIT)

    def _made(self, pod: Pod) -> None:
        self.memory.refusals.pop("pod", None)
        self.memory.see(pod)

    def _check_start(self, facts: JobFacts, step: CreatePod) -> None:
        """Check that an attempt may start, against the job as it was just read and the known pods."""
        job = facts.job
        assert not [p.name for p in facts.pods if p.live], "started beside a live pod"
        assert step.number not in {a.number for a in job.status.attempts}, "gave a number that the status shows"
        assert not any((job.terms.suspend, job.terms.cancel, job.deleting, is_terminal(job.status.phase)))
        for time in (job.status.next_attempt_time, job.terms.not_before_time):
            assert time is None or time <= self.server.now, "a wait ended early"
        assert job.status.counters.attempts < job.terms.retry.max_attempts

    # --- the status and the dead letter

    def _write(self, facts: JobFacts, do: Callable[[], Job], step: WriteStatus, fault: WriteFault) -> None:
        self._check_end(facts, step)

        def heard(job: Job) -> None:
            self.memory.see(job)
            if step.status.dead_letter_ref != facts.job.status.dead_letter_ref:
                self.memory.refusals.pop("letter", None)
            if step.status.counters != facts.job.status.counters:
                self.memory.refusals.pop("pod", None)

        try:
            self._request(do, heard, fault)
        except Conflict:
            self._read_job()
        except Gone:
            self.memory.job = None

    def _check_end(self, facts: JobFacts, step: WriteStatus) -> None:
        """Check that the status may be written, against the known pods."""
        before, after = facts.job.status, step.status
        if is_terminal(after.phase) and not is_terminal(before.phase) and after.phase != SUCCEEDED:
            assert not [p.name for p in facts.pods if p.live], f"{after.phase} beside a live pod"
        gone = {p.uid for p in facts.pods if p.confirmed_gone}
        fresh = {a.number for a in after.attempts if a.settled and a.pod_uid in gone}
        self.server.ledger.run(after.counters.redrives).surely_gone |= fresh

    def _file(self, job: Job, name: str, fault: WriteFault) -> None:
        server, memory, run = self.server, self.memory, job.status.counters.redrives
        if server.job is None or server.job.resource_version != job.resource_version:
            self._read_job()  # what the dead letter copies is read live
            return
        if fault in {WriteFault.REFUSED, WriteFault.REFUSED_FOR_GOOD}:
            memory.note("letter", RefusalKind.WAIT)
            return
        try:
            self._request(lambda: server.post_letter(name, job.uid, run), self._filed, fault)
        except Exists:
            found = next(x for x in server.letters.values() if x.name == name)
            memory.see(found)
            if (found.job_uid, found.redrives) != (job.uid, run):
                memory.note("letter", RefusalKind.NAME_TAKEN)

    def _filed(self, letter: Letter) -> None:
        self.memory.see(letter)
        self.memory.refusals.pop("letter", None)

    def _mark(self, letter: Letter, fault: WriteFault) -> None:
        try:
            self._request(
                lambda: self.server.mark_redriven(letter.uid, letter.resource_version), self.memory.see, fault
            )
        except Gone:
            self.memory.letters.pop(letter.uid, None)
        except Conflict:
            self.memory.see(self.server.letters[letter.uid])

    def _delete_job(self, job: Job, letter: str, fault: WriteFault) -> None:
        found = next((x for x in self.server.letters.values() if x.name == letter), None)
        if found is not None and found.job_uid == job.uid:
            self.memory.see(found)
            return
        try:
            self._request(lambda: self.server.delete_job(job.uid, job.resource_version), lambda _: None, fault)
        except Conflict:
            self._read_job()
        except Gone:
            self.memory.job = None

    # --- pods

    def _pod(self, pod: Pod, do: Callable[[], Pod], fault: WriteFault) -> None:
        try:
            self._request(do, self.memory.refresh, fault)
        except Conflict:
            self.memory.refresh(self.server.pods[pod.uid])
        except Gone:
            self.memory.refresh(replace(pod, confirmed_gone=True, missing_from_watch=False))

    def _look(self, name: str, pod: Pod | None) -> None:
        found = self.server.pod_named(name)
        if found is not None:
            self.memory.refresh(found)
        else:
            self.memory.absent(name)
        if pod is not None and (found is None or found.uid != pod.uid):
            self.memory.refresh(replace(pod, confirmed_gone=True, missing_from_watch=False))

    def _read_job(self) -> None:
        if self.server.job is None:
            self.memory.job = None
        else:
            self.memory.see(self.server.job)
