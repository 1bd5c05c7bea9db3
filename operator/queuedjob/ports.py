"""The ports through which the operator uses time, randomness, the network and other threads.

`__main__` passes the real ones; tests pass others. No other module reads a clock, sleeps, draws a random number or
opens a connection by itself. So the whole operator can run with a simulated clock and a simulated network.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

Body: TypeAlias = dict[str, Any]
"""A Kubernetes object as decoded JSON."""

Sink: TypeAlias = Callable[[str, str | None, Body], None]
"""Takes (plural of the kind, event type, body). The type is ADDED, MODIFIED, DELETED, or None for a listed object."""


class NoAnswer(Exception):  # noqa: N818 - it is a fact about the network, not a fault of ours
    """No complete answer came: the connection was refused, reset or cut off, or the request timed out.

    The API server may have carried out the request.
    """


class AnswerTooLarge(NoAnswer):
    """The answer was longer than the request's `largest`. Its rest was not read."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. `timeout` is in seconds, for the whole answer (for a stream: until the headers).

    With `last`, only the last so many bytes of the answer's body are kept; the memory that it takes is bounded, too.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    timeout: float = 15.0
    largest: int | None = None
    """The longest answer to read, in bytes; None: no limit. A stream has no such limit."""
    last: int | None = None
    may_send: Callable[[], bool] | None = None
    """Asked once more right before the first byte: where it returns False, nothing is sent. None: always."""


@dataclass(frozen=True, slots=True)
class Response:
    """One whole answer. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Lines:
    """An answer whose body arrives line by line. Iterating raises `NoAnswer` when the connection is lost."""

    status: int
    headers: Mapping[str, str]
    lines: AsyncIterator[bytes]


class Transport(Protocol):
    """Sends requests to one API server."""

    async def send(self, request: Request) -> Response:
        """Send one request and return the whole answer, whatever its status. Raises NoAnswer, AnswerTooLarge."""
        ...

    def stream(self, request: Request) -> AbstractAsyncContextManager[Lines]:
        """Send one request and read its answer line by line. Leaving the context closes the answer. Raises NoAnswer."""
        ...


class WatchSource(Protocol):
    """The source of watch events of our own kinds."""

    async def run(self, sink: Sink) -> None:
        """Feed `sink` until cancelled. Handle lost connections and errors here."""
        ...


class Clock(Protocol):
    """The time of this machine. Schedules use the API server's time instead (runtime/servertime.py)."""

    def monotonic(self) -> float:
        """Seconds since some fixed point. The value never decreases."""
        ...

    def wall(self) -> float:
        """Seconds since the epoch, by this machine's clock."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Pause this task."""
        ...


class Beside(Protocol):
    """Long computations that the event loop must not wait for."""

    async def __call__(self, namespace: str, compute: Callable[[], object], /) -> None:
        """Return when `compute` has returned, on behalf of this namespace. Raises what it raises."""
        ...


class Random(Protocol):
    """Random numbers, for jitter."""

    def spread(self) -> float:
        """A number in [-1, 1], evenly spread."""
        ...
