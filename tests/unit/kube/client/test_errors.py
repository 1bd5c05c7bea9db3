"""Errors from answers. The messages are those of a Kubernetes 1.36 API server."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuedjob.kube.client.errors import (
    AlreadyExists,
    ApiError,
    Conflict,
    Gone,
    NotFound,
    NotSent,
    Refused,
    ServerFailed,
    StrangeAnswer,
    Throttled,
    error_of,
    lost,
    not_permitted,
    webhook_failed,
)
from queuedjob.ports import NoAnswer, Response
from tests.unit.kube.client.scripted import answer, failure

TIMEOUT = (
    b'{"metadata":{},"status":"Failure","message":"Timeout: request did not complete within the allotted timeout",'
    b'"reason":"Timeout","details":{},"code":504}'
)


@pytest.mark.parametrize("status", [200, 201, 202])
def test_a_success_is_no_error(status: int) -> None:
    assert error_of(answer(status)) is None


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        pytest.param(failure(404, "NotFound", 'pods "a" not found', name="a", kind="pods"), NotFound, id="object"),
        pytest.param(answer(404, b"404 page not found\n"), StrangeAnswer, id="kind not served"),
        pytest.param(
            failure(404, "NotFound", "the server could not find the requested resource"),
            StrangeAnswer,
            id="resource not served",
        ),
        pytest.param(failure(409, "AlreadyExists", 'pods "a" already exists'), AlreadyExists, id="exists"),
        pytest.param(failure(409, "Conflict", 'Operation cannot be fulfilled on Pod "a"'), Conflict, id="precondition"),
        pytest.param(failure(410, "Expired", "The provided continue parameter is too old"), Gone, id="expired"),
        pytest.param(failure(400, "BadRequest", 'unknown field "spec.comand"'), Refused, id="bad request"),
        pytest.param(failure(401, "Unauthorized", "Unauthorized"), Refused, id="unauthorized"),
        pytest.param(failure(403, "Forbidden", 'pods "a" is forbidden: exceeded quota'), Refused, id="forbidden"),
        pytest.param(failure(422, "Invalid", 'Pod "a" is invalid'), Refused, id="invalid"),
        pytest.param(answer(429, b"Too many requests, please try again later.\n"), Throttled, id="fairness"),
        pytest.param(failure(429, "TooManyRequests", "storage is (re)initializing"), Throttled, id="not ready"),
        pytest.param(failure(500, "InternalError", "Internal error occurred"), ServerFailed, id="internal"),
        pytest.param(answer(504, TIMEOUT), ServerFailed, id="its own timeout"),
        pytest.param(answer(502, b"<html>Bad Gateway</html>"), ServerFailed, id="a proxy without a server"),
        pytest.param(answer(400, b"Client sent an HTTP request to an HTTPS server.\n"), StrangeAnswer, id="not TLS"),
        pytest.param(answer(403, b"<html>blocked</html>"), StrangeAnswer, id="a proxy that refuses"),
        pytest.param(answer(302, b""), StrangeAnswer, id="a login page"),
        pytest.param(answer(304, b"{}"), StrangeAnswer, id="an object that says nothing"),
    ],
)
def test_each_error_answer_has_its_exception_type(response: Response, kind: type[ApiError]) -> None:
    error = error_of(response)
    assert type(error) is kind
    assert error.status == response.status


@pytest.mark.parametrize("code", [400, 403, 404, 409, 422, 429, 500, 503])
def test_a_webhooks_denial_is_a_refusal_with_any_code(code: int) -> None:
    reason = {404: "NotFound", 409: "AlreadyExists"}.get(code, "")
    error = error_of(failure(code, reason, 'admission webhook "h.example.com" denied the request: no', name="a"))
    assert type(error) is Refused


def test_the_api_servers_own_timeout_keeps_its_message() -> None:
    error = error_of(answer(504, TIMEOUT))
    assert error is not None
    assert error.message == "Timeout: request did not complete within the allotted timeout"


def test_the_message_of_an_html_answer_is_a_part_of_the_page() -> None:
    error = error_of(answer(502, b"x" * 10_000))
    assert error is not None
    assert error.message == "x" * 500


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({}, 1), ({"retry-after": "7"}, 7), ({"retry-after": "0"}, 1), ({"retry-after": "soon"}, 1)],
)
def test_a_throttled_answer_says_when_to_send_the_next_request(headers: dict[str, str], seconds: float) -> None:
    error = error_of(answer(429, b"Too many requests", headers))
    assert isinstance(error, Throttled)
    assert error.retry_after == seconds


def test_a_retry_after_of_a_year_is_cut_to_ten_minutes() -> None:
    error = error_of(answer(429, b"Too many requests", {"retry-after": "31536000"}))
    assert isinstance(error, Throttled)
    assert error.retry_after == 600


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        pytest.param(503, {"details": "upstream connect error"}, ServerFailed, id="details in words"),
        pytest.param(503, {"details": ["a"]}, ServerFailed, id="details in a list"),
        pytest.param(403, {"details": {"causes": 5}}, Refused, id="causes that are a number"),
        pytest.param(403, {"details": {"causes": {"a": "b"}}}, Refused, id="causes in an object"),
        pytest.param(403, {"details": {"causes": ["a", None, 3]}}, Refused, id="causes in words"),
        pytest.param(403, {"details": {"causes": [{"reason": 1, "field": [], "message": {}}]}}, Refused, id="a cause"),
        pytest.param(404, {"details": {"name": 7}}, StrangeAnswer, id="a name that is a number"),
        pytest.param(409, {"reason": ["AlreadyExists"]}, Conflict, id="a reason in a list"),
        pytest.param(500, {"message": {"text": "no"}}, ServerFailed, id="a message in an object"),
    ],
)
def test_a_part_of_a_status_that_has_another_type_counts_as_absent(
    status: int, body: dict[str, object], kind: type[ApiError]
) -> None:
    error = error_of(answer(status, {"status": "Failure", **body}))
    assert type(error) is kind
    assert (error.message, error.reason) == ("", "")
    assert [(c.reason, c.field, c.message) for c in error.causes] in ([], [("", "", "")])


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
_CAUSES = _VALUES | st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(("reason", "field", "message"), _VALUES)))
_DETAILS = _VALUES | st.fixed_dictionaries({}, optional={"name": _VALUES, "causes": _CAUSES})
_STATUSES = st.fixed_dictionaries(
    {"status": st.just("Failure")},
    optional={**dict.fromkeys(("kind", "message", "reason", "code"), _VALUES), "details": _DETAILS},
)


@given(status=st.integers(100, 599), body=_VALUES | _STATUSES)
def test_every_json_body_of_a_failed_request_makes_an_error(status: int, body: object) -> None:
    error = error_of(Response(status, {}, orjson.dumps(body)))
    assert (error is None) == (200 <= status < 300)
    assert error is None or (isinstance(error.message, str) and isinstance(error.reason, str))


def test_an_error_keeps_the_causes_of_its_status() -> None:
    error = error_of(
        failure(422, "Invalid", "x", causes=[{"reason": "FieldValueInvalid", "field": "a", "message": "b"}])
    )
    assert error is not None
    assert [(c.reason, c.field, c.message) for c in error.causes] == [("FieldValueInvalid", "a", "b")]


@pytest.mark.parametrize(
    ("error", "may_be_committed"),
    [
        (NoAnswer("reset"), True),
        (NotSent("refused"), False),
        (ServerFailed(500, "x"), True),
        (ServerFailed(504, "x"), True),
        (Refused(500, 'admission webhook "h" denied the request'), True),
        (StrangeAnswer(404, "x"), True),
        (Throttled("x", retry_after=1), False),
        (Conflict(409, "x"), False),
        (AlreadyExists(409, "x"), False),
        (Refused(403, "x"), False),
        (NotFound(404, "x"), False),
    ],
)
def test_a_write_is_lost_unless_its_answer_says_that_it_was_not_carried_out(
    error: Exception,
    may_be_committed: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert lost(error) is may_be_committed


FORBIDDEN = 'is forbidden: User "operator" cannot create resource "pods"'
HOOK = 'Internal error occurred: failed calling webhook "h.example.com": failed to call webhook: no route'


@pytest.mark.parametrize(
    ("error", "is_not_permitted", "is_webhook_failed"),
    [
        pytest.param(Refused(403, f"pods {FORBIDDEN}"), True, False, id="of a kind"),
        pytest.param(Refused(403, f'deadletters.queuedjob.dev "d" {FORBIDDEN}'), True, False, id="of an object"),
        pytest.param(Refused(422, f"pods {FORBIDDEN}"), False, False, id="another status"),
        pytest.param(Refused(403, f'pods "p" is forbidden: quota: pods {FORBIDDEN}'), False, False, id="quoted"),
        pytest.param(ServerFailed(500, f"pods {FORBIDDEN}"), False, False, id="no refusal"),
        pytest.param(ServerFailed(500, HOOK), False, True, id="a webhook"),
        pytest.param(ServerFailed(500, f"etcd: {HOOK}"), False, False, id="a webhook that is quoted"),
        pytest.param(Refused(403, HOOK), False, False, id="a refusal that reads alike"),
        pytest.param(NoAnswer(HOOK), False, False, id="no answer"),
    ],
)
def test_what_decides_by_the_start_of_a_message(
    error: Exception,
    is_not_permitted: bool,  # noqa: FBT001 - a column of the table
    is_webhook_failed: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert (not_permitted(error), webhook_failed(error)) == (is_not_permitted, is_webhook_failed)
