from contextlib import suppress
from itertools import count

import pytest

from queuedjob.kube.client.errors import NotSent
from queuedjob.kube.client.observed import Exchange, ObservedTransport
from queuedjob.ports import NoAnswer, Request, Response
from tests.unit.kube.client.scripted import ScriptedTransport, answer, failure


class TickingClock:
    """A clock that advances by one second at each reading."""

    def __init__(self) -> None:
        self._seconds = count(100)

    def monotonic(self) -> float:
        return next(self._seconds)

    def wall(self) -> float:
        raise AssertionError("nothing here may read the wall clock")

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(f"nothing here may sleep, least of all {seconds} s")


class RecordingGate:
    def __init__(self) -> None:
        self.seen: list[object] = []

    async def enter(self) -> None:
        self.seen.append("enter")

    def answered(self, status: int, retry_after: float | None) -> None:
        self.seen.append((status, retry_after))

    def unanswered(self) -> None:
        self.seen.append("unanswered")


def observed(*answers: Response | NoAnswer) -> tuple[ObservedTransport, RecordingGate, list[Exchange]]:
    gate, told = RecordingGate(), list[Exchange]()
    inner = ScriptedTransport(*answers)
    return ObservedTransport(inner, clock=TickingClock(), gate=gate, listeners=(told.append,)), gate, told


async def test_an_answer_is_reported_with_its_times_and_date() -> None:
    transport, gate, told = observed(answer(201, headers={"date": "Tue, 14 Nov 2023 22:13:20 GMT"}))
    await transport.send(Request("POST", "/api/v1/namespaces/n/pods"))
    assert told == [Exchange("create", "pods", 201, 100, 101, "Tue, 14 Nov 2023 22:13:20 GMT")]
    assert gate.seen == ["enter", (201, None)]


async def test_a_lost_answer_is_reported_with_code_zero_and_raised() -> None:
    transport, gate, told = observed(NoAnswer("reset"))
    with pytest.raises(NoAnswer):
        await transport.send(Request("GET", "/api/v1/namespaces/n/pods/p"))
    assert [(e.verb, e.code, e.date) for e in told] == [("get", 0, "")]
    assert gate.seen == ["enter", "unanswered"]


async def test_the_gate_gets_the_retry_after_of_an_answer() -> None:
    transport, gate, _ = observed(answer(429, b"", {"retry-after": "3"}))
    await transport.send(Request("GET", "/api/v1/pods"))
    assert gate.seen == ["enter", (429, 3.0)]


@pytest.mark.parametrize("code", [400, 429, 500, 503])
async def test_a_webhooks_denial_shows_that_the_api_server_works(code: int) -> None:
    words = 'admission webhook "h.example.com" denied the request: come back in ten minutes'
    denial = failure(code, "TooManyRequests", words, retryAfterSeconds=600)
    transport, gate, _ = observed(Response(code, {"retry-after": "600"}, denial.body))
    await transport.send(Request("POST", "/api/v1/namespaces/n/pods"))
    assert gate.seen == ["enter", (403, None)]


HUNG = failure(504, "Timeout", "Timeout: request did not complete within the requested timeout")
WEBHOOK = failure(500, "InternalError", 'Internal error occurred: failed calling webhook "h.example.com": refused')
TOO_LARGE = failure(500, "", "etcdserver: request is too large")


@pytest.mark.parametrize("given", [HUNG, WEBHOOK, TOO_LARGE, NoAnswer("timed out")])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_a_write_that_fails_tells_nothing_of_the_api_server(method: str, given: Response | NoAnswer) -> None:
    transport, gate, told = observed(given)
    with suppress(NoAnswer):
        await transport.send(Request(method, "/api/v1/namespaces/n/pods/p"))
    assert gate.seen == ["enter"]
    assert len(told) == 1, "metrics count it all the same"


@pytest.mark.parametrize(
    ("method", "given", "seen"),
    [
        pytest.param(
            "POST", failure(503, "ServiceUnavailable", "not ready"), (503, None), id="a write that it refuses"
        ),
        pytest.param("POST", failure(502, "", "bad gateway"), (502, None), id="a load balancer without API server"),
        pytest.param("POST", NotSent("refused"), "unanswered", id="no connection for a write"),
        pytest.param("GET", failure(500, "InternalError", "no etcd"), (500, None), id="a read that fails"),
        pytest.param("GET", HUNG, (504, None), id="a read that takes too long"),
        pytest.param("GET", NoAnswer("reset"), "unanswered", id="a read without an answer"),
        pytest.param("POST", failure(422, "Invalid", "no"), (422, None), id="a refusal"),
    ],
)
async def test_what_speaks_of_the_api_server_itself_reaches_the_gate(
    method: str, given: Response | NoAnswer, seen: object
) -> None:
    transport, gate, _ = observed(given)
    with suppress(NoAnswer):
        await transport.send(Request(method, "/api/v1/namespaces/n/pods/p"))
    assert gate.seen == ["enter", seen]


@pytest.mark.parametrize("given", [failure(500, "InternalError", "connection refused"), NoAnswer("timed out")])
@pytest.mark.parametrize(("path", "what"), [("pods/p/log", ("get", "pods/log")), ("events", ("list", "events"))])
async def test_a_read_that_a_node_or_a_namespace_makes_fail_is_not_counted_as_a_failure_of_the_api_server(
    path: str, what: tuple[str, str], given: Response | NoAnswer
) -> None:
    transport, gate, told = observed(given)
    with suppress(NoAnswer):
        await transport.send(Request("GET", f"/api/v1/namespaces/n/{path}"))
    assert gate.seen == ["enter"]
    assert [(e.verb, e.resource) for e in told] == [what]


async def test_a_log_that_is_given_or_throttled_is_an_answer_for_the_gate() -> None:
    transport, gate, _ = observed(answer(200), answer(429, b"", {"retry-after": "3"}))
    for _ in range(2):
        await transport.send(Request("GET", "/api/v1/namespaces/n/pods/p/log"))
    assert gate.seen == ["enter", (200, None), "enter", (429, 3.0)]


async def test_a_stream_is_reported_when_it_opens() -> None:
    transport, gate, told = observed(answer(200, b"a\nb"))
    async with transport.stream(Request("GET", "/api/v1/pods", query={"watch": "1"})) as stream:
        assert [(e.verb, e.resource, e.code) for e in told] == [("watch", "pods", 200)]
        assert [line async for line in stream.lines] == [b"a", b"b"]
    assert gate.seen == ["enter", (200, None)]


async def test_a_stream_that_breaks_later_is_not_reported_to_the_gate() -> None:
    transport, gate, _ = observed(answer(200, b"a\nCUT"))
    with pytest.raises(NoAnswer):
        async with transport.stream(Request("GET", "/api/v1/pods", query={"watch": "1"})) as stream:
            _ = [line async for line in stream.lines]
    assert gate.seen == ["enter", (200, None)]


async def test_a_stream_that_never_opens_is_reported_as_unanswered() -> None:
    transport, gate, told = observed(NoAnswer("refused"))
    with pytest.raises(NoAnswer):
        async with transport.stream(Request("GET", "/api/v1/pods", query={"watch": "1"})):
            raise AssertionError
    assert gate.seen == ["enter", "unanswered"]
    assert [e.code for e in told] == [0]


@pytest.mark.parametrize(
    ("request_", "verb"),
    [
        (Request("GET", "/api/v1/pods"), "list"),
        (Request("GET", "/api/v1/namespaces/n/pods/p"), "get"),
        (Request("PUT", "/api/v1/namespaces/n/pods/p"), "update"),
        (Request("DELETE", "/api/v1/namespaces/n/pods/p"), "delete"),
    ],
)
async def test_the_reported_verbs_are_those_of_rbac(request_: Request, verb: str) -> None:
    transport, _, told = observed(answer(200))
    await transport.send(request_)
    assert [e.verb for e in told] == [verb]
