"""A pod that has ended -> what happened, as plain evidence for the chain of rules. Pure.

The job's outcome is its main container's end. What came over the pod after that end (a deadline, an eviction, a
deletion) did not cause it and is left out of the evidence. Kubernetes tells whole seconds, by several clocks; where
that leaves the order open, the pod is taken to have been stopped: to run once more is safe, to lose work is not.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from queuedjob.policy.facts import Container, ContainerRole, ExtraEvidence, Pod, StopReason, Termination
from queuedjob.policy.failure.heartbeat_mark import read_mark
from queuedjob.policy.failure.termination_message import NO_MESSAGE, TerminationMessage, read_termination_message
from queuedjob.policy.time_math import earlier, later

LAST_WORDS: Final = 2048
"""Bytes that are kept of what a container said at its end."""

DEADLINE_EXCEEDED: Final = "DeadlineExceeded"
"""The pod's reason once activeDeadlineSeconds has passed (pkg/kubelet/active_deadline.go)."""

STATUS_UNKNOWN: Final = "ContainerStatusUnknown"
"""The kubelet knows no end of the container and reports one of its own making, 137 (pkg/kubelet/status)."""

_FOUND_DEAD: Final = ("Unknown", 255)
"""Reason and code that containerd makes up for a container which it finds dead when it starts, as after a reboot
(internal/cri, unknownExitReason and unknownExitCode; seen with 1.6)."""

_SLACK: Final = 5.0
"""Seconds by which a node's clock may differ from the control plane's, and a kubelet may be late with a SIGKILL
or with its last DELETE."""

_NOTHING_READ: Final = ExtraEvidence()


@dataclass(frozen=True, slots=True)
class ContainerEnd:
    """How one container of the pod ended, whether it decides or not."""

    name: str
    exit_code: int | None = None
    """What its process returned; None where the kubelet or the runtime made the figure up."""
    reason: str = ""
    text: str = ""
    """What it left as its termination message, as it stands there."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one attempt's end. Absent facts are None or empty, never guessed."""

    silence: str = ""
    """For how long the job had given no heartbeat, as the mark of our liveness probe says."""
    unhealthy: str = ""
    """A liveness probe had the main container killed, in the words of the kubelet's Event."""
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
    reported: TerminationMessage = NO_MESSAGE
    """What the deciding container's termination message says."""
    last_words: str = ""
    """What a person should read of it."""
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
    lost: bool = False
    """The node lost track of the container: how it ended is made up."""
    vanished: bool = False
    """Vanished without a trace of its end."""
    stop_reason: str = ""
    refusal: str = ""
    """The API server refused to create the pod, for this reason: the spec's fault."""
    ends: tuple[ContainerEnd, ...] = ()
    """Of all containers that have ended, for rules that look at another than the deciding one."""

    @property
    def deadline_struck(self) -> bool:
        """The deadline, not the container itself, was the end of it."""
        return self.pod_reason == DEADLINE_EXCEEDED

    @property
    def hung(self) -> bool:
        """It was killed because it gave no sign of life: what it answered then is no end of its own."""
        return bool(self.silence or self.unhealthy)

    @property
    def succeeded(self) -> bool:
        """The work is done: phase Succeeded, or main ended with 0 before any deadline, disruption or deletion."""
        if self.hung:
            return False
        by_itself = not (self.pod_reason or self.disruption or self.deleted)
        return self.phase == "Succeeded" or (self.role is ContainerRole.MAIN and self.exit_code == 0 and by_itself)


def evidence_of_refusal(reason: str, message: str) -> Evidence:
    """The evidence of an attempt that never had a pod: the API server refused the template, in these words."""
    return Evidence(refusal=reason, last_words=last_words(message))


def evidence_of(pod: Pod, extra: ExtraEvidence = _NOTHING_READ) -> Evidence:
    """What happened to an ended pod. A pod that is gone speaks by what was last seen of it.

    Between our mark and our DELETE a pod that did not start may start after all and end by itself, or be disrupted by a
    node that was the cause of it all: then that is what happened, and our stop came too late.
    """
    main, deciding = pod.main, deciding_container(pod)
    end = deciding.terminated if deciding is not None else None
    ended = end.finished if end is not None else None
    by_itself = pod.stop_reason == StopReason.MAIN_ENDED
    disruption = pod.disruption if not by_itself and not _before_disruption(pod, end) else None
    reason_speaks = not by_itself and _reason_speaks(pod, end)
    known = end if end is not None and not _made_up(end) else None
    marks = deciding is not None and deciding.liveness is not None and deciding.liveness.marks
    message = end.message if end is not None else ""
    silence, message = read_mark(message) if marks else ("", message)
    reported = read_termination_message(message)
    words = reported.words if known is not None else ""
    deleted = not by_itself and _deleted(pod, ended)
    overtaken = (known is not None and not deleted) or disruption is not None or _rejected(pod)
    ours = not by_itself and not (pod.stop_reason == StopReason.START and overtaken)
    kept_by, _, why_kept = pod.stop_detail.partition(": ")
    return Evidence(
        silence=silence if known is not None else "",
        unhealthy=extra.unhealthy or "",
        phase=pod.phase,
        container=deciding.name if deciding is not None else "",
        role=deciding.role if deciding is not None else None,
        exit_code=known.exit_code if known is not None else None,
        signal=_signal(known) if known is not None else 0,
        container_reason=end.reason if end is not None else "",
        waiting_reason=kept_by or (main.waiting_reason if main is not None else ""),
        waiting_message=why_kept or (main.waiting_message if main is not None else ""),
        reported=reported,
        last_words=last_words(words) or last_words(extra.log or ""),
        started=_main_start(main),
        finished=finish_time(pod),
        pod_reason=pod.reason if reason_speaks else "",
        pod_message=pod.message if reason_speaks else "",
        deadline_by_total=pod.deadline_by_total,
        disruption=disruption[0] if disruption is not None else "",
        disruption_message=disruption[1] if disruption is not None else "",
        rejected=_rejected(pod),
        deleted=deleted,
        scheduled=bool(pod.node),
        lost=end is not None and known is None,
        vanished=pod.confirmed_gone and end is None,
        stop_reason=pod.stop_reason if ours else "",
        ends=tuple(_end_of(each.name, each.terminated) for each in pod.containers if each.terminated is not None),
    )


def finish_time(pod: Pod) -> datetime:
    """When a pod ended: its containers' last end, else its conditions, its deletion, its creation (catalogue J7).

    Where the container that decides has no time, those of others say nothing: an init container may have ended hours
    before. A pod that never had a node has conditions of its waiting only.
    """
    deciding = deciding_container(pod)
    if deciding is not None and deciding.terminated is not None and deciding.terminated.finished is not None:
        return _last_end(pod) or deciding.terminated.finished
    condition = pod.latest_condition_time if pod.node or pod.deletion_time is None else None
    return condition or pod.deletion_time or pod.created


def last_words(message: str, room: int = LAST_WORDS) -> str:
    """The end of what a container said, cut to `room` bytes of UTF-8 without splitting a character."""
    encoded = message.strip().encode("utf-8", "replace")
    return encoded[max(0, len(encoded) - room) :].decode("utf-8", "ignore")


def _end_of(name: str, end: Termination) -> ContainerEnd:
    if _made_up(end):
        return ContainerEnd(name, reason=end.reason)
    return ContainerEnd(name, end.exit_code, end.reason, last_words(end.message))


def deciding_container(pod: Pod) -> Container | None:
    """The container whose end is the attempt's: main if it has an end of its own, else the init that failed."""
    main = pod.main
    if main is not None and main.terminated is not None and main.terminated.reason != STATUS_UNKNOWN:
        return main
    failed = next((each for each in pod.containers if _init_failed(each)), None)
    if failed is not None and _main_start(main) is None:
        return failed
    return main if main is not None and main.terminated is not None else None


def _last_end(pod: Pod) -> datetime | None:
    """When the last container ended, as far as their ends are known."""
    ends = (each.terminated.finished for each in pod.containers if each.terminated is not None)
    return max((each for each in ends if each is not None), default=None)


def _init_failed(container: Container) -> bool:
    end = container.terminated
    return container.role is ContainerRole.INIT and end is not None and end.exit_code != 0


def _main_start(main: Container | None) -> datetime | None:
    if main is None:
        return None
    return main.terminated.started if main.terminated is not None else main.running_since


def _rejected(pod: Pod) -> bool:
    return pod.phase == "Failed" and not pod.containers


def _signal(end: Termination) -> int:
    """The signal behind an end. Shells and runtimes report a death by signal n as 128 + n; there are 64 of them."""
    by_code = end.exit_code - 128
    return end.signal or (by_code if 0 < by_code <= 64 else 0)  # noqa: PLR2004 - explained above


def _before(ended: datetime | None, struck: datetime) -> bool:
    """Whether a container certainly ended before something came over its pod; both are cut to whole seconds."""
    return ended is not None and ended < struck


def _reason_speaks(pod: Pod, end: Termination | None) -> bool:
    """Whether the pod's own reason tells of its main container's end."""
    if pod.reason == DEADLINE_EXCEEDED:
        return _deadline_struck(pod, end)
    return not _before_disruption(pod, end)


def _before_disruption(pod: Pod, end: Termination | None) -> bool:
    """Whether the container had ended when the pod became a target; that time is a controller's, not the node's."""
    if end is None or pod.disruption is None or pod.disruption_time is None:
        return False
    return _before(end.finished, earlier(pod.disruption_time, _SLACK))


def _deadline_struck(pod: Pod, end: Termination | None) -> bool:
    """Whether the deadline was the end of the main container.

    The kubelet looks at the clock whenever it reports, and writes DeadlineExceeded onto pods that had ended in time,
    however (pkg/kubelet/kubelet_pods.go, generateAPIPodStatus; seen when it starts again). So the deadline strikes only
    what still ran at start + deadline, and had neither been lost nor disrupted before.
    """
    if pod.start_time is None or pod.deadline_seconds is None:
        return True
    struck = later(_deadline_start(pod, pod.start_time, end), pod.deadline_seconds)
    if end is not None and (_before(end.finished, struck) or (end.reason, end.exit_code) == _FOUND_DEAD):
        return False
    return pod.disruption is None or pod.disruption_time is None or pod.disruption_time >= struck


def _deadline_start(pod: Pod, told: datetime, end: Termination | None) -> datetime:
    """From when the deadline counted: the start that the kubelet told, if it can be true.

    One that is killed before it has told of a pod leaves that to the next, which counts anew: a startTime after the
    container's own start. Then it was the pod's node, and within a second or so, that it counted from.
    """
    if end is None or end.started is None or told <= end.started:
        return told
    return pod.scheduled_time or pod.created


def _made_up(end: Termination) -> bool:
    """Whether nobody saw the container's end, and its exit code says nothing."""
    return end.reason == STATUS_UNKNOWN or (end.reason, end.exit_code) == _FOUND_DEAD


def _deleted(pod: Pod, ended: datetime | None) -> bool:
    """Whether a deletion was the cause of the main container's end (failure catalogue J21).

    deletionTimestamp is when grace ends, so deletion was asked for a grace earlier. But the kubelet's last DELETE,
    grace 0, rewrites it to a moment after the last container's end. Then this is left: a deletion that came much later
    found the pod ended; else all containers were told to stop at once, and the last one took its grace at most.
    """
    if pod.deletion_time is None or ended is None:
        return pod.deletion_time is not None
    if pod.deletion_grace:
        return not _before(ended, earlier(pod.deletion_time, pod.deletion_grace + _SLACK))
    last = _last_end(pod) or ended
    if _before(last, earlier(pod.deletion_time, _SLACK)):
        return False
    return not _before(ended, earlier(last, pod.termination_grace + _SLACK))
