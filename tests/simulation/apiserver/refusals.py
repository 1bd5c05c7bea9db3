"""Refusals of the API server: a meta/v1 Status, with the text of the real API server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from tests.simulation.apiserver.resources import Resource


@dataclass(frozen=True, slots=True)
class Cause:
    """One field that is wrong."""

    reason: str
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


class Refusal(Exception):  # noqa: N818 - a refusal of the API server, no error in a program
    """A request that is not carried out. `details` are the details of the Status."""

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        *,
        details: Mapping[str, Any] | None = None,
        token: str = "",
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
        self.token = token

    def status(self) -> dict[str, Any]:
        """The Status as JSON."""
        status: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {"continue": self.token} if self.token else {},
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            status["reason"] = self.reason
        if self.details is not None:
            status["details"] = dict(self.details)
        return {**status, "code": self.code}

    def encoded(self) -> bytes:
        """The Status as encoded JSON."""
        return orjson.dumps(self.status())


def not_found(resource: Resource, name: str) -> Refusal:
    return Refusal(404, "NotFound", f'{resource} "{name}" not found', details=_named(resource, name))


def already_exists(resource: Resource, name: str, *, going: bool) -> Refusal:
    """The name is taken. `going`: the existing object is being deleted."""
    words = f'{resource} "{name}" already exists'
    return Refusal(
        409, "AlreadyExists", f"object is being deleted: {words}" if going else words, details=_named(resource, name)
    )


def conflict(resource: Resource, name: str, why: str, *, at: str = "", by_kind: bool = False) -> Refusal:
    """A conflict. `at`: the subresource. `by_kind`: name the kind, as the real API server does if a precondition of a
    DELETE does not hold."""
    what = resource.qualified_kind if by_kind else resource.at(at)
    kind = resource.kind if by_kind else resource.plural + at
    message = f'Operation cannot be fulfilled on {what} "{name}": {why}'
    return Refusal(409, "Conflict", message, details=_named(resource, name, kind))


def other_uid(resource: Resource, namespace: str, name: str, asked: str, found: str) -> Refusal:
    """A write with a UID does not change an object with another UID."""
    home = f"{resource.group}/{resource.plural}" if resource.group else resource.plural
    return conflict(
        resource,
        name,
        f"StorageError: invalid object, Code: 4, Key: /registry/{home}/{namespace}/{name}, ResourceVersion: 0, "
        f"AdditionalErrorMsg: Precondition failed: UID in precondition: {asked}, UID in object meta: {found}",
    )


REQUEST_LIMIT: Final = 3 * 1024 * 1024
STORAGE_LIMIT: Final = 1536 * 1024
_CLIENT_LIMIT: Final = 2 * 1024 * 1024
"""Most bytes of a request to the API server, of a request that etcd accepts, and of one that etcd's client sends."""

STALE: Final = "the object has been modified; please apply your changes to the latest version and try again"


def forbidden(resource: Resource, name: str, why: str, causes: Sequence[Cause] = ()) -> Refusal:
    details = {**_named(resource, name), **_causes(causes)}
    return Refusal(403, "Forbidden", f'{resource} "{name}" is forbidden: {why}', details=details)


def invalid(resource: Resource, name: str, causes: Sequence[Cause]) -> Refusal:
    """An invalid object, with all causes."""
    words = _words(causes)
    details = {**_named(resource, name, resource.kind), **_causes(causes)}
    return Refusal(422, "Invalid", f'{resource.qualified_kind} "{name}" is invalid: {words}', details=details)


def versionless(resource: Resource, name: str) -> Refusal:
    """A PUT without a resourceVersion. The real API server names the resource here, not the kind."""
    cause = Cause("FieldValueInvalid", "metadata.resourceVersion", "Invalid value: 0: must be specified for an update")
    details = {**_named(resource, name), **_causes([cause])}
    return Refusal(422, "Invalid", f'{resource} "{name}" is invalid: {cause}', details=details)


def _words(causes: Sequence[Cause]) -> str:
    """The causes as text; equal causes appear once."""
    said = list(dict.fromkeys(str(cause) for cause in causes))
    return said[0] if len(said) == 1 else f"[{', '.join(said)}]"


def denied_by_policy(resource: Resource, name: str, policy: str, why: str) -> Refusal:
    """A ValidatingAdmissionPolicy denies a request."""
    words = f"ValidatingAdmissionPolicy '{policy}' with binding '{policy}' denied request: {why}"
    details = {**_named(resource, name), "causes": [{"message": words}]}
    return Refusal(422, "Invalid", f'{resource} "{name}" is forbidden: {words}', details=details)


def denied_by_webhook(webhook: str, why: str, *, code: int = 400, reason: str = "") -> Refusal:
    """A webhook denies a request, with any code (apiserver, admission/plugin/webhook/errors)."""
    return Refusal(code, reason, f'admission webhook "{webhook}" denied the request: {why}')


def webhook_failed(webhook: str) -> Refusal:
    """A required webhook does not answer."""
    words = f'failed calling webhook "{webhook}": failed to call webhook: connect: connection refused'
    details = {"causes": [{"message": words}]}
    return Refusal(500, "InternalError", f"Internal error occurred: {words}", details=details)


def bad_request(message: str) -> Refusal:
    return Refusal(400, "BadRequest", message)


def patch_does_not_fit() -> Refusal:
    """A JSON patch with a `test` that fails, or with a path that does not exist."""
    return Refusal(422, "Invalid", "the server rejected our request due to an error in our request", details={})


def too_large_to_send() -> Refusal:
    """A request over the API server's limit."""
    words = f"Request entity too large: limit is {REQUEST_LIMIT}"
    return Refusal(413, "RequestEntityTooLarge", words)


def too_large_to_store(size: int) -> Refusal:
    """An object that is too large for etcd, or even for etcd's client."""
    if size > _CLIENT_LIMIT:
        words = f"trying to send message larger than max ({size} vs. {_CLIENT_LIMIT})"
        return Refusal(500, "", f"rpc error: code = ResourceExhausted desc = {words}")
    return Refusal(500, "", "etcdserver: request is too large")


def expired(message: str, token: str = "") -> Refusal:
    """A request for history that was compacted."""
    return Refusal(410, "Expired", message, token=token)


def _named(resource: Resource, name: str, kind: str = "") -> dict[str, Any]:
    group = {"group": resource.group} if resource.group else {}
    return {**({"name": name} if name else {}), **group, "kind": kind or resource.plural}


def _causes(causes: Sequence[Cause]) -> dict[str, Any]:
    if not causes:
        return {}
    return {"causes": [{"reason": c.reason, "message": c.message, "field": c.field} for c in causes]}
