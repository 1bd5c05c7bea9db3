"""The API server's format for all kinds: names of events, metadata, refusals, and the queries of requests.

The bytes of answers are decoded in decoding.py. Functions raise Garbled if an object does not follow the API's
conventions.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from queuedjob.api.types.plain_text import plain
from queuedjob.kube.client.decoding import Garbled, Object, read_shallow

PartT = TypeVar("PartT")

ADDED: Final = "ADDED"
MODIFIED: Final = "MODIFIED"
DELETED: Final = "DELETED"
ERROR: Final = "ERROR"

METADATA_LIST: Final = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
"""The Accept header for a list without specs and statuses."""

_LONGEST_RETRY_AFTER: Final = 600.0
"""Longest Retry-After in seconds. No correct server asks for more, and a wrong number must not stop the operator for a
year."""

_LONGEST_TEXT: Final = 4096
"""Characters that are kept of a text in a Status. A webhook may deny with megabytes, which would stay in memory for
each refused job. What is matched in a text stands at its start (errors.py; objects/pod_refusals.py)."""

_DIGITS: Final = 39
"""Most digits of a resourceVersion: room for 128 bits, where etcd counts with 64. Python reads no thousands of them."""

_TEXT_SHOWN: Final = 500
"""How many characters to show of an answer that is not the API server's own."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One of the causes in a Status: a machine-readable reason, the field's path, the text."""

    reason: str
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Status:
    """The API server's answer if it does not return an object (meta/v1 Status)."""

    code: int
    reason: str
    message: str
    name: str = ""
    """The object's name; empty if the path is not served, as opposed to an object that is not found."""
    causes: tuple[Cause, ...] = ()


def read_status(decoded: Object) -> Status | None:
    """Read `decoded` as a Status. None if it is not one: it is an object, or not an answer of the API server.

    A proxy may answer in the same form. So a part that has another type than the API's counts as absent.
    """
    if decoded.get("kind") != "Status" and decoded.get("status") != "Failure":  # the API server's 504 has no kind
        return None
    details = _part(decoded, "details", dict) or {}
    causes = _part(details, "causes", list) or ()
    return Status(
        code=_part(decoded, "code", int) or 0,
        reason=_start_of(decoded, "reason"),
        message=_start_of(decoded, "message"),
        name=_start_of(details, "name"),
        causes=tuple(_cause(cause) for cause in causes if isinstance(cause, dict)),
    )


def words_of(raw: bytes) -> str:
    """The message for people in the body of a failed request: the message of the Status, else the start of the text."""
    try:
        status = read_status(read_shallow(raw))
    except Garbled:
        status = None
    return status.message if status else plain(raw[:_TEXT_SHOWN].decode(errors="replace")).strip()


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from the Retry-After header; None without one. The API server never sends a date in it."""
    if (value := headers.get("retry-after", "")).isdecimal():
        return min(float(value), _LONGEST_RETRY_AFTER)
    return None


def uid_of(body: Object) -> str:
    """The object's UID. Unlike a name, a UID is never used twice."""
    return _metadata_of(body, "uid")


def name_of(body: Object) -> str:
    """The object's name."""
    return _metadata_of(body, "name")


def namespace_of(body: Object) -> str:
    """The namespace of a namespaced object."""
    return _metadata_of(body, "namespace")


def resource_version_of(body: Object) -> str:
    """The object's resourceVersion, unchanged, as text."""
    return _metadata_of(body, "resourceVersion")


def version_of(body: Object) -> int:
    """The object's resourceVersion as a number, to be compared."""
    return version_number(resource_version_of(body))


def version_number(resource_version: str) -> int:
    """A resourceVersion as a number: later ones are greater. Raises Garbled for one that is none."""
    digits = resource_version.isascii() and resource_version.isdecimal() and len(resource_version) <= _DIGITS
    if not digits:
        raise Garbled(f"a resourceVersion that is no number: {resource_version[:_DIGITS]!r}")
    return int(resource_version)


def check_listed(body: Object) -> None:
    """Raise Garbled unless the object has what identifies one of a namespace, and its version is a number."""
    for needed in (uid_of, name_of, namespace_of, version_of):
        needed(body)


def identity_of(body: Object) -> str:
    """Namespace and name of any object, as far as it has them; for logs."""
    metadata = body.get("metadata")
    if not isinstance(metadata, dict):
        return "?"
    return "/".join(str(metadata.get(key) or "?") for key in ("namespace", "name"))


def list_query(*, limit: int, token: str = "", selector: str = "", fields: str = "") -> dict[str, str]:
    """The query of one page of a LIST. Without a resourceVersion the answer is the newest state, not a stale cache."""
    query = {"limit": str(limit)}
    if selector:
        query["labelSelector"] = selector
    if fields:
        query["fieldSelector"] = fields
    if token:
        query["continue"] = token
    return query


def watch_query(*, resource_version: str, seconds: int, selector: str = "") -> dict[str, str]:
    """The query of a WATCH that the API server ends after `seconds`, with a bookmark every minute or so."""
    query = {
        "watch": "1",
        "allowWatchBookmarks": "true",
        "resourceVersion": resource_version,
        "timeoutSeconds": str(seconds),
    }
    if selector:
        query["labelSelector"] = selector
    return query


def delete_options(
    *, uid: str, resource_version: str | None = None, grace: int | None = None, propagation: str | None = None
) -> Object:
    """The body of a DELETE that deletes only the object with this UID (and this resourceVersion, if given)."""
    preconditions: Object = {"uid": uid}
    if resource_version is not None:
        preconditions["resourceVersion"] = resource_version
    options: Object = {"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": preconditions}
    if grace is not None:
        options["gracePeriodSeconds"] = grace
    if propagation is not None:
        options["propagationPolicy"] = propagation
    return options


def _cause(cause: Object) -> Cause:
    return Cause(_start_of(cause, "reason"), _start_of(cause, "field"), _start_of(cause, "message"))


def _start_of(said: Object, key: str) -> str:
    return plain((_part(said, key, str) or "")[:_LONGEST_TEXT])


def _part(body: Object, key: str, kind: type[PartT]) -> PartT | None:
    """The value at `key`; None if there is none of this type."""
    value = body.get(key)
    return value if isinstance(value, kind) else None


def _metadata_of(body: Mapping[str, Any], key: str) -> str:
    metadata = body.get("metadata")
    value = metadata.get(key) if isinstance(metadata, dict) else None
    if not isinstance(value, str) or not value:
        raise Garbled(f"an object without metadata.{key}")
    return value


def labelled(body: Object, key: str, value: str) -> dict[str, Any]:
    """A copy of the object with one more label."""
    metadata = body["metadata"]
    return {**body, "metadata": {**metadata, "labels": {**(metadata.get("labels") or {}), key: value}}}


def milliseconds(seconds: float) -> str:
    """A duration as the query `timeout` takes it."""
    return f"{seconds * 1000:.0f}ms"


def seconds_in(text: str) -> float:
    """The inverse of `milliseconds`."""
    return float(text.removesuffix("ms")) / 1000
