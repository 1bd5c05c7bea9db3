"""The four ports through which time, randomness and the network come in.

`__main__` passes the real ones; tests pass others. No other module reads a clock, sleeps, draws a number or opens a
connection by itself, so the whole operator can run under a clock and a network that are not real.
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
    """No complete answer came: refused, reset, cut off or timed out. The request may have been carried out."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. `timeout` is in seconds, for the answer as a whole (for a stream: until its headers)."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    timeout: float = 15.0


@dataclass(frozen=True, slots=True)
class Response:
    """One answer, whole. Header names are in lower case."""

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
    """The way to one API server."""

    async def send(self, request: Request) -> Response:
        """One request, one whole answer, whatever its status. Raises NoAnswer."""
        ...

    def stream(self, request: Request) -> AbstractAsyncContextManager[Lines]:
        """One request whose answer is read line by line; leaving the context closes it. Raises NoAnswer."""
        ...


class WatchSource(Protocol):
    """Where events of our own kinds come from."""

    async def run(self, sink: Sink) -> None:
        """Feed `sink` until cancelled; lost connections and errors are its own to mend."""
        ...


class Clock(Protocol):
    """Time on this machine. Schedules use the API server's time instead (runtime/servertime.py)."""

    def monotonic(self) -> float:
        """Seconds since some fixed point; never goes back."""
        ...

    def wall(self) -> float:
        """Seconds since the epoch, as this machine believes."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Pause this task."""
        ...


class Random(Protocol):
    """Randomness, where policy asks for jitter."""

    def spread(self) -> float:
        """A number in [-1, 1], evenly spread."""
        ...
