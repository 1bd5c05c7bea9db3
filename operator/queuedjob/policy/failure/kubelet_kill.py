"""What a kubelet's Events tell of an end: why it killed the main container, or why a pod did not start. Pure.

A pod shows such a kill only as an exit code (failure catalogue J13), or not at all if the job answers SIGTERM with exit
code 0 (J24). The kubelet reports the kill as the Event `Killing`, which often does not say why, and the cause in an
Event of its own. Events are kept for an hour, and any of them may be lost.
"""

import enum
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from queuedjob.policy.facts import KubeletEvent

_KILLING: Final = "Killing"
_NO_TIME: Final = datetime.fromtimestamp(0, UTC)


class KillCause(enum.Enum):
    """Why the kubelet killed a container."""

    LIVENESS = "its liveness probe failed"
    STARTUP = "its startup probe failed"
    POST_START = "its postStart hook failed"
    UNTOLD = "no Event gives the reason"


@dataclass(frozen=True, slots=True)
class Kill:
    """A kill by the kubelet."""

    cause: KillCause
    words: str
    """The kubelet's own words."""


_CAUSES: Final = (
    ("Unhealthy", "Liveness probe ", KillCause.LIVENESS),
    ("Unhealthy", "Startup probe ", KillCause.STARTUP),
    ("FailedPostStartHook", "", KillCause.POST_START),
)
"""Reason, start of the message, cause (pkg/kubelet/prober/prober.go, kuberuntime_container.go)."""

_IN_THE_KILL: Final = (
    (" failed liveness probe", KillCause.LIVENESS),
    (" failed startup probe", KillCause.STARTUP),
    ("FailedPostStartHook", KillCause.POST_START),
)
"""Texts in the message of Killing. "Stopping container ..." gives no cause: the kubelet says so where a pod ends with
its only running container (pkg/kubelet/kuberuntime, computePodActions)."""

_OBSTACLES: Final = frozenset({"FailedMount", "FailedMapVolume", "FailedCreatePodSandBox", "NetworkNotReady"})
"""Reasons for which a pod stays ContainerCreating while its containers say no more (pkg/kubelet/events)."""

_ANY_VOLUME: Final = "Unable to attach or mount volumes"
"""Start of the kubelet's summary, which names the volumes but not the cause (pkg/kubelet/kubelet.go)."""


_TELLING: Final = frozenset({_KILLING, *_OBSTACLES, *(reason for reason, _, _ in _CAUSES)})

_KEPT: Final = 25
"""Events of one pod that are kept: as many as a kubelet posts in a row (client-go's spam filter)."""


def telling(events: Iterable[KubeletEvent], containers: Collection[str]) -> tuple[KubeletEvent, ...]:
    """Return the latest of the Events that this module looks at, about the pod or one of `containers`, in their order.

    A client that may create Events may create hundreds about one pod, and name in them what it likes.
    """
    known = [
        each for each in events if each.reason in _TELLING and (not each.container or each.container in containers)
    ]
    latest = sorted(range(len(known)), key=lambda at: _last_time(known[at]))[-_KEPT:]
    return tuple(known[at] for at in sorted(latest))


def kill_of(events: Iterable[KubeletEvent], container: str, ended: datetime) -> Kill | None:
    """Return why the kubelet killed this container, which ended at `ended`; None if no Event shows that it did.

    A probe that failed less often than its failureThreshold causes Unhealthy, too: only Killing shows a kill. The
    kubelet reports the kill before it sends SIGTERM, by the same clock. So a Killing that was first reported in a later
    second than the container's end did not cause that end.
    """
    ours = sorted((each for each in events if each.container == container), key=_last_time)
    kills = [each for each in ours if each.reason == _KILLING and (each.first is None or each.first <= ended)]
    if not kills:
        return None
    causes = [Kill(cause, each.message.strip()) for each in ours if (cause := _cause_of(each)) is not None]
    if causes:
        return causes[-1]
    words = kills[-1].message.strip()
    return Kill(next((cause for text, cause in _IN_THE_KILL if text in words), KillCause.UNTOLD), words)


def obstacle_in(events: Sequence[KubeletEvent]) -> tuple[str, str]:
    """Return reason and message of the last Event that tells why the pod did not start; empty texts without one."""
    told = sorted((each for each in events if each.reason in _OBSTACLES), key=_last_time)
    precise = [each for each in told if not each.message.startswith(_ANY_VOLUME)]
    last = next(reversed(precise or told), None)
    return (last.reason, last.message.strip()) if last is not None else ("", "")


def _cause_of(event: KubeletEvent) -> KillCause | None:
    return next(
        (cause for reason, start, cause in _CAUSES if event.reason == reason and event.message.startswith(start)), None
    )


def _last_time(event: KubeletEvent) -> datetime:
    return event.last or _NO_TIME
