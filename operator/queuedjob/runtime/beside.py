"""Long computations beside the event loop, in one thread of their own.

RE2 lets other threads run while it searches. Neither probes nor other jobs then wait for a search, and the threads of
the loop itself stay free for looking up names. One computation at a time: they are no work that more threads speed up.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


class OneThread:
    """The Beside port of the real operator."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="beside")

    async def __call__(self, compute: Callable[[], object]) -> None:
        """Return when `compute` has returned. Raises what it raises."""
        await asyncio.get_running_loop().run_in_executor(self._thread, compute)


async def at_once(compute: Callable[[], object]) -> None:
    """Compute in this turn of the event loop, where nothing else waits."""
    compute()
