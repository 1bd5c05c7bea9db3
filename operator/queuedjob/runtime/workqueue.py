"""Keys that are due: one key at a time, coalesced, delayed, and after failures more and more slowly.

Monotonic time throughout, through the Clock port.
"""

import asyncio
import heapq
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from queuedjob.ports import Clock, Random

_FIRST_RETRY: Final = 0.1
_LONGEST_RETRY: Final = 30.0
_JITTER: Final = 0.2


class Observer(Protocol):
    """Hears how the queue does."""

    def taken(self, seconds: float) -> None:
        """A worker took a key that had been due for so long."""
        ...

    def done(self, seconds: float) -> None:
        """A worker is through with a key after so long."""
        ...

    def failed(self, key: str, error: Exception) -> None:
        """Handling a key ended in an error."""
        ...


class Workqueue:
    """Hands each key to `handle`, never to two workers at once. What fails is tried again, for ever."""

    def __init__(
        self, handle: Callable[[str], Awaitable[None]], *, clock: Clock, random: Random, observer: Observer
    ) -> None:
        self._handle = handle
        self._clock = clock
        self._random = random
        self._observer = observer
        self._due: deque[str] = deque()
        self._since: dict[str, float] = {}
        """When each due key became due."""
        self._active: set[str] = set()
        self._again: set[str] = set()
        """Keys that became due while a worker had them."""
        self._timers: list[tuple[float, str]] = []
        self._earliest: dict[str, float] = {}
        """The only timer of each key that counts; others in the heap are leftovers."""
        self._failures: dict[str, int] = {}
        self._wake_workers = asyncio.Event()
        self._wake_timer = asyncio.Event()
        self._draining = False
        self._through = asyncio.Event()
        self.turned_at = clock.monotonic()
        """When the timer last looked: a sign of life for probes."""

    def depth(self) -> int:
        """Keys that are due and wait for a worker."""
        return len(self._due)

    def add(self, key: str) -> None:
        """It is due."""
        if key in self._active:
            self._again.add(key)
        elif key not in self._since:
            self._since[key] = self._clock.monotonic()
            self._due.append(key)
            self._wake_workers.set()

    def add_after(self, key: str, seconds: float) -> None:
        """It will be due in `seconds`; an earlier timer of the key stands, a later one goes."""
        if seconds <= 0:
            self.add(key)
            return
        at = self._clock.monotonic() + seconds
        if self._earliest.get(key, at + 1) <= at:
            return
        self._earliest[key] = at
        heapq.heappush(self._timers, (at, key))
        if self._timers[0][0] == at:
            self._wake_timer.set()

    def retry(self, key: str, at_least: float = 0.0) -> None:
        """It failed: due again after a pause that doubles with each failure in a row, and at least `at_least`."""
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        pause = min(_FIRST_RETRY * 2 ** min(failures - 1, 16), _LONGEST_RETRY)
        self.add_after(key, max(at_least, pause * (1 + _JITTER * self._random.spread())))

    async def run(self, workers: int) -> None:
        """Work until cancelled; keys in hand are then given up where they are."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_time())
            for _ in range(workers):
                tasks.create_task(self._work())

    def in_hand(self) -> int:
        """Keys that workers have."""
        return len(self._active)

    async def drain(self) -> None:
        """Hand out nothing more; return when no worker has a key."""
        self._draining = True
        while self._active:
            self._through.clear()
            await self._through.wait()

    async def _work(self) -> None:
        while True:
            while self._draining or not self._due:
                self._wake_workers.clear()
                await self._wake_workers.wait()
            key = self._due.popleft()
            began = self._clock.monotonic()
            self._observer.taken(began - self._since.pop(key))
            self._active.add(key)
            self._earliest.pop(key, None)  # the handler looks anew, and says when to look again
            try:
                await self._handle(key)
            except Exception as error:  # noqa: BLE001 - whatever it is, the key must not be lost, nor its worker
                self._observer.failed(key, error)
                self._done(key)
                self.retry(key)
            else:
                self._done(key)
            self._observer.done(self._clock.monotonic() - began)

    def forget(self, key: str) -> None:
        """It went well: the next failure is the first of its row."""
        self._failures.pop(key, None)

    def _done(self, key: str) -> None:
        self._active.discard(key)
        self._through.set()
        if key in self._again:
            self._again.discard(key)
            self.add(key)

    async def _keep_time(self) -> None:
        while True:
            now = self.turned_at = self._clock.monotonic()
            while self._timers and self._timers[0][0] <= now:
                at, key = heapq.heappop(self._timers)
                if self._earliest.get(key) == at:
                    del self._earliest[key]
                    self.add(key)
            self._wake_timer.clear()
            pause = min(self._timers[0][0] - now, 1.0) if self._timers else 1.0
            sleep = asyncio.ensure_future(self._clock.sleep(pause))
            wake = asyncio.ensure_future(self._wake_timer.wait())
            try:
                await asyncio.wait({sleep, wake}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                sleep.cancel()
                wake.cancel()
