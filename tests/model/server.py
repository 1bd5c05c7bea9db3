"""The API server with its objects, and its other clients: the kubelet, the garbage collector, users."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias

from queuedjob.api.identity import name_hash
from queuedjob.api.kinds.queuedjob_phases import DEAD, is_terminal
from queuedjob.api.kinds.queuedjob_status import JobStatus
from queuedjob.policy.facts import Container, ContainerRole, Letter, Pod, StopReason
from queuedjob.policy.job.inputs import Job
from queuedjob.policy.job.steps import CreatePod
from tests.builders import NOON, AJob, APod, a_pod, seconds
from tests.model.ledger import Ledger

BOUND = 20.0
"""Seconds after which a request without an answer is not carried out any more."""

Sight: TypeAlias = Job | Pod | Letter
"""One object as a watch shows it."""


class Conflict(Exception):  # noqa: N818 - an answer, not a fault
    """The object is not in the state for which the request was made."""


class Exists(Exception):  # noqa: N818
    """An object of that name exists."""


class Gone(Exception):  # noqa: N818
    """404."""


@dataclass
class Server:
    job: AJob | None
    clock: float = 0.0
    version: int = 100
    pods: dict[str, APod] = field(default_factory=dict)
    letters: dict[str, Letter] = field(default_factory=dict)
    transit: dict[str, list[Sight | None]] = field(default_factory=dict)
    """By UID: what the watches still have to deliver, in order; None: the object was deleted."""
    flying: list[tuple[float, Callable[[], object]]] = field(default_factory=list)
    """Requests without an answer that may still be carried out, each with the time until which this is possible."""
    past: list[tuple[AJob | None, dict[str, APod]]] = field(default_factory=list)
    """Earlier states, for an operator that starts on a lagging cache."""
    writes: list[str] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)
    serial: int = 0

    @property
    def now(self) -> datetime:
        return NOON + seconds(self.clock)

    def pod_named(self, name: str) -> APod | None:
        return next((p for p in self.pods.values() if p.name == name), None)

    # --- requests of the operator; `writes` has a word for each

    def put_status(self, uid: str, version: int, status: JobStatus) -> Job:
        job = self.job
        if job is None or job.uid != uid:
            raise Gone
        if job.resource_version != version:
            raise Conflict
        self.writes.append("status")
        self.ledger.status_written(job, status, list(self.pods.values()))
        return self._set_job(replace(job, status=status))

    def post_pod(self, pod: APod, run: int) -> Pod:
        if self.pod_named(pod.name) is not None:
            raise Exists
        self.writes.append("pod")
        self.serial += 1
        main = Container("main", ContainerRole.MAIN)
        made = replace(pod, uid=f"pod-{self.serial}", created=self.now, containers=(main,))
        self.ledger.pod_made(self.job, made, run)
        return self._set_pod(made)

    def mark_stop(self, uid: str, version: int, reason: StopReason, detail: str = "") -> Pod:
        pod = self._pod(uid)
        if pod.resource_version != version:
            raise Conflict
        self.writes.append("stop-reason")
        return self._set_pod(replace(pod, stop_reason=str(reason), stop_detail=detail, deletion_noted=self.now))

    def note_deletion(self, uid: str, asked: datetime) -> Pod:
        pod = self._pod(uid)
        if pod.deletion_noted == asked:
            return pod
        self.writes.append("deletion-requested")
        return self._set_pod(replace(pod, deletion_noted=asked))

    def restore_labels(self, uid: str) -> Pod:
        pod = self._pod(uid)
        if pod.labelled:
            return pod
        self.writes.append("labels")
        return self._set_pod(replace(pod, labelled=True))

    def release(self, uid: str) -> Pod:
        pod = self._pod(uid)
        if not pod.has_finalizer:
            raise Conflict
        self.writes.append("finalizer")
        self.ledger.released(self.job, pod)
        return self._set_pod(pod.unheld())

    def delete_pod(self, uid: str, version: int | None = None, *, force: bool = False) -> Pod:
        pod = self._pod(uid)
        if version is not None and pod.resource_version != version:
            raise Conflict
        if pod.deletion_time is not None and not force:
            return pod
        self.writes.append("delete pod")
        return self._set_pod(pod.deleted(at=self.now, grace=0 if force else 30))

    def post_letter(self, name: str, job_uid: str, run: int) -> Letter:
        if any(x.name == name for x in self.letters.values()):
            raise Exists
        self.writes.append("letter")
        self.serial += 1
        letter = Letter(f"letter-{self.serial}", name, "default", 0, job_uid, run, "Dead", resolved=False)
        filed = self._set_letter(letter)
        self.ledger.letter_filed([x for x in self.letters.values() if x.job_uid == job_uid])
        return filed

    def mark_redriven(self, uid: str, version: int) -> Letter:
        letter = self.letters.get(uid)
        if letter is None:
            raise Gone
        if letter.resource_version != version:
            raise Conflict
        self.writes.append("redriven")
        return self._set_letter(replace(letter, phase="Redriven"))

    def delete_job(self, uid: str, version: int) -> None:
        if self.job is None or self.job.uid != uid:
            raise Gone
        if self.job.resource_version != version:
            raise Conflict
        assert not [p.name for p in self.pods.values() if p.has_finalizer], "expired while it held pods"
        self.writes.append("delete job")
        self._remove_job()

    # --- the kubelet and the scheduler

    def possible(self, pod: APod) -> Sequence[str]:
        """The possible next moves of the scheduler and the kubelet for a pod."""
        if pod.ended:
            return ()
        if pod.deletion_time is not None:
            return ("stops",)
        if not pod.node:
            return ("schedules",)
        if pod.main is None or pod.main.terminated is not None:
            return ("ends",)
        if pod.main.running_since is None:
            return ("starts", "starts", "starts", "finds no image", "rejects")
        late = pod.start_time is not None and self.now >= pod.start_time + seconds(pod.deadline_seconds or 0)
        ends = ("exits 0", "exits 1", "exits 75", "exits 64", "runs out of memory", "evicts", "main exits 0")
        return ("strikes",) if late else ends

    def kubelet(self, pod: APod, move: str) -> None:
        """Make one of the possible moves."""
        if move.startswith("exits "):
            self._set_pod(self._exited(pod, int(move.removeprefix("exits "))))
            return
        running = pod.main is not None and pod.main.running_since is not None
        match move:
            case "schedules":
                after = replace(pod, node="node", start_time=self.now)
            case "starts":
                after = pod.running(since=self.now)
            case "finds no image":
                after = pod.waiting("ImagePullBackOff", "Back-off pulling image")
            case "rejects":
                after = pod.rejected()
            case "main exits 0":
                after = self._exited(pod, 0).beside(ContainerRole.REGULAR)
            case "ends":
                after = replace(pod, phase="Failed")
            case "runs out of memory":
                after = self._exited(pod, 137)
                after = after._main(terminated=replace(after._end(), reason="OOMKilled"))
            case "evicts":
                after = pod.evicted().exited(137)
            case "strikes":
                after = pod.deadline_exceeded(by_total=pod.deadline_by_total).exited(137)
            case "stops":
                after = pod.exited(143) if running else replace(pod, phase="Failed")
            case _:
                raise AssertionError(move)
        self._set_pod(after)

    def _exited(self, pod: APod, code: int) -> APod:
        return pod.exited(code, after=(self.now - pod._started()).total_seconds())

    # --- users

    def edit(self, change: Callable[[AJob], AJob]) -> None:
        """`kubectl apply` of fields that may change at any time."""
        if self.job is not None:
            self._set_job(change(self.job))

    def edit_template(self) -> None:
        """Change the template when the admission policy allows it: before the first attempt is in the status, or after
        the dead letter is filed."""
        job = self.job
        if job is None:
            return
        ref = job.status.dead_letter_ref
        dead = job.status.phase in DEAD and ref is not None and bool(ref.uid)
        if dead or not (job.status.attempts or is_terminal(job.status.phase)):
            self._set_job(job.edited(frozen=True))

    def start_deleting_job(self) -> None:
        """Delete the job in the foreground: it stays until the garbage collector has deleted its pods."""
        if self.job is not None and not self.job.deleting:
            self._set_job(self.job.being_deleted())
            self.collect_garbage()

    def collect_garbage(self) -> None:
        """Delete the pods of a job that is being deleted; after that, remove the job."""
        if self.job is not None and self.job.deleting:
            for uid in tuple(self.pods):
                self.delete_pod(uid)
            self._collect()

    def strip(self, pod: APod, what: str) -> None:
        if what == "label":
            self._set_pod(pod.unlabelled())
        else:
            self.ledger.stripped.add(pod.uid)
            self._set_pod(pod.unheld())

    def resolve(self, letter: Letter) -> None:
        self._set_letter(replace(letter, resolved=True, phase="Resolved"))

    def delete_letter(self, letter: Letter) -> None:
        del self.letters[letter.uid]
        self._tell(letter.uid, None)

    # --- what the API server does by itself

    def _pod(self, uid: str) -> APod:
        if uid not in self.pods:
            raise Gone
        return self.pods[uid]

    def _set_job(self, job: AJob) -> Job:
        self._remember()
        self.version += 1
        self.job = replace(job, resource_version=self.version)
        self._tell(job.uid, self.job)
        return self.job

    def _set_pod(self, pod: APod) -> Pod:
        self._remember()
        before = self.pods.get(pod.uid)
        self.version += 1
        pod = replace(pod, resource_version=self.version)
        leaves = pod.deletion_time is not None and not pod.has_finalizer and (pod.ended or pod.deletion_grace == 0)
        if leaves:
            del self.pods[pod.uid]
            if pod.labelled:
                self._tell(pod.uid, replace(pod, missing_from_watch=True))
            self._collect()
            return replace(pod, confirmed_gone=True)
        self.pods[pod.uid] = pod
        if pod.labelled:
            self._tell(pod.uid, pod)
        elif before is not None and before.labelled:  # a watch by label shows this as a deletion
            self._tell(pod.uid, replace(pod, labelled=True, missing_from_watch=True))
        self.ledger.pods_now(list(self.pods.values()))
        return pod

    def _set_letter(self, letter: Letter) -> Letter:
        self.version += 1
        letter = replace(letter, resource_version=self.version)
        self.letters[letter.uid] = letter
        self._tell(letter.uid, letter)
        return letter

    def _collect(self) -> None:
        if self.job is not None and self.job.deleting and not self.pods:
            self._remove_job()

    def _remove_job(self) -> None:
        if self.job is not None:
            self._tell(self.job.uid, None)
            self.job = None

    def _tell(self, uid: str, sight: Sight | None) -> None:
        self.transit.setdefault(uid, []).append(sight)

    def _remember(self) -> None:
        self.past = [*self.past[-5:], (self.job, dict(self.pods))]


def pod_of(job: Job, step: CreatePod) -> APod:
    """The pod of a POST, built from the job as it was read live."""
    return replace(
        a_pod(job.name, step.number, name_hash=name_hash(job.uid, step.redrives)),
        name=step.name,
        owner_uid=job.uid,
        generation=job.generation,
        spec_hash=job.spec_hash,
        deadline_seconds=step.deadline_seconds,
        deadline_by_total=step.deadline_by_total,
    )
