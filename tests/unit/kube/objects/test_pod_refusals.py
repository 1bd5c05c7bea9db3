"""The table "When the API server refuses the pod". The messages are those of a Kubernetes 1.36 API server."""

import pytest

from queuedjob.kube.client.errors import NotSent, error_of
from queuedjob.kube.objects.pod_refusals import RULES, CreateErrorKind, create_error_of
from queuedjob.ports import NoAnswer, Response
from tests.unit.kube.client.scripted import answer, failure

K = CreateErrorKind


def forbidden(words: str, **details: object) -> Response:
    return failure(403, "Forbidden", f'pods "p" is forbidden: {words}', **details)


def hook(code: int, reason: str = "", words: str = "denied the request: no") -> Response:
    return failure(code, reason, f'admission webhook "h.example.com" {words}', name="p")


def hook_failed(words: str) -> Response:
    return failure(500, "InternalError", f'Internal error occurred: failed calling webhook "h.example.com": {words}')


POLICY = "ValidatingAdmissionPolicy 'v' with binding 'b' denied request: no pods of this sort"

TABLE = [
    # Faults of the spec.
    (
        "unknown field",
        failure(
            400,
            "BadRequest",
            'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.comand"',
        ),
        K.SPEC_FAULT,
        "bad-request",
    ),
    (
        "bad quantity",
        failure(
            400,
            "BadRequest",
            'Pod in version "v1" cannot be handled as a Pod: quantities must match the regular expression',
        ),
        K.SPEC_FAULT,
        "bad-request",
    ),
    (
        "invalid name",
        failure(
            422, "Invalid", 'Pod "p" is invalid: spec.containers[0].name: Invalid value: "Main_": a lowercase RFC 1123'
        ),
        K.SPEC_FAULT,
        "invalid",
    ),
    (
        "pod security",
        forbidden('violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "main" ...)'),
        K.SPEC_FAULT,
        "pod-security",
    ),
    (
        "too large",
        failure(413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728"),
        K.SPEC_FAULT,
        "too-large",
    ),
    ("too large for etcd", failure(500, "", "etcdserver: request is too large"), K.SPEC_FAULT, "too-large"),
    (
        "too large for etcd's client",
        failure(
            500,
            "",
            "rpc error: code = ResourceExhausted desc = trying to send message larger than max (3000735 vs. 2097152)",
        ),
        K.SPEC_FAULT,
        "too-large",
    ),
    # The message quotes text of the spec that would match another rule at the start of the message.
    (
        "a value that quotes a policy",
        failure(
            422,
            "Invalid",
            "Pod \"p\" is invalid: spec.x: Invalid value: \"pods 'x' is forbidden: ValidatingAdmissionPolicy 'v'\"",
        ),
        K.SPEC_FAULT,
        "invalid",
    ),
    (
        "a value that quotes a quota",
        forbidden('violates PodSecurity "restricted:latest": container "exceeded quota: " must not'),
        K.SPEC_FAULT,
        "pod-security",
    ),
    # Wait: quota.
    (
        "quota",
        forbidden("exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0"),
        K.QUOTA,
        "quota-exceeded",
    ),
    # To be fixed by the operator's administrator.
    (
        "no role",
        failure(
            403,
            "Forbidden",
            'pods is forbidden: User "system:serviceaccount:hooks:op" cannot create resource "pods" in API group ""'
            ' in the namespace "hooks"',
        ),
        K.OWN_PERMISSION,
        "not-permitted",
    ),
    ("bad token", failure(401, "Unauthorized", "Unauthorized"), K.OWN_PERMISSION, "unauthorized"),
    (
        "finalizers subresource",
        forbidden(
            "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: ,"
        ),
        K.OWN_PERMISSION,
        "owner-reference-not-permitted",
    ),
    # To be fixed by the cluster's administrator.
    (
        "webhook refused",
        hook_failed('failed to call webhook: Post "https://127.0.0.1:1/?timeout=2s": connect: connection refused'),
        K.WEBHOOK_FAILED,
        "webhook-failed",
    ),
    (
        "webhook late",
        hook_failed('failed to call webhook: Post "https://127.0.0.1:1/?timeout=2s": context deadline exceeded'),
        K.WEBHOOK_FAILED,
        "webhook-failed",
    ),
    (
        "webhook without service",
        hook_failed('failed to call webhook: Post "https://x.nowhere.svc:443/?timeout=2s": service "x" not found'),
        K.WEBHOOK_FAILED,
        "webhook-failed",
    ),
    # The namespace is being deleted or is gone.
    (
        "namespace terminating",
        forbidden(
            "unable to create new content in namespace n because it is being terminated",
            causes=[
                {
                    "reason": "NamespaceTerminating",
                    "message": "namespace n is being terminated",
                    "field": "metadata.namespace",
                }
            ],
        ),
        K.NAMESPACE_GOING,
        "namespace-terminating",
    ),
    (
        "namespace gone",
        failure(404, "NotFound", 'namespaces "n" not found', name="n", kind="namespaces"),
        K.NAMESPACE_GOING,
        "namespace-gone",
    ),
    # May be fixed while the job waits.
    ("limit range", forbidden("maximum cpu usage per Container is 100m, but limit is 1"), K.MENDABLE, "forbidden"),
    ("quota wants limits", forbidden("failed quota: q: must specify limits.cpu for: main"), K.MENDABLE, "forbidden"),
    (
        "service account",
        forbidden('error looking up service account n/nope: serviceaccount "nope" not found'),
        K.MENDABLE,
        "forbidden",
    ),
    ("priority class", forbidden("no PriorityClass with name nope was found"), K.MENDABLE, "forbidden"),
    ("runtime class", forbidden('pod rejected: RuntimeClass "nope" not found'), K.MENDABLE, "forbidden"),
    ("policy 422", failure(422, "Invalid", f'pods "p" is forbidden: {POLICY}'), K.MENDABLE, "admission-denied"),
    ("policy 403", forbidden(POLICY), K.MENDABLE, "admission-denied"),
    (
        "policy 413",
        failure(413, "RequestEntityTooLarge", f'pods "p" is forbidden: {POLICY}'),
        K.MENDABLE,
        "admission-denied",
    ),
    (
        "mutating policy that fails",
        failure(
            403, "Invalid", "policy 'm' with binding 'm' denied request: expression 'x' resulted in error: no such key"
        ),
        K.MENDABLE,
        "admission-denied",
    ),
    *(
        (f"webhook denies with {code}", hook(code, reason), K.MENDABLE, "admission-denied")
        for code, reason in (
            (400, ""),
            (401, ""),
            (403, "Forbidden"),
            (404, "NotFound"),
            (409, "AlreadyExists"),
            (422, ""),
            (429, ""),
            (500, ""),
            (503, ""),
        )
    ),
    (
        "webhook denies without a word",
        hook(400, words="denied the request without explanation"),
        K.MENDABLE,
        "admission-denied",
    ),
    # The name is taken.
    ("name taken", failure(409, "AlreadyExists", 'pods "p" already exists', name="p"), K.NAME_TAKEN, "name-taken"),
    # Nothing was decided.
    (
        "quota under load",
        failure(409, "Conflict", 'Operation cannot be fulfilled on resourcequotas "q": the object has been modified'),
        K.RETRY,
        "undecided",
    ),
    ("throttled", answer(429, b"Too many requests, please try again later.\n"), K.RETRY, "undecided"),
    ("etcd down", failure(500, "InternalError", "etcdserver: request timed out"), K.RETRY, "undecided"),
    (
        "mutating webhook with a bad patch",
        failure(500, "InternalError", "Internal error occurred: remove operation does not apply: doc is missing path"),
        K.RETRY,
        "undecided",
    ),
    (
        "timed out",
        failure(504, "Timeout", "Timeout: request did not complete within the allotted timeout"),
        K.RETRY,
        "undecided",
    ),
    ("a proxy's 400", answer(400, b"Bad Request"), K.RETRY, "undecided"),
    ("a proxy's 403", answer(403, b"<html>blocked</html>"), K.RETRY, "undecided"),
    ("method not allowed", failure(405, "MethodNotAllowed", "create not allowed"), K.RETRY, "undecided"),
]


@pytest.mark.parametrize(("response", "kind", "rule"), [pytest.param(*row[1:], id=row[0]) for row in TABLE])
def test_each_refusal_of_a_pod_has_its_kind_and_rule(response: Response, kind: CreateErrorKind, rule: str) -> None:
    error = error_of(response)
    assert error is not None
    refusal = create_error_of(error)
    assert (refusal.kind, refusal.rule) == (kind, rule)
    assert refusal.message == error.message


@pytest.mark.parametrize("error", [NoAnswer("reset by peer"), NotSent("refused")])
def test_a_post_without_an_answer_is_tried_again(error: NoAnswer) -> None:
    refusal = create_error_of(error)
    assert (refusal.kind, refusal.message) == (CreateErrorKind.RETRY, str(error))


def test_a_refusal_keeps_the_pause_that_the_api_server_asks_for() -> None:
    error = error_of(answer(429, b"", {"retry-after": "9"}))
    assert error is not None
    assert create_error_of(error).retry_after == 9


def test_every_refusal_rule_has_a_unique_name_and_a_row_in_the_table() -> None:
    assert [rule.name for rule in RULES] == list(dict.fromkeys(rule.name for rule in RULES))
    assert {rule.name for rule in RULES} == {row[3] for row in TABLE}
