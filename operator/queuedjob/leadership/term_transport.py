"""A Transport that sends a write only within the term, and so that it has ended before the term does.

Reads pass. Time alone is no fence: a process may be paused between a check and the first byte. So admission compares
the term that is written on each new object with the Lease, and its refusal ends the term (protocol: Leadership).
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from http import HTTPStatus
from typing import Final, Protocol

from queuedjob.api.manifests.admission.leadership import FENCE, FENCE_OF_LETTERS
from queuedjob.kube.client import wire
from queuedjob.kube.client.errors import TermOver, denied_by_policy
from queuedjob.ports import Clock, Lines, Request, Response, Transport

_BEFORE_THE_END: Final = 1.0
"""Seconds before the end of the term by which each write must have ended."""

_SHORTEST: Final = 0.1
"""Seconds that a write needs at least; with less it waits for the next renewal."""

_LOOK: Final = 0.05
"""Seconds between two looks whether the term has been renewed."""

FENCES: Final = (FENCE.full_name, FENCE_OF_LETTERS.full_name)
"""The admission policies that compare terms. Their names are in their refusals."""


class HeldTerm(Protocol):
    """The term, as far as writes depend on it."""

    @property
    def left(self) -> Callable[[], float]:
        """Returns the seconds in which every write must have ended."""
        ...

    @property
    def lose(self) -> Callable[[], None]:
        """Ends the term."""
        ...


class TermTransport:
    """Sends requests within one term. `send` raises TermOver, and what the inner Transport raises."""

    def __init__(self, inner: Transport, clock: Clock, held: HeldTerm) -> None:
        self._inner = inner
        self._clock = clock
        self._held = held

    def stream(self, request: Request) -> AbstractAsyncContextManager[Lines]:
        """Send one request and read its answer line by line."""
        return self._inner.stream(request)

    async def send(self, request: Request) -> Response:
        """Send one request. A write with a timeout of its own waits until the term is long enough for it."""
        if request.method == "GET":
            return await self._inner.send(request)
        own = request.query.get("timeout")
        left = await self._left(request, _SHORTEST if own is None else wire.seconds_in(own))
        query = {**request.query, "timeout": own or wire.milliseconds(min(request.timeout, left))}
        bounded = replace(request, timeout=min(request.timeout, left), query=query, may_send=self._goes_on)
        response = await self._inner.send(bounded)
        if _is_fenced(response):
            self._held.lose()
            raise TermOver(f"{request.method} {request.path}: another operator holds the Lease")
        return response

    async def _left(self, request: Request, needed: float) -> float:
        """Return the seconds for a write, once they are `needed` at least."""
        while (left := self._held.left() - _BEFORE_THE_END) < needed:
            if self._held.left() <= 0:
                raise TermOver(f"{request.method} {request.path}: the term is over")
            await self._clock.sleep(_LOOK)
        return left

    def _goes_on(self) -> bool:
        return self._held.left() > _BEFORE_THE_END


def _is_fenced(response: Response) -> bool:
    if response.status < HTTPStatus.BAD_REQUEST:
        return False
    words = wire.words_of(response.body)
    return any(denied_by_policy(words, fence) for fence in FENCES)
