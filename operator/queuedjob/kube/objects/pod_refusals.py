"""Classify why the API server did not create a pod: an ordered chain of named rules, first match wins.

Messages are matched only at their start, in the API server's own wording (Kubernetes 1.36; each was observed there).
The rest of a message quotes the user's spec, which must not decide anything.
"""

import enum
import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, TypeAlias

from queuedjob.kube.client.errors import (
    AlreadyExists,
    ApiError,
    NotFound,
    Refused,
    Throttled,
    denied_by_admission,
    not_permitted,
    too_large,
    webhook_failed,
)
from queuedjob.kube.objects.refused_fields import as_in_the_spec, filled_in
from queuedjob.ports import Body, NoAnswer


class CreateErrorKind(enum.Enum):
    """How the operator reacts to a pod that was not created."""

    SPEC_FAULT = "spec-fault"
    """The spec can never become a pod: the job ends with class Permanent and action fix-spec."""
    QUOTA = "quota"
    """A ResourceQuota is used up: wait, and try again, paced."""
    OWN_PERMISSION = "own-permission"
    """The operator lacks a permission: wait, and inform the operator's administrator."""
    WEBHOOK_FAILED = "webhook-failed"
    """A required admission webhook does not answer: wait, and inform the cluster's administrator."""
    NAMESPACE_GOING = "namespace-going"
    """The namespace is being deleted or is gone, and may be created anew: wait, and try again, seldom."""
    MENDABLE = "mendable"
    """A rule of the cluster, or a missing object that may yet appear: show the message, wait until timeouts.total."""
    NAME_TAKEN = "name-taken"
    """A pod of that name exists. Only a GET can show whose pod it is."""
    RETRY = "retry"
    """Nothing was decided: try again, paced. No attempt is spent."""


@dataclass(frozen=True, slots=True)
class CreateError:
    """Why there is no pod. `rule` is the name of the rule that matched; `message` is the API server's message.

    `retry_after`: seconds that the API server asks to wait, 0 if it does not ask.
    """

    kind: CreateErrorKind
    rule: str
    message: str
    retry_after: float = 0.0


Failure: TypeAlias = ApiError | NoAnswer


@dataclass(frozen=True, slots=True)
class CreateErrorRule:
    """One rule of the chain."""

    name: str
    kind: CreateErrorKind
    matches: Callable[[Failure], bool]


def create_error_of(error: Failure, pod: Body | None = None) -> CreateError:
    """Classify the failed POST of a pod (the table "When the API server refuses the pod").

    A pod that is invalid for a field which `pod`, as it was sent, does not set is no fault of the spec: admission has
    filled the field in, and an administrator may mend that. Without `pod`, every field counts as set.
    """
    rule = next(rule for rule in RULES if rule.matches(error))
    if rule is _INVALID and pod is not None and isinstance(error, ApiError) and filled_in(error.causes, pod):
        rule = _FILLED_IN
    return CreateError(
        kind=rule.kind,
        rule=rule.name,
        message=_words(error, pod),
        retry_after=error.retry_after if isinstance(error, Throttled) else 0.0,
    )


def _words(error: Failure, pod: Body | None) -> str:
    if not isinstance(error, ApiError):
        return str(error)
    return error.message if pod is None else as_in_the_spec(error.message, pod)


def _says(kind: type[ApiError], pattern: str, *, status: int | None = None) -> Callable[[Failure], bool]:
    """Match an error of this kind (and status) whose message starts with `pattern`."""
    begins = re.compile(pattern)

    def matches(error: Failure) -> bool:
        return (
            isinstance(error, kind)
            and (status is None or error.status == status)
            and begins.match(error.message) is not None
        )

    return matches


def _has(status: int) -> Callable[[Failure], bool]:
    return lambda error: isinstance(error, Refused) and error.status == status


def _is_admission_denial(error: Failure) -> bool:
    return isinstance(error, ApiError) and denied_by_admission(error.message)


def _names_a_namespace_that_goes(error: Failure) -> bool:
    return isinstance(error, Refused) and any(cause.reason == "NamespaceTerminating" for cause in error.causes)


_THE_POD: Final = r'pods "[^"]*" is forbidden: '

_INVALID: Final = CreateErrorRule("invalid", CreateErrorKind.SPEC_FAULT, _has(HTTPStatus.UNPROCESSABLE_ENTITY))
_FILLED_IN: Final = CreateErrorRule("invalid-by-default", CreateErrorKind.MENDABLE, lambda _: False)
"""For what `create_error_of` finds in the fields."""

RULES: Final = (
    CreateErrorRule("admission-denied", CreateErrorKind.MENDABLE, _is_admission_denial),
    CreateErrorRule("name-taken", CreateErrorKind.NAME_TAKEN, lambda error: isinstance(error, AlreadyExists)),
    CreateErrorRule("namespace-terminating", CreateErrorKind.NAMESPACE_GOING, _names_a_namespace_that_goes),
    CreateErrorRule(
        "namespace-gone", CreateErrorKind.NAMESPACE_GOING, _says(NotFound, r'namespaces "[^"]*" not found')
    ),
    CreateErrorRule(
        "quota-exceeded",
        CreateErrorKind.QUOTA,
        _says(Refused, _THE_POD + "exceeded quota: ", status=HTTPStatus.FORBIDDEN),
    ),
    CreateErrorRule(
        "pod-security",
        CreateErrorKind.SPEC_FAULT,
        _says(Refused, _THE_POD + "violates PodSecurity ", status=HTTPStatus.FORBIDDEN),
    ),
    CreateErrorRule("unauthorized", CreateErrorKind.OWN_PERMISSION, _has(HTTPStatus.UNAUTHORIZED)),
    CreateErrorRule("not-permitted", CreateErrorKind.OWN_PERMISSION, not_permitted),
    CreateErrorRule(  # the plugin OwnerReferencesPermissionEnforcement: update on queuedjobs/finalizers is missing
        "owner-reference-not-permitted",
        CreateErrorKind.OWN_PERMISSION,
        _says(Refused, _THE_POD + "cannot set blockOwnerDeletion ", status=HTTPStatus.FORBIDDEN),
    ),
    CreateErrorRule("forbidden", CreateErrorKind.MENDABLE, _has(HTTPStatus.FORBIDDEN)),
    CreateErrorRule("bad-request", CreateErrorKind.SPEC_FAULT, _has(HTTPStatus.BAD_REQUEST)),
    _INVALID,
    CreateErrorRule("too-large", CreateErrorKind.SPEC_FAULT, too_large),
    CreateErrorRule("webhook-failed", CreateErrorKind.WEBHOOK_FAILED, webhook_failed),
    CreateErrorRule("undecided", CreateErrorKind.RETRY, lambda _: True),
)
