"""A Transport around another one: each request passes a gate first, and its result is reported to the listeners.

So the gate paces the client and the reflectors together, and the server's clock and the metrics see every answer. The
client and the reflectors do not depend on them. The gate and the listeners are defined elsewhere and passed in.

The gate gets only what speaks of the API server itself. Admission webhooks stand before each write, and any user's
object may make one fail: a write that fails with 500 or 504, or that gets no answer, therefore tells nothing of the API
server. Reads meet no webhook; and a connection that cannot be made, a 502 and a 503 are no webhook's doing.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Protocol, TypeAlias

from queuedjob.kube.client import wire
from queuedjob.kube.client.errors import NotSent, TermOver, denied_by_admission
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


_OFTEN_OF_WEBHOOKS: Final = frozenset({HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.GATEWAY_TIMEOUT})
"""Statuses of a write whose webhook failed or hung, of an object that etcd does not take, and of a log whose kubelet is
down."""

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
        except TermOver:  # no request was made
            raise
        except NoAnswer as error:
            self._unanswered(request, sent, error)
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
        except NoAnswer as error:
            if not opened:  # the reader handles a stream that breaks later
                self._unanswered(request, sent, error)
            raise

    def _answered(self, request: Request, sent: float, answer: Response | Lines) -> None:
        if _is_denied(answer):  # whatever status and Retry-After the webhook or policy chose, the API server works
            self._gate.answered(HTTPStatus.FORBIDDEN, None)
        elif answer.status not in _OFTEN_OF_WEBHOOKS or _depends_on_the_api_server_alone(request):
            self._gate.answered(answer.status, wire.retry_after(answer.headers))
        self._tell(request, sent, answer.status, answer.headers)

    def _unanswered(self, request: Request, sent: float, error: NoAnswer) -> None:
        if isinstance(error, NotSent) or _depends_on_the_api_server_alone(request):
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


def _depends_on_the_api_server_alone(request: Request) -> bool:
    """Whether nothing but the API server can make the request fail.

    A write may fail by a webhook, a log by its kubelet, and a list of Events by a namespace that is full of them.
    """
    return request.method == "GET" and resource_of(request.path)[0] not in {"pods/log", "events"}


def _is_denied(answer: Response | Lines) -> bool:
    """Whether a webhook or an admission policy denied the request. The API server passes on the code that it chose."""
    failed = answer.status >= HTTPStatus.BAD_REQUEST
    return failed and isinstance(answer, Response) and denied_by_admission(wire.words_of(answer.body))


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
