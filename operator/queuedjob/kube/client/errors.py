"""The API server's refusals and failures, as errors of ours. Every one carries its words, for people to read."""

# ruff: noqa: N818 - each is named for what the API server says, which is often nobody's error

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from queuedjob.kube.client import wire
from queuedjob.kube.client.wire import Cause
from queuedjob.ports import NoAnswer, Response

_DEFAULT_RETRY_AFTER: Final = 1.0
"""Seconds to wait after a 429 that names no time, as client-go does."""

_ADMISSION_DENIAL: Final = re.compile(
    r"""admission\ webhook\ "[^"]+"\ denied\ the\ request  # apiserver: admission/plugin/webhook/errors
      | \S+\ "[^"]*"\ is\ forbidden:\ ValidatingAdmissionPolicy\ '  # admission/plugin/policy/validating
      | policy\ '[^']+'\ with\ binding\ '[^']+'\ denied\ request  # admission/plugin/policy/mutating: it failed
    """,
    re.VERBOSE,
)
"""How a denial by the cluster's own rules begins. Matched at the start only: what follows may quote the user's spec."""


class NotSent(NoAnswer):
    """No connection could be made, so nothing was asked: unlike after any other NoAnswer, nothing can come of it."""


class ApiError(Exception):
    """The API server answered, and not with what was asked for. `status` is the HTTP status."""

    def __init__(self, status: int, message: str, *, reason: str = "", causes: tuple[Cause, ...] = ()) -> None:
        super().__init__(f"{status} {reason}: {message}" if reason else f"{status}: {message}")
        self.status = status
        self.reason = reason
        self.message = message
        self.causes = causes


class NotFound(ApiError):
    """404: there is no object of that name (or no namespace). A path that nobody serves is a StrangeAnswer."""


class AlreadyExists(ApiError):
    """409: an object of that name is there, whoever made it."""


class Conflict(ApiError):
    """409: a precondition (UID, resourceVersion) did not hold, or the API server lost a race of its own."""


class Gone(ApiError):
    """410: the resourceVersion or continue token is too old."""


class Refused(ApiError):
    """Any other 4xx of the API server's own, and every denial by a webhook or policy, whatever its code."""


class Throttled(ApiError):
    """429: not carried out; ask again after `retry_after` seconds."""

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(HTTPStatus.TOO_MANY_REQUESTS, message, reason="TooManyRequests")
        self.retry_after = retry_after


class ServerFailed(ApiError):
    """5xx: the API server, or something that it asked, failed. A write may have been carried out all the same."""


class StrangeAnswer(ApiError):
    """An answer that is not the API server's: a proxy's page, a redirect, a path that nobody serves (yet).

    It says nothing about the object asked for. An operator that took the page of a missing CRD for "the job is gone"
    would release every pod of every job.
    """


def denied_by_admission(message: str) -> bool:
    """Whether a webhook or an admission policy speaks, which may choose any status code it likes."""
    return _ADMISSION_DENIAL.match(message) is not None


def precondition_failed(error: ApiError) -> bool:
    """Whether a `test` of a JSON patch did not hold: the object has changed. A policy denies with 422, too."""
    return error.status == HTTPStatus.UNPROCESSABLE_ENTITY and not denied_by_admission(error.message)


def lost(error: Exception) -> bool:
    """Whether a write that ended in `error` may still be committed (protocol: a late POST)."""
    if isinstance(error, ApiError):
        return error.status >= HTTPStatus.INTERNAL_SERVER_ERROR or isinstance(error, StrangeAnswer)
    return isinstance(error, NoAnswer) and not isinstance(error, NotSent)


def error_of(response: Response) -> ApiError | None:
    """What went wrong, None when nothing did."""
    if HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    status = _status_of(response)
    if status is not None and denied_by_admission(status.message):
        return Refused(response.status, status.message, reason=status.reason, causes=status.causes)
    text = wire.words_of(response.body)
    if response.status == HTTPStatus.TOO_MANY_REQUESTS:  # priority and fairness sends bare text, no Status
        return Throttled(text, retry_after=wire.retry_after(response.headers) or _DEFAULT_RETRY_AFTER)
    if status is None:
        kind = ServerFailed if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR else StrangeAnswer
        return kind(response.status, text)
    return _kind_of(response.status, status)(response.status, text, reason=status.reason, causes=status.causes)


def _status_of(response: Response) -> wire.Status | None:
    try:
        return wire.read_status(wire.read_object(response.body))
    except wire.Garbled:
        return None


def _kind_of(code: int, status: wire.Status) -> type[ApiError]:
    if code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ServerFailed
    if code < HTTPStatus.BAD_REQUEST:  # a redirect is nobody's refusal
        return StrangeAnswer
    if code == HTTPStatus.NOT_FOUND and not status.name:  # "the server could not find the requested resource"
        return StrangeAnswer
    return _BY_REASON.get((code, status.reason)) or _BY_CODE.get(code, Refused)


_BY_REASON: Final[Mapping[tuple[int, str], type[ApiError]]] = {
    (HTTPStatus.NOT_FOUND, "NotFound"): NotFound,
    (HTTPStatus.CONFLICT, "AlreadyExists"): AlreadyExists,
}
_BY_CODE: Final[Mapping[int, type[ApiError]]] = {HTTPStatus.CONFLICT: Conflict, HTTPStatus.GONE: Gone}
