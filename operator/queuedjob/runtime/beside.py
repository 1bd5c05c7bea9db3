"""Long computations beside the event loop, in one thread of their own.

RE2 lets other threads run while it searches, so probes and requests go on meanwhile. The threads of the loop itself
stay free for looking up names. There is one computation at a time: more threads would not speed them up. Namespaces
take turns for it.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count

from queuedjob.runtime.turns import Turns


class OneThread:
    """The Beside port of the real operator."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="beside")
        self._turns = Turns()
        self._turns.workers = 1
        self._numbers = count()
        self._tickets: dict[str, tuple[str, asyncio.Future[None]]] = {}

    async def __call__(self, namespace: str, compute: Callable[[], object]) -> None:
        """Return when `compute` has returned. Raises what it raises."""
        loop, number = asyncio.get_running_loop(), str(next(self._numbers))
        ticket: asyncio.Future[None] = loop.create_future()
        self._tickets[number] = namespace, ticket
        self._turns.add(namespace, number)
        self._admit()
        try:
            await ticket
            await loop.run_in_executor(self._thread, compute)
        finally:
            if not ticket.cancelled():
                self._turns.ended(namespace, slow=False)
                self._admit()

    def _admit(self) -> None:
        """Let the next computation begin if none is under way."""
        while (number := self._turns.take()) is not None:
            namespace, ticket = self._tickets.pop(number)
            if not ticket.done():
                ticket.set_result(None)
                return
            self._turns.ended(namespace, slow=False)  # its task was cancelled while it waited


async def at_once(_namespace: str, compute: Callable[[], object]) -> None:
    """Compute in this turn of the event loop, where nothing else waits."""
    compute()
