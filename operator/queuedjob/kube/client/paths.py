"""Paths of resources on the API server, and the resource in a path. Namespace None means all namespaces."""

from typing import Final

from queuedjob.api.names import DEADLETTERS, GROUP, QUEUEDJOBS, VERSION

_CORE: Final = "/api/v1"
_EVENTS: Final = "/apis/events.k8s.io/v1"
_OURS: Final = f"/apis/{GROUP}/{VERSION}"


def pods(namespace: str | None = None) -> str:
    """The collection of pods."""
    return _collection(_CORE, "pods", namespace)


def pod(namespace: str, name: str) -> str:
    """One pod."""
    return f"{pods(namespace)}/{name}"


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
    return f"{jobs(namespace)}/{name}"


def job_status(namespace: str, name: str) -> str:
    """The status of one QueuedJob, a subresource: it is written separately from the spec."""
    return f"{job(namespace, name)}/status"


def letters(namespace: str | None = None) -> str:
    """The collection of DeadLetters."""
    return ours(DEADLETTERS, namespace)


def letter(namespace: str, name: str) -> str:
    """One DeadLetter."""
    return f"{letters(namespace)}/{name}"


def letter_status(namespace: str, name: str) -> str:
    """The status of one DeadLetter."""
    return f"{letter(namespace, name)}/status"


def events(namespace: str) -> str:
    """The collection of Events."""
    return _collection(_EVENTS, "events", namespace)


def core_events(namespace: str) -> str:
    """The same Events in the old group. Only this group can select Events by the UID of their involved object."""
    return _collection(_CORE, "events", namespace)


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
    return f"{root}/namespaces/{namespace}/{plural}" if namespace else f"{root}/{plural}"
