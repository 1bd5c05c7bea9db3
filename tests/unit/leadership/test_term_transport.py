"""A write is sent within its term alone, and so that it has ended before the term does."""

import asyncio
from typing import Any

import orjson
import pytest

from queuedjob.kube.client.errors import TermOver
from queuedjob.leadership.term_transport import FENCES, TermTransport
from queuedjob.ports import Request, Response
from tests.unit.kube.client.scripted import failure
from tests.virtual_loop import VirtualClock


class Term:
    """A term that ends at a time of the clock."""

    def __init__(self, seconds: float) -> None:
        self.ends = asyncio.get_running_loop().time() + seconds
        self.losses = 0

    def left(self) -> float:
        return self.ends - asyncio.get_running_loop().time()

    def lose(self) -> None:
        self.losses += 1


class Server:
    """Takes down what is sent."""

    def __init__(self, answer: Response | None = None) -> None:
        self.sent: list[Request] = []
        self.answer = answer or Response(200, {}, b"{}")

    async def send(self, request: Request) -> Response:
        self.sent.append(request)
        return self.answer

    def stream(self, request: Request) -> Any:  # noqa: ANN401 - nobody opens one here
        raise AssertionError(request)


FENCE = FENCES[0]


def transport(server: Server, term: Term) -> TermTransport:
    return TermTransport(server, VirtualClock(), term)


def post(bound: str = "15000ms") -> Request:
    return Request("POST", "/api/v1/namespaces/n/pods", query={"timeout": bound}, timeout=17.0)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_the_timeouts_of_a_write_are_cut_to_what_is_left_less_one_second(method: str) -> None:
    server = Server()
    await transport(server, Term(6.0)).send(Request(method, "/x", query={"a": "b"}, timeout=15.0))
    (sent,) = server.sent
    assert sent.timeout == pytest.approx(5.0, abs=0.01)
    assert sent.query["a"] == "b"
    assert float(sent.query["timeout"].removesuffix("ms")) == pytest.approx(5000, abs=10)
    assert sent.may_send is not None


async def test_a_read_passes_as_it_is_also_without_a_term() -> None:
    server, request = Server(), Request("GET", "/x")
    await transport(server, Term(-1.0)).send(request)
    assert server.sent == [request]


async def test_no_write_is_sent_after_the_term() -> None:
    server = Server()
    with pytest.raises(TermOver, match="PUT /x: the term is over"):
        await transport(server, Term(0.0)).send(Request("PUT", "/x"))
    assert server.sent == []


async def test_a_pods_creation_waits_for_the_renewal_that_leaves_it_its_whole_bound() -> None:
    server, term = Server(), Term(10.0)
    creation = asyncio.create_task(transport(server, term).send(post()))
    await asyncio.sleep(5.0)
    assert server.sent == []
    term.ends = asyncio.get_running_loop().time() + 20.0
    await creation
    (sent,) = server.sent
    assert sent.query["timeout"] == "15000ms"
    assert sent.timeout == 17.0


async def test_a_pods_creation_that_waits_for_a_renewal_in_vain_is_not_sent() -> None:
    server = Server()
    with pytest.raises(TermOver):
        await transport(server, Term(10.0)).send(post())
    assert server.sent == []


async def test_the_last_look_says_no_once_less_than_a_second_of_the_term_is_left() -> None:
    server, term = Server(), Term(10.0)
    await transport(server, term).send(Request("PUT", "/x"))
    (sent,) = server.sent
    assert sent.may_send is not None
    assert sent.may_send()
    term.ends -= 9.5
    assert not sent.may_send()


def denied(words: str) -> Response:
    return failure(422, "Invalid", words)


async def test_a_refusal_by_the_fence_ends_the_term() -> None:
    words = f"pods \"a-1\" is forbidden: ValidatingAdmissionPolicy '{FENCE}' with binding '{FENCE}' denied request: x"
    term = Term(20.0)
    with pytest.raises(TermOver, match="another operator holds the Lease"):
        await transport(Server(denied(words)), term).send(post())
    assert term.losses == 1


@pytest.mark.parametrize(
    "words",
    [
        "pods \"a-1\" is forbidden: ValidatingAdmissionPolicy 'other' with binding 'other' denied request: x",
        f'Pod "a-1" is invalid: spec.x: Invalid value: "pods is forbidden: ValidatingAdmissionPolicy \'{FENCE}\' "',
        f'admission webhook "w" denied the request: pods "a" is forbidden: ValidatingAdmissionPolicy \'{FENCE}\' no',
    ],
)
async def test_a_refusal_by_another_or_that_quotes_the_fence_ends_nothing(words: str) -> None:
    term = Term(20.0)
    answer = await transport(Server(denied(words)), term).send(post())
    assert orjson.loads(answer.body)["message"] == words
    assert term.losses == 0
