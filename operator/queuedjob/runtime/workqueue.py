"""Which keys to handle, and when. A key stands for an object; the handler looks at current state, not at events.

A key never has two handlers at the same time. All additions of a waiting key lead to one handling; all additions of an
active key lead to one more handling afterwards. Namespaces take turns; the keys of one namespace are handled in the
order of addition. If a handler fails, its key is delayed, and no other key is. If a handler takes long, its key stays
active, and its worker serves the next key (turns.py).
"""

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from queuedjob.ports import Clock, Random
from queuedjob.runtime.pacing import backoff
from queuedjob.runtime.turns import Turns

Handle: TypeAlias = Callable[[str], Awaitable[None]]

_Timer: TypeAlias = tuple[float, int, str]
"""The moment, a number that keeps equal moments in order, the key."""

_FIRST_RETRY: Final = 0.1
_LONGEST_RETRY: Final = 30.0
"""Seconds."""

_SLOW_AFTER: Final = 0.5
"""Seconds after which a handler leaves its worker. Without trouble, a handler takes a few hundredths."""

_STALE_TIMERS: Final = 1000
"""How many more overtaken timers than live timers the heap may hold before the overtaken ones are removed."""


class WorkQueue:
    """Keys to handle, now or later (see the module).

    `namespace_of` returns the namespace of a key; without it, all keys have one. A handler leaves its worker after
    `slow_after` seconds. `on_start` receives each key and the seconds that the key waited in the queue. `on_crash`
    receives each key whose handler raised, and the exception. None of these functions may raise.
    """

    def __init__(
        self,
        clock: Clock,
        random: Random,
        *,
        namespace_of: Callable[[str], str] | None = None,
        slow_after: float = _SLOW_AFTER,
        on_start: Callable[[str, float], None] | None = None,
        on_crash: Callable[[str, BaseException], None] | None = None,
    ) -> None:
        self._clock = clock
        self._random = random
        self._namespace_of = namespace_of or (lambda _key: "")
        self._slow_after = slow_after
        self._on_start = on_start or (lambda _key, _waited: None)
        self._on_crash = on_crash or (lambda _key, _error: None)
        self._turns = Turns()
        self._added: dict[str, float] = {}  # when each waiting key was added, also active keys added again
        self._active: dict[str, asyncio.Task[None]] = {}
        self._working: dict[str, float] = {}  # when each active key that holds a worker started, oldest first
        self._relief: asyncio.Task[None] | None = None  # sleeps until the oldest of them leaves its worker
        self._failures: dict[str, int] = {}
        self._retried: set[str] = set()  # active keys whose handler asked for a retry
        self._due: dict[str, _Timer] = {}
        self._timers: list[_Timer] = []  # a heap; a timer that is not in _due was overtaken
        self._timers_made = 0
        self._alarm: asyncio.Task[None] | None = None
        self._alarm_at = float("inf")
        self._handle: Handle | None = None
        self._settled = asyncio.Event()

    async def run(self, handle: Handle, *, workers: int) -> None:
        """Handle keys, `workers` at a time, until drained. Cancelling `run` cancels the handlers.

        Keys may be added before `run` starts. `handle` calls `retry` for a failure that it expects. If `handle` raises,
        the key is retried too, so no key is lost.
        """
        self._handle, self._turns.workers = handle, workers
        self._settled.clear()
        try:
            self._fire()
            self._start_ready()
            await self._settled.wait()
        finally:
            self._handle = None
            self._set_alarm(None)
            self._stop_relief()
            running = list(self._active.values())
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def drain(self) -> None:
        """Start no more handlers. Return when the active ones have ended; then `run` ends. Bound this by a timeout."""
        self._handle = None
        self._set_alarm(None)
        self._stop_relief()
        if self._active:
            await asyncio.wait(self._active.values())
        self._settled.set()

    def add(self, key: str) -> None:
        """Handle this key soon."""
        self._due.pop(key, None)
        if key in self._added:
            return
        self._added[key] = self._clock.monotonic()
        if key not in self._active:
            self._turns.add(self._namespace_of(key), key)
            self._start_ready()

    def add_at(self, key: str, moment: float) -> None:
        """Handle this key at a monotonic moment, or earlier on another request. Handling the key drops the timer."""
        if key in self._added or (key in self._due and self._due[key][0] <= moment):
            return
        self._timers_made += 1
        self._due[key] = timer = (moment, self._timers_made, key)
        heapq.heappush(self._timers, timer)
        if len(self._timers) > 2 * len(self._due) + _STALE_TIMERS:
            self._timers = list(self._due.values())
            heapq.heapify(self._timers)
        if moment < self._alarm_at:
            self._set_alarm(moment)

    def seen(self, key: str) -> None:
        """The handler of this key reads the current state now: additions up to this moment need no other handling."""
        if key in self._active:
            self._added.pop(key, None)

    def add_after(self, key: str, seconds: float) -> None:
        """Handle this key after so many seconds, or earlier on another request."""
        self.add_at(key, self._clock.monotonic() + seconds)

    def retry(self, key: str) -> None:
        """The handling failed: handle the key again after a delay that grows with each failure in a row.

        A handling that ends without asking for a retry ends the row.
        """
        self._failures[key] = failures = self._failures.get(key, 0) + 1
        if key in self._active:
            self._retried.add(key)
        spread = self._random.spread()
        self.add_after(key, backoff(failures, first=_FIRST_RETRY, longest=_LONGEST_RETRY, spread=spread))

    def __len__(self) -> int:
        """How many keys wait to be handled now."""
        return len(self._added)

    @property
    def active(self) -> int:
        """How many keys are being handled."""
        return len(self._active)

    @property
    def startable(self) -> int:
        """How many keys wait for nothing but a worker: their namespaces may start more handlers."""
        return self._turns.startable

    def _start_ready(self) -> None:
        if self._handle is None or not self._turns:
            return
        self._relieve_workers()
        while (key := self._turns.take()) is not None:
            now = self._clock.monotonic()
            self._due.pop(key, None)
            self._on_start(key, now - self._added.pop(key))
            self._working[key] = now
            self._active[key] = asyncio.create_task(self._work(self._handle, key), name=f"handling {key}")
        if self._turns and self._working and self._relief is None:
            slow_at = next(iter(self._working.values())) + self._slow_after
            self._relief = asyncio.create_task(self._relieve_at(slow_at), name="workqueue relief")

    def _relieve_workers(self) -> None:
        """Let the handlers that take long leave their workers."""
        now = self._clock.monotonic()
        for key in [key for key, started in self._working.items() if started + self._slow_after <= now]:
            del self._working[key]
            self._turns.slow(self._namespace_of(key))

    async def _relieve_at(self, moment: float) -> None:
        await self._clock.sleep(max(moment - self._clock.monotonic(), 0.0))
        self._relief = None
        self._start_ready()

    def _stop_relief(self) -> None:
        if self._relief is not None:
            self._relief.cancel()
            self._relief = None

    async def _work(self, handle: Handle, key: str) -> None:
        try:
            await handle(key)
        except (Exception, asyncio.CancelledError) as error:
            if self._handle is None and isinstance(error, asyncio.CancelledError):
                raise  # `run` is being stopped
            # Whatever the error is, this key must not be lost, and other keys must not be affected.
            self.retry(key)
            self._on_crash(key, error)
        finally:
            self._end(key)

    def _end(self, key: str) -> None:
        del self._active[key]
        self._turns.ended(self._namespace_of(key), slow=self._working.pop(key, None) is None)
        if key not in self._retried:
            self._failures.pop(key, None)
        self._retried.discard(key)
        if key in self._added:
            self._turns.add(self._namespace_of(key), key)
        self._start_ready()

    def _fire(self) -> None:
        """Make the due keys ready, then set the alarm for the next timer."""
        now = self._clock.monotonic()
        while self._timers:
            timer = moment, _, key = self._timers[0]
            overtaken = self._due.get(key) is not timer
            if moment > now and not overtaken:
                self._set_alarm(moment)
                return
            heapq.heappop(self._timers)
            if not overtaken:
                self.add(key)
        self._set_alarm(None)

    def _set_alarm(self, moment: float | None) -> None:
        if self._alarm is not None and self._alarm is not asyncio.current_task():
            self._alarm.cancel()
        self._alarm, self._alarm_at = None, float("inf")
        if moment is not None and self._handle is not None:
            self._alarm_at = moment
            self._alarm = asyncio.create_task(self._ring(moment), name="workqueue timer")

    async def _ring(self, moment: float) -> None:
        await self._clock.sleep(max(moment - self._clock.monotonic(), 0.0))
        self._fire()
