"""A Transport around another one: each request passes a gate first, and its result is reported to the listeners.

So the gate paces the client and the reflectors together, and the server's clock and the metrics see every answer. The
client and the reflectors do not depend on them. The gate and the listeners are defined elsewhere and passed in.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol, TypeAlias

from queuedjob.kube.client import wire
from queuedjob.kube.client.errors import denied_by_admission
from queuedjob.kube.client.paths import resource_of
from queuedjob.ports import AnswerTooLarge, Clock, Lines, NoAnswer, Request, Response, Transport


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer, for metrics and for the server's clock. Moments are monotonic seconds."""

    verb: str
    """One of get, list, watch, create, update, patch, delete."""
    resource: str
    code: int
    """The HTTP status; 0 if no answer came."""
    sent: float
    received: float
    """When the answer was complete (for a watch: its headers), or when the wait for it ended."""
    date: str
    """The answer's Date header; empty if there was none."""


Listener: TypeAlias = Callable[[Exchange], None]


class Gate(Protocol):
    """Decides when a request may be sent."""

    async def enter(self) -> None:
        """Return when the request may be sent."""
        ...

    def answered(self, status: int, retry_after: float | None) -> None:
        """A request was answered. `retry_after` is in seconds; None if the answer does not ask for a pause."""
        ...

    def unanswered(self) -> None:
        """A request got no answer."""
        ...


class ObservedTransport:
    """A Transport with a gate and listeners (see the module's docstring)."""

    def __init__(self, inner: Transport, *, clock: Clock, gate: Gate, listeners: tuple[Listener, ...] = ()) -> None:
        self._inner = inner
        self._clock = clock
        self._gate = gate
        self._listeners = listeners

    async def send(self, request: Request) -> Response:
        """Send one request and return the whole answer. Raises NoAnswer."""
        await self._gate.enter()
        sent = self._clock.monotonic()
        try:
            response = await self._inner.send(request)
        except AnswerTooLarge as answer:
            self._gate.answered(answer.status, None)
            self._tell(request, sent, answer.status, {})
            raise
        except NoAnswer:
            self._unanswered(request, sent)
            raise
        self._answered(request, sent, response)
        return response

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[Lines]:
        """Send one request and read its answer line by line. Raises NoAnswer."""
        await self._gate.enter()
        sent = self._clock.monotonic()
        opened = False
        try:
            async with self._inner.stream(request) as lines:
                opened = True
                self._answered(request, sent, lines)
                yield lines
        except NoAnswer:
            if not opened:  # the reader handles a stream that breaks later
                self._unanswered(request, sent)
            raise

    def _answered(self, request: Request, sent: float, answer: Response | Lines) -> None:
        if answer.status < HTTPStatus.INTERNAL_SERVER_ERROR or not _is_for_a_kubelet(request):
            self._gate.answered(answer.status, _pause(answer))
        self._tell(request, sent, answer.status, answer.headers)

    def _unanswered(self, request: Request, sent: float) -> None:
        if not _is_for_a_kubelet(request):
            self._gate.unanswered()
        self._tell(request, sent, 0, {})

    def _tell(self, request: Request, sent: float, code: int, headers: Mapping[str, str]) -> None:
        resource, named = resource_of(request.path)
        exchange = Exchange(
            verb=_verb_of(request, named=named),
            resource=resource,
            code=code,
            sent=sent,
            received=self._clock.monotonic(),
            date=headers.get("date", ""),
        )
        for listener in self._listeners:
            listener(exchange)


def _is_for_a_kubelet(request: Request) -> bool:
    """Whether the API server only forwards the request to a kubelet. Then an error may mean that the node is down."""
    return resource_of(request.path)[0] == "pods/log"


def _pause(answer: Response | Lines) -> float | None:
    """Seconds that the API server asks all clients to wait.

    None for a webhook's denial: it concerns one object only, whatever code and Retry-After the webhook chose. The API
    server passes both on.
    """
    asked = wire.retry_after(answer.headers)
    if asked is not None and isinstance(answer, Response) and denied_by_admission(wire.words_of(answer.body)):
        return None
    return asked


def _verb_of(request: Request, *, named: bool) -> str:
    """The request's verb, named as in RBAC and the audit log."""
    match request.method:
        case "POST":
            return "create"
        case "PUT":
            return "update"
        case "GET" if "watch" in request.query:
            return "watch"
        case "GET":
            return "get" if named else "list"
        case other:
            return other.lower()
