"""Paths of resources on the API server, and the resource in a path. Namespace None means all namespaces.

Users write some of the names, for example in owner references. A name that no object can have never gets into a path:
`../../secrets/x` would be another request, sent with the operator's token. Instead, NoSuchName is raised.
"""

from typing import Final
from urllib.parse import quote

from queuedjob.api.identity import is_object_name
from queuedjob.api.names import DEADLETTERS, GROUP, QUEUEDJOBS, VERSION
from queuedjob.kube.client.errors import NotFound

_CORE: Final = "/api/v1"
_EVENTS: Final = "/apis/events.k8s.io/v1"
_LEASES: Final = "/apis/coordination.k8s.io/v1"
_OURS: Final = f"/apis/{GROUP}/{VERSION}"

_NAME_SHOWN: Final = 100
"""How many characters to show of a name that no object can have: users may write 100 KiB."""


class NoSuchName(NotFound):
    """No object can have this name, so none has it. The API server was not asked."""

    def __init__(self, name: str) -> None:
        shown = name if len(name) <= _NAME_SHOWN else f"{name[:_NAME_SHOWN]}..."
        super().__init__(404, f"no object can be named {shown!r}: it is no DNS subdomain name", reason="NotFound")


def pods(namespace: str | None = None) -> str:
    """The collection of pods."""
    return _collection(_CORE, "pods", namespace)


def pod(namespace: str, name: str) -> str:
    """One pod."""
    return f"{pods(namespace)}/{_segment(name)}"


def pod_log(namespace: str, name: str) -> str:
    """The log of a pod's containers. The API server reads it from the kubelet."""
    return f"{pod(namespace, name)}/log"


def ours(plural: str, namespace: str | None = None) -> str:
    """The collection of one of our own kinds."""
    return _collection(_OURS, plural, namespace)


def jobs(namespace: str | None = None) -> str:
    """The collection of QueuedJobs."""
    return ours(QUEUEDJOBS, namespace)


def job(namespace: str, name: str) -> str:
    """One QueuedJob."""
    return f"{jobs(namespace)}/{_segment(name)}"


def job_status(namespace: str, name: str) -> str:
    """The status of one QueuedJob, a subresource: it is written separately from the spec."""
    return f"{job(namespace, name)}/status"


def letters(namespace: str | None = None) -> str:
    """The collection of DeadLetters."""
    return ours(DEADLETTERS, namespace)


def letter(namespace: str, name: str) -> str:
    """One DeadLetter."""
    return f"{letters(namespace)}/{_segment(name)}"


def letter_status(namespace: str, name: str) -> str:
    """The status of one DeadLetter."""
    return f"{letter(namespace, name)}/status"


def events(namespace: str) -> str:
    """The collection of Events."""
    return _collection(_EVENTS, "events", namespace)


def core_events(namespace: str) -> str:
    """The same Events in the old group. Only this group can select Events by the UID of their involved object."""
    return _collection(_CORE, "events", namespace)


def leases(namespace: str) -> str:
    """The collection of Leases."""
    return _collection(_LEASES, "leases", namespace)


def lease(namespace: str, name: str) -> str:
    """One Lease."""
    return f"{leases(namespace)}/{_segment(name)}"


def resource_of(path: str) -> tuple[str, bool]:
    """The resource in `path` with its subresource ("pods", "queuedjobs/status"), and whether `path` names one object.

    The resource is used in metrics. It never has an object's name in it, so the number of values is small.
    """
    parts = path.strip("/").split("/")
    start = {"api": 2, "apis": 3}.get(parts[0])
    if start is None or len(parts) <= start:
        return parts[0], False
    rest = parts[start:]
    if rest[0] == "namespaces" and len(rest) > 2:  # noqa: PLR2004 - namespaces/NAME and a resource in it
        rest = rest[2:]
    match rest:
        case [plural]:
            return plural, False
        case [plural, _]:
            return plural, True
        case [plural, _, *subresource]:
            return "/".join((plural, *subresource)), True
        case _:
            return path, False


def _collection(root: str, plural: str, namespace: str | None) -> str:
    return f"{root}/{plural}" if namespace is None else f"{root}/namespaces/{_segment(namespace)}/{plural}"


def _segment(name: str) -> str:
    """One segment of a path. Raises NoSuchName. The name is quoted as well, so that no check alone has to be right."""
    if not is_object_name(name):
        raise NoSuchName(name)
    return quote(name, safe="")
