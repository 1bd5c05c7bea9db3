"""The API server's refusals and failures as exceptions. Each carries the API server's message for people to read."""

# ruff: noqa: N818 - each is named after the API server's answer, which is often not an error

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from queuedjob.kube.client import wire
from queuedjob.kube.client.decoding import Garbled, read_shallow
from queuedjob.kube.client.wire import Cause
from queuedjob.ports import NoAnswer, Response

_DEFAULT_RETRY_AFTER: Final = 1.0
"""Seconds to wait after a 429 without Retry-After, as client-go does."""

_ADMISSION_DENIAL: Final = re.compile(
    r"""admission\ webhook\ "[^"]+"\ denied\ the\ request  # apiserver: admission/plugin/webhook/errors
      | \S+\ "[^"]*"\ is\ forbidden:\ ValidatingAdmissionPolicy\ '  # admission/plugin/policy/validating
      | policy\ '[^']+'\ with\ binding\ '[^']+'\ denied\ request  # admission/plugin/policy/mutating: it failed
    """,
    re.VERBOSE,
)
"""How an admission denial's message starts. Only the start is matched: the rest may quote the user's spec."""


class NotSent(NoAnswer):
    """No connection could be made, so no request was sent. Unlike after any other NoAnswer, it cannot take effect."""


class TermOver(NotSent):
    """The term of this process is over, or ends too soon: the write was not sent. Another operator may lead by now."""


class ApiError(Exception):
    """The API server answered with an error. `status` is the HTTP status."""

    def __init__(self, status: int, message: str, *, reason: str = "", causes: tuple[Cause, ...] = ()) -> None:
        super().__init__(f"{status} {reason}: {message}" if reason else f"{status}: {message}")
        self.status = status
        self.reason = reason
        self.message = message
        self.causes = causes


class NotFound(ApiError):
    """404: there is no object of that name (or no namespace). For a path that is not served, see StrangeAnswer."""


class AlreadyExists(ApiError):
    """409: an object of that name exists. Any client may have created it."""


class Conflict(ApiError):
    """409: a precondition (UID, resourceVersion) did not hold, or the API server lost an internal race."""


class Gone(ApiError):
    """410: the resourceVersion or continue token is too old."""


class Refused(ApiError):
    """Any other 4xx of the API server itself, and every denial by a webhook or policy, whatever its status code."""


class Throttled(ApiError):
    """429: the request was not carried out. Try again after `retry_after` seconds."""

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(HTTPStatus.TOO_MANY_REQUESTS, message, reason="TooManyRequests")
        self.retry_after = retry_after


class ServerFailed(ApiError):
    """5xx: the API server failed, or a component that it called. A write may have been carried out all the same."""


class StrangeAnswer(ApiError):
    """An answer that tells nothing about the object: a proxy's page, a redirect, a path that is not served (yet).

    It must not be taken for NotFound. If the 404 of a missing CRD meant "the job is gone", the operator would release
    every pod of every job.
    """


def denied_by_admission(message: str) -> bool:
    """Whether `message` is a denial by a webhook or an admission policy. Both may choose any status code."""
    return _ADMISSION_DENIAL.match(message) is not None


_POLICY: Final = re.compile(r"\S+ \"[^\"]*\" is forbidden: ValidatingAdmissionPolicy '([^']+)' ")


def denied_by_policy(message: str, name: str) -> bool:
    """Whether the ValidatingAdmissionPolicy of this name wrote `message`. The words after its name may be a user's."""
    denial = _POLICY.match(message)
    return denial is not None and denial[1] == name


_TOO_LARGE: Final = re.compile(
    r"""etcdserver:\ request\ is\ too\ large  # over etcd's --max-request-bytes, 1.5 MiB
      # over the 2 MiB of its client
      | rpc\ error:\ code\ =\ ResourceExhausted\ desc\ =\ trying\ to\ send\ message\ larger\ than\ max
    """,
    re.VERBOSE,
)
"""How the API server reports, as its own failure, that an object which fits a request does not fit etcd."""


def too_large(error: Exception) -> bool:
    """Whether an object was refused for its size alone. It is not stored, and will not be."""
    if not isinstance(error, ApiError):
        return False
    by_etcd = error.status == HTTPStatus.INTERNAL_SERVER_ERROR and _TOO_LARGE.match(error.message) is not None
    return by_etcd or (isinstance(error, Refused) and error.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


_NOT_PERMITTED: Final = re.compile(r'\S+( "[^"]*")? is forbidden: User "[^"]*" cannot ')
_WEBHOOK_FAILED: Final = 'Internal error occurred: failed calling webhook "'
"""How the messages start (apiserver, endpoints/handlers/responsewriters; admission/plugin/webhook/errors)."""


def not_permitted(error: Exception) -> bool:
    """Whether no role of ours permits the request (RBAC)."""
    return (
        isinstance(error, Refused)
        and error.status == HTTPStatus.FORBIDDEN
        and _NOT_PERMITTED.match(error.message) is not None
    )


def webhook_failed(error: Exception) -> bool:
    """Whether a required admission webhook did not answer: it decides as a denial does, but as a 500."""
    return isinstance(error, ServerFailed) and error.message.startswith(_WEBHOOK_FAILED)


def precondition_failed(error: ApiError) -> bool:
    """Whether a `test` of a JSON patch did not hold: the object has changed. A policy's denial is also a 422."""
    return error.status == HTTPStatus.UNPROCESSABLE_ENTITY and not denied_by_admission(error.message)


def lost(error: Exception) -> bool:
    """Whether a write that failed with `error` may still be committed (protocol: a late POST)."""
    if isinstance(error, ApiError):
        return error.status >= HTTPStatus.INTERNAL_SERVER_ERROR or isinstance(error, StrangeAnswer)
    return isinstance(error, NoAnswer) and not isinstance(error, NotSent)


def error_of(response: Response) -> ApiError | None:
    """The error that `response` stands for; None if the request succeeded."""
    if HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    status = _status_of(response)
    if status is not None and denied_by_admission(status.message):
        return Refused(response.status, status.message, reason=status.reason, causes=status.causes)
    text = wire.words_of(response.body)
    if response.status == HTTPStatus.TOO_MANY_REQUESTS:  # priority and fairness sends plain text, no Status
        return Throttled(text, retry_after=wire.retry_after(response.headers) or _DEFAULT_RETRY_AFTER)
    if status is None:
        kind = ServerFailed if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR else StrangeAnswer
        return kind(response.status, text)
    return _kind_of(response.status, status)(response.status, text, reason=status.reason, causes=status.causes)


def _status_of(response: Response) -> wire.Status | None:
    try:
        return wire.read_status(read_shallow(response.body))
    except Garbled:
        return None


def _kind_of(code: int, status: wire.Status) -> type[ApiError]:
    if code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ServerFailed
    if code < HTTPStatus.BAD_REQUEST:  # a redirect is not a refusal
        return StrangeAnswer
    if code == HTTPStatus.NOT_FOUND and not status.name:  # "the server could not find the requested resource"
        return StrangeAnswer
    return _BY_REASON.get((code, status.reason)) or _BY_CODE.get(code, Refused)


_BY_REASON: Final[Mapping[tuple[int, str], type[ApiError]]] = {
    (HTTPStatus.NOT_FOUND, "NotFound"): NotFound,
    (HTTPStatus.CONFLICT, "AlreadyExists"): AlreadyExists,
}
_BY_CODE: Final[Mapping[int, type[ApiError]]] = {HTTPStatus.CONFLICT: Conflict, HTTPStatus.GONE: Gone}
