"""What one term works with: the workqueue, the Events that wait, and which requests may still arrive.

It ends with its term, and nothing of it is known to the next one. The stores and the watches go on from term to term.
Without leader election there is one term: the life of the process.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from queuedjob.controllers.events import EventQueue
from queuedjob.controllers.job.late_posts import LatePosts
from queuedjob.controllers.job.memory import Memory
from queuedjob.runtime.workqueue import Handle, WorkQueue


@dataclass(frozen=True, slots=True)
class Work:
    """The work of one term."""

    queue: WorkQueue
    handle: Handle
    workers: int
    events: EventQueue
    memory: Memory
    list_from: Callable[[float], Awaitable[None]]
    """Lists all pods anew at this monotonic time."""

    @property
    def late(self) -> LatePosts:
        """Pod POSTs that may still arrive."""
        return self.memory.late

    async def run(self) -> None:
        """Work until cancelled.

        All pods are listed once more after the late bound: a predecessor's last POST is there by then, or never
        (protocol: A late POST).
        """
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.queue.run(self.handle, workers=self.workers))
            tasks.create_task(self.events.run())
            tasks.create_task(self._list_after_the_bound())

    async def drain(self) -> None:
        """Take up no new key. Return when the running reconciles and Events have ended. Bound this by a timeout."""
        await self.queue.drain()
        await self.events.flush()

    async def _list_after_the_bound(self) -> None:
        await self.list_from(self.late.start_bound)
