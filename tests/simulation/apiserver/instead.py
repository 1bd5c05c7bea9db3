"""Answers of an API server that does not carry out a request: it is overloaded, unavailable, or has timed out."""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import orjson

from queuedjob.ports import Request, Response
from tests.simulation.apiserver.refusals import Refusal, denied_by_policy, expired, webhook_failed
from tests.simulation.apiserver.request_faults import Fault
from tests.simulation.apiserver.resources import PODS, target_of

_USER: Final = "system:serviceaccount:queuedjob-system:queuedjob-operator"

_VERBS: Final = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}

_Refuse: TypeAlias = Callable[[Request], Refusal]


def not_carried_out(request: Request, fault: Fault, headers: Mapping[str, str], pause: int) -> Response:
    """The answer of a server that does nothing. `fault` is in NOT_CARRIED_OUT; `pause` is the Retry-After of a 429."""
    if fault is Fault.THROTTLED:  # priority and fairness answers in plain text (apiserver, server/filters)
        plain = {**headers, "content-type": "text/plain; charset=utf-8", "retry-after": str(pause)}
        return Response(429, plain, b"Too many requests, please try again later.\n")
    refusal = _REFUSALS[fault](request)
    return Response(refusal.code, headers, refusal.encoded())


def timed_out(headers: Mapping[str, str]) -> Response:
    """The 504 of a server that still works on the request. This Status has no kind (apiserver,
    endpoints/filters/timeout)."""
    words = "Timeout: request did not complete within the allotted timeout"
    status = {"metadata": {}, "status": "Failure", "message": words, "reason": "Timeout", "details": {}, "code": 504}
    return Response(504, headers, orjson.dumps(status))


def _not_permitted(request: Request) -> Refusal:
    target = target_of(request.path)
    assert target is not None
    resource, where = target.resource, f' in the namespace "{target.namespace}"' if target.namespace else ""
    read = "get" if target.name else "watch" if "watch" in request.query else "list"
    verb = _VERBS.get(request.method, read)
    what = f'{resource} "{target.name}"' if target.name else str(resource)
    words = f'User "{_USER}" cannot {verb} resource "{resource.plural}{target.subresource}" in API group '
    message = f'{what} is forbidden: {words}"{resource.group}"{where or " at the cluster scope"}'
    return Refusal(403, "Forbidden", message, details={"kind": resource.plural})


_REFUSALS: Final[Mapping[Fault, _Refuse]] = {
    Fault.CONFLICTED: lambda _: Refusal(409, "Conflict", "Operation cannot be fulfilled: please try again"),
    Fault.BROKEN: lambda _: Refusal(500, "InternalError", "Internal error occurred: etcdserver: leader changed"),
    Fault.FAILED_BEFORE: lambda _: Refusal(
        503, "ServiceUnavailable", "the server is currently unable to handle the request"
    ),
    Fault.EXPIRED: lambda _: expired("The resourceVersion for the provided watch is too old."),
    Fault.UNAUTHORIZED: lambda _: Refusal(401, "Unauthorized", "Unauthorized"),
    Fault.NOT_PERMITTED: _not_permitted,
    Fault.DENIED: lambda request: denied_by_policy(PODS, request.path.rsplit("/", 1)[1], "keep-pods", "pods are kept"),
    Fault.UNHOOKED: lambda _: webhook_failed("mpod.kb.io"),
}

NOT_CARRIED_OUT: Final = frozenset({Fault.THROTTLED, *_REFUSALS})
"""Faults with an answer whose request is not carried out."""
