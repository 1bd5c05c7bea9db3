"""A pod that has ended -> what happened, as plain evidence for the chain of rules. Pure.

The job's outcome is its main container's end. What came over the pod after that end (a deadline, an eviction, a
deletion) did not cause it and is left out of the evidence; whole seconds are all that Kubernetes tells, and where they
leave the order open, the pod is taken to have been stopped: to run once more is safe, to lose work is not.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from queuedjob.policy.facts import Container, ContainerRole, Pod, StopReason, Termination

LAST_WORDS: Final = 2048
"""Bytes that are kept of what a container said at its end."""

DEADLINE_EXCEEDED: Final = "DeadlineExceeded"
"""The pod's reason once activeDeadlineSeconds has passed (pkg/kubelet/active_deadline.go)."""

STATUS_UNKNOWN: Final = "ContainerStatusUnknown"
"""The kubelet knows no end of the container and reports one of its own making, 137 (pkg/kubelet/status)."""

_AFTER_THE_END: Final = timedelta(seconds=5)
"""How long after the containers' end the kubelet's last DELETE may come; it overwrites when deletion was asked for
(failure catalogue J21: seen on a 1.36 kubelet)."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one attempt's end. Absent facts are None or empty, never guessed."""

    phase: str = ""
    container: str = ""
    """The container whose end decides: the main one, or the init container that failed before it could run."""
    role: ContainerRole | None = None
    exit_code: int | None = None
    """What its process returned; None where none ended, or where the kubelet made the figure up."""
    signal: int = 0
    """The signal that killed it, as reported, or as its exit code says (128 + n)."""
    container_reason: str = ""
    waiting_reason: str = ""
    """Why the main container did not start."""
    waiting_message: str = ""
    last_words: str = ""
    main_started: bool = False
    started: datetime | None = None
    """When the main container started; None where it never did."""
    finished: datetime | None = None
    """When the pod ended, as well as it can be known (failure catalogue J7); None without a pod."""
    pod_reason: str = ""
    pod_message: str = ""
    deadline_by_total: bool = False
    disruption: str = ""
    disruption_message: str = ""
    rejected: bool = False
    """The kubelet refused the pod: it failed before it had any container."""
    deleted: bool = False
    """A deletion was the end of it, or it never had a node."""
    scheduled: bool = True
    gone: bool = False
    """Vanished without a trace of its end."""
    stop_reason: str = ""
    refusal: str = ""
    """The API server refused to create the pod, for this reason: the spec's fault."""

    @property
    def deadline_struck(self) -> bool:
        """The deadline, not the container itself, was the end of it."""
        return self.pod_reason == DEADLINE_EXCEEDED

    @property
    def succeeded(self) -> bool:
        """The work is done: phase Succeeded, or main ended with 0 before any deadline, disruption or deletion."""
        by_itself = not (self.pod_reason or self.disruption or self.deleted)
        return self.phase == "Succeeded" or (self.role is ContainerRole.MAIN and self.exit_code == 0 and by_itself)


def refusal(reason: str, message: str) -> Evidence:
    """The evidence of an attempt that never had a pod: the API server refused the template, in these words."""
    return Evidence(refusal=reason, last_words=last_words(message))


def evidence_of(pod: Pod) -> Evidence:
    """What happened to an ended pod. A pod that is gone speaks by what was last seen of it."""
    main, decisive = pod.main, _decisive(pod)
    end = decisive.terminated if decisive is not None else None
    ended = end.finished if end is not None else None
    by_itself = pod.stop_reason == StopReason.MAIN_ENDED
    disrupted = not by_itself and pod.disruption is not None and not _before(ended, pod.disruption_time)
    reason_speaks = not by_itself and _reason_speaks(pod, ended)
    known = end is not None and end.reason != STATUS_UNKNOWN
    started = _main_start(main)
    return Evidence(
        phase=pod.phase,
        container=decisive.name if decisive is not None else "",
        role=decisive.role if decisive is not None else None,
        exit_code=end.exit_code if end is not None and known else None,
        signal=_signal(end) if end is not None and known else 0,
        container_reason=end.reason if end is not None else "",
        waiting_reason=main.waiting_reason if main is not None else "",
        waiting_message=main.waiting_message if main is not None else "",
        last_words=last_words(end.message) if end is not None else "",
        main_started=started is not None,
        started=started,
        finished=finish_time(pod),
        pod_reason=pod.reason if reason_speaks else "",
        pod_message=pod.message if reason_speaks else "",
        deadline_by_total=pod.deadline_by_total,
        disruption=pod.disruption[0] if disrupted and pod.disruption is not None else "",
        disruption_message=pod.disruption[1] if disrupted and pod.disruption is not None else "",
        rejected=pod.phase == "Failed" and not pod.containers,
        deleted=not by_itself and _deleted(pod, ended),
        scheduled=bool(pod.node),
        gone=pod.gone and end is None,
        stop_reason=pod.stop_reason if not by_itself else "",
    )


def finish_time(pod: Pod) -> datetime:
    """When a pod ended: its containers' last end, else its conditions, its deletion, its creation (catalogue J7).

    Where the container that decides has no time, those of others say nothing: an init container may have ended hours
    before. A pod that never had a node has conditions of its waiting only.
    """
    decisive = _decisive(pod)
    if decisive is not None and decisive.terminated is not None and decisive.terminated.finished is not None:
        ends = (each.terminated.finished for each in pod.containers if each.terminated is not None)
        return max(each for each in ends if each is not None)
    condition = pod.latest_condition_time if pod.node or pod.deletion_time is None else None
    return condition or pod.deletion_time or pod.created


def last_words(message: str, room: int = LAST_WORDS) -> str:
    """The end of what a container said, cut to `room` bytes of UTF-8 without splitting a character."""
    encoded = message.strip().encode("utf-8", "replace")
    return encoded[max(0, len(encoded) - room) :].decode("utf-8", "ignore")


def _decisive(pod: Pod) -> Container | None:
    """The container whose end is the attempt's: main if it has an end of its own, else the init that failed."""
    main = pod.main
    if main is not None and main.terminated is not None and main.terminated.reason != STATUS_UNKNOWN:
        return main
    failed = next((each for each in pod.containers if _init_failed(each)), None)
    if failed is not None and _main_start(main) is None:
        return failed
    return main if main is not None and main.terminated is not None else None


def _init_failed(container: Container) -> bool:
    end = container.terminated
    return container.role is ContainerRole.INIT and end is not None and end.exit_code != 0


def _main_start(main: Container | None) -> datetime | None:
    if main is None:
        return None
    return main.terminated.started if main.terminated is not None else main.running_since


def _signal(end: Termination) -> int:
    """The signal behind an end. Shells and runtimes report a death by signal n as 128 + n; there are 64 of them."""
    by_code = end.exit_code - 128
    return end.signal or (by_code if 0 < by_code <= 64 else 0)  # noqa: PLR2004 - explained above


def _before(ended: datetime | None, struck: datetime | None) -> bool:
    """Whether a container certainly ended before something came over its pod; both in whole seconds."""
    return ended is not None and struck is not None and ended < struck


def _reason_speaks(pod: Pod, ended: datetime | None) -> bool:
    """Whether the pod's own reason tells of its main container's end.

    The kubelet may write DeadlineExceeded onto a pod that had ended in time: it looks at the clock again whenever it
    reports (generateAPIPodStatus). So the deadline strikes only who still ran at start + deadline.
    """
    if pod.reason != DEADLINE_EXCEEDED:
        return pod.disruption is None or not _before(ended, pod.disruption_time)
    if pod.start_time is None or pod.deadline_seconds is None:
        return True
    return not _before(ended, pod.start_time + timedelta(seconds=pod.deadline_seconds))


def _deleted(pod: Pod, ended: datetime | None) -> bool:
    """Whether a deletion was the cause of the main container's end (failure catalogue J21).

    deletionTimestamp is when grace ends, so asked for a grace period earlier; but the kubelet's last DELETE, grace 0,
    rewrites it to a moment after the containers ended.
    """
    if pod.deletion_time is None:
        return False
    asked = pod.deletion_time - (timedelta(seconds=pod.deletion_grace) if pod.deletion_grace else _AFTER_THE_END)
    return not _before(ended, asked)
