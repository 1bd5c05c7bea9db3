"""When a pod ended, which container's end decides, and what ended it: questions to the pod's own status. Pure.

Kubernetes reports whole seconds, from several clocks. Where this leaves the order open, we assume that the pod was
stopped: another run is safe, lost work is not.
"""

from datetime import datetime
from typing import Final

from queuedjob.policy.facts import Container, ContainerRole, Pod, Termination
from queuedjob.policy.time_math import earlier, later

DEADLINE_EXCEEDED: Final = "DeadlineExceeded"
"""The pod's reason once activeDeadlineSeconds has passed (pkg/kubelet/active_deadline.go)."""

STATUS_UNKNOWN: Final = "ContainerStatusUnknown"
"""The kubelet does not know how the container ended and reports a made-up end, 137 (pkg/kubelet/status)."""

_FOUND_DEAD: Final = ("Unknown", 255)
"""Reason and exit code that containerd makes up when it starts and finds a dead container, for example after a reboot
(internal/cri, unknownExitReason and unknownExitCode; seen with 1.6)."""

_SLACK: Final = 5.0
"""Seconds by which a node's clock may differ from the control plane's clock, and by which a kubelet may be late with a
SIGKILL or with its last DELETE."""


def deciding_container(pod: Pod) -> Container | None:
    """The container whose end is the end of the attempt: main if its end is known, else the failed init container."""
    main = pod.main
    if main is not None and main.terminated is not None and main.terminated.reason != STATUS_UNKNOWN:
        return main
    failed = next((each for each in pod.containers if _init_failed(each)), None)
    if failed is not None and main_start(main) is None:
        return failed
    return main if main is not None and main.terminated is not None else None


def _init_failed(container: Container) -> bool:
    end = container.terminated
    return container.role is ContainerRole.INIT and end is not None and end.exit_code != 0


def main_start(main: Container | None) -> datetime | None:
    """When the main container started; None if it never did."""
    if main is None:
        return None
    return main.terminated.started if main.terminated is not None else main.running_since


def nothing_ran(pod: Pod) -> bool:
    """Whether no container has ever started: what an Event tells of volumes may still hold."""
    ends = (each.terminated for each in pod.containers if each.terminated is not None)
    return not any(each.running_since for each in pod.containers) and not any(each.started for each in ends)


def was_rejected(pod: Pod) -> bool:
    """Whether the kubelet rejected the pod: it failed before it had any container."""
    return pod.phase == "Failed" and not pod.containers


def is_made_up(end: Termination) -> bool:
    """Whether the end of the container was not observed, so that its exit code has no meaning."""
    return end.reason == STATUS_UNKNOWN or (end.reason, end.exit_code) == _FOUND_DEAD


def finish_time(pod: Pod) -> datetime:
    """When a pod ended: its containers' last end, else its conditions, its deletion, its creation (catalogue J7).

    If the end of the deciding container has no time, the times of other containers do not count: an init container may
    have ended hours before. The conditions of a deleted pod that never had a node are not used, because they are only
    about the wait for a node.
    """
    deciding = deciding_container(pod)
    if deciding is not None and deciding.terminated is not None and deciding.terminated.finished is not None:
        return _last_end(pod) or deciding.terminated.finished
    condition = pod.latest_condition_time if pod.node or pod.deletion_time is None else None
    stopped = _stop_time(pod) if nothing_ran(pod) and not was_rejected(pod) else None
    return max(filter(None, (condition, stopped)), default=None) or pod.deletion_time or pod.created


def _stop_time(pod: Pod) -> datetime | None:
    """When a pod of which nothing ran was stopped: at its deadline, or when its deletion was requested.

    The conditions of such a pod are about its start, and nothing on them tells its end.
    """
    if pod.reason == DEADLINE_EXCEEDED and pod.start_time is not None and pod.deadline_seconds is not None:
        return later(pod.start_time, pod.deadline_seconds)
    return earlier(pod.deletion_time, pod.deletion_grace or 0) if pod.deletion_time is not None else None


def _last_end(pod: Pod) -> datetime | None:
    """When the last container ended, as far as the ends of the containers are known."""
    ends = (each.terminated.finished for each in pod.containers if each.terminated is not None)
    return max((each for each in ends if each is not None), default=None)


def reason_speaks(pod: Pod, end: Termination | None) -> bool:
    """Whether the pod's own reason explains the end of the deciding container."""
    if pod.reason == DEADLINE_EXCEEDED:
        return _deadline_struck(pod, end)
    return not ended_before_disruption(pod, end)


def _deadline_struck(pod: Pod, end: Termination | None) -> bool:
    """Whether the deadline ended the container.

    The kubelet checks the deadline at every report, and writes DeadlineExceeded even onto pods that had ended in
    time (pkg/kubelet/kubelet_pods.go, generateAPIPodStatus; seen when the kubelet starts again). So the deadline counts
    only for a container that still ran at start + deadline, and was neither lost nor disrupted before.
    """
    if pod.start_time is None or pod.deadline_seconds is None:
        return True
    struck = later(_deadline_start(pod, pod.start_time, end), pod.deadline_seconds)
    if pod.deletion_noted is not None and pod.deletion_time is not None and pod.deletion_noted < struck:
        return False  # the deadline struck a pod that was already ending
    if end is not None and (_before(end.finished, struck) or (end.reason, end.exit_code) == _FOUND_DEAD):
        return False
    return pod.disruption is None or pod.disruption_time is None or pod.disruption_time >= struck


def _deadline_start(pod: Pod, told: datetime, end: Termination | None) -> datetime:
    """When the deadline began to count: the startTime that the kubelet reported, if it can be true.

    A kubelet that is killed before it reports a pod leaves the report to the next kubelet process, which counts again
    from the beginning: startTime is then after the start of the container. In this case the deadline counted, within
    about a second, from the time when the pod got its node.
    """
    if end is None or end.started is None or told <= end.started:
        return told
    return pod.scheduled_time or pod.created


def ended_before_disruption(pod: Pod, end: Termination | None) -> bool:
    """Whether the container ended before DisruptionTarget became True. A controller, not the node, sets that time."""
    if end is None or pod.disruption is None or pod.disruption_time is None:
        return False
    return _before(end.finished, earlier(pod.disruption_time, _SLACK))


def was_deleted(pod: Pod, ended: datetime | None) -> bool:
    """Whether a deletion caused the end of the deciding container (failure catalogue J21).

    deletionTimestamp is when the grace period ends, so the deletion was requested one grace period earlier. But the
    kubelet's last DELETE, with grace 0, sets deletionTimestamp to a time after the end of the last container. Then two
    cases remain. A deletion much later than the last end found the pod already ended. Else all containers got their
    stop signal at once, and the last container took at most its grace period.
    """
    if pod.deletion_time is None or ended is None:
        return pod.deletion_time is not None
    if pod.deletion_noted is not None:
        return not _before(ended, earlier(pod.deletion_noted, _SLACK))
    if pod.deletion_grace:
        return not _before(ended, earlier(pod.deletion_time, pod.deletion_grace + _SLACK))
    last = _last_end(pod) or ended
    if _before(last, earlier(pod.deletion_time, _SLACK)):
        return False
    return not _before(ended, earlier(last, pod.termination_grace + _SLACK))


def _before(ended: datetime | None, struck: datetime) -> bool:
    """Whether a container certainly ended before an event struck its pod; both times are cut to whole seconds."""
    return ended is not None and ended < struck
