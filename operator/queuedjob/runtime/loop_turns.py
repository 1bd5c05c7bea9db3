"""Long computations, at most one in each turn of the event loop.

The loop runs all tasks that are ready before it looks at its sockets again. Fifty jobs whose patterns take 20 ms each
to compile would keep probes and requests waiting for a second if they were planned on in one turn.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class LoopTurns:
    """Gives out turns of the event loop, first come, first served."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Enter in a turn of the loop in which nobody else enters. The body must not wait for anything."""
        async with self._lock:
            await asyncio.sleep(0)
            yield
