"""The lifecycle of one operator process: the order of its start, its chores, and its drain."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import structlog

from queuedjob.controllers.events import EventQueue
from queuedjob.controllers.inventory import Inventory
from queuedjob.health import Health
from queuedjob.kube.client.errors import ApiError
from queuedjob.kube.client.reflector import Reflector
from queuedjob.ports import Clock, NoAnswer, Random, Sink, WatchSource
from queuedjob.runtime.workqueue import Handle, WorkQueue
from queuedjob.settings import Settings

log: Final = structlog.get_logger("queuedjob.operator")

_TRY_AGAIN: Final = 2.0
"""Seconds between tries of a request that the API server did not serve."""

_PROBE: Final = 10.0
"""Seconds between probes: requests that only show whether the API server answers, and what its time is."""

Chore: TypeAlias = Callable[[], Awaitable[object]]
"""A repeated task. Raises NoAnswer and ApiError."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts from the wiring that the lifecycle starts, feeds and stops."""

    source: WatchSource
    sink: Sink
    reflectors: Sequence[Reflector]
    inventory: Inventory
    queue: WorkQueue
    handle: Handle
    events: EventQueue
    sweep: Chore
    """Finds pods that no watch shows."""
    no_late_posts_from: float
    """Monotonic time from which no predecessor's request can arrive."""
    on_started: Callable[[], None]
    """Called once, after the first LISTs are complete and before the first key is taken up."""
    on_watch_heard: Callable[[], None]
    """Called when a probe finds that the reflectors have received data lately."""


class Lifecycle:
    """Starts the parts in their order, runs the chores, and drains the workqueue."""

    def __init__(self, settings: Settings, clock: Clock, random: Random, health: Health, parts: Parts) -> None:
        self._settings = settings
        self._clock = clock
        self._random = random
        self._health = health
        self._parts = parts
        self._deletions_missed = asyncio.Event()

    async def run(self) -> None:
        """Work until cancelled.

        The order (protocol, The store): LISTs of our kinds, then their watch; a whole LIST of pods; the pods that no
        watch shows; only then the first key is taken up.
        """
        parts = self._parts
        async with asyncio.TaskGroup() as tasks:
            for reflector in parts.reflectors:
                tasks.create_task(reflector.run())
            await self._retry_until_served("list", parts.inventory.take_all)
            tasks.create_task(parts.source.run(parts.sink))
            while not self.pods_listed_since(0.0):
                await self._clock.sleep(0.02)
            await self._retry_until_served("sweep", parts.sweep)
            parts.on_started()
            self._health.started = True
            log.info("ready")
            tasks.create_task(parts.queue.run(parts.handle, workers=self._settings.workers))
            tasks.create_task(parts.events.run())
            tasks.create_task(self._list_after_the_bound())
            tasks.create_task(self._every(_PROBE, "probe", self._probe))
            tasks.create_task(self._every(self._settings.resync_interval, "resync", parts.inventory.find_deleted))
            tasks.create_task(self._find_missed_deletions())
            tasks.create_task(self._every(self._settings.sweep_interval, "sweep", parts.sweep))

    async def drain(self) -> None:
        """Take up no new key, and let the running reconciles and Events end, for as long as the settings allow."""
        self._health.started = False
        try:
            async with asyncio.timeout(self._settings.shutdown_grace):
                await self._parts.queue.drain()
                await self._parts.events.flush()
        except TimeoutError:
            log.warning("cut short", keys=self._parts.queue.active, events=len(self._parts.events))

    def look_for_deleted(self) -> None:
        """Look for missed deletions: after a break of its watch, the source reports changes, but not deletions."""
        self._deletions_missed.set()

    def pods_listed_since(self, time: float) -> bool:
        """Return whether whole LISTs of all pods, begun at this monotonic time or later, are complete."""
        return all(reflector.listed_since(time) for reflector in self._parts.reflectors)

    async def _probe(self) -> None:
        await self._parts.inventory.ask()
        if problem := self._health.time_problem:
            log.critical("no server time", error=problem)
        for reflector in self._parts.reflectors:
            if self._clock.monotonic() - reflector.heard_at < _PROBE:
                self._parts.on_watch_heard()

    async def _list_after_the_bound(self) -> None:
        """List once more after the late bound: a predecessor's last POST is there by then, or never (A late POST)."""
        await self._clock.sleep(max(0.0, self._parts.no_late_posts_from - self._clock.monotonic()))
        for reflector in self._parts.reflectors:
            reflector.relist()
        await self._retry_until_served("sweep", self._parts.sweep)

    async def _find_missed_deletions(self) -> None:
        while True:
            await self._deletions_missed.wait()
            self._deletions_missed.clear()
            await self._retry_until_served("resync", self._parts.inventory.find_deleted)

    async def _every(self, seconds: float, what: str, do: Chore) -> None:
        while True:
            await self._clock.sleep(seconds * (1 + 0.1 * self._random.spread()))
            await self._retry_until_served(what, do)

    async def _retry_until_served(self, what: str, do: Chore) -> None:
        """Run a chore, and repeat it until the API server serves it."""
        while True:
            try:
                await do()
            except (ApiError, NoAnswer) as error:
                log.critical("not served", what=what, error=str(error))
                await self._clock.sleep(_TRY_AGAIN)
            else:
                return
