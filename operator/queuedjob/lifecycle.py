"""The lifecycle of one operator process: the order of its start, and its chores."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

import structlog

from queuedjob.controllers.inventory import Inventory
from queuedjob.controllers.namespaces import Namespaces
from queuedjob.health import Health
from queuedjob.kube.client.errors import ApiError
from queuedjob.kube.client.reflector import Reflector
from queuedjob.kube.objects.pods import PODS
from queuedjob.ports import Clock, NoAnswer, Random, Sink, WatchSource
from queuedjob.settings import Settings
from queuedjob.watches import Watches

log: Final = structlog.get_logger("queuedjob.operator")

_TRY_AGAIN: Final = 2.0
"""Seconds between tries of a request that the API server did not serve."""

_PROBE: Final = 10.0
"""Seconds between probes: requests that only show whether the API server answers, and what its time is."""

Chore: TypeAlias = Callable[[], Awaitable[object]]
"""A repeated task. Raises NoAnswer and ApiError."""


class Sweep(Protocol):
    """Finds pods that no watch shows. Raises NoAnswer and ApiError."""

    async def find(self) -> None:
        """Find those of all namespaces that are served."""
        ...

    async def find_in(self, namespace: str | None) -> None:
        """Find those of one namespace."""
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts from the wiring that the lifecycle starts, feeds and stops."""

    source: WatchSource
    sink: Sink
    namespaces: Namespaces
    reflectors: Mapping[str | None, Reflector]
    """By namespace; None stands for the whole cluster."""
    inventory: Inventory
    sweep: Sweep
    wake: Callable[[], None]
    """Has every unfinished object reconciled within some time: a timer may have been lost, a clock may have stood."""
    lead: Callable[[], Coroutine[None, None, None]]
    """Takes up keys until cancelled. Called once, after the first LISTs are complete."""
    watches: Watches
    """Told at each probe what the reflectors have received."""


class Lifecycle:
    """Starts the parts in their order, and runs the chores."""

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
            for reflector in parts.reflectors.values():
                tasks.create_task(reflector.run())
            await self._retry_until_served("list", parts.inventory.take_all)
            tasks.create_task(parts.source.run(parts.sink))
            while not self.pods_listed_since(0.0):
                await self._clock.sleep(0.02)
                self._lose_refused()
            await self._retry_until_served("sweep", parts.sweep.find)
            self._health.started = True
            log.info("ready")
            tasks.create_task(parts.lead())
            tasks.create_task(self._every(_PROBE, "probe", self._probe))
            tasks.create_task(self._every(self._settings.resync_interval, "resync", self._resync))
            tasks.create_task(self._resync_on_demand())
            tasks.create_task(self._every(self._settings.sweep_interval, "sweep", parts.sweep.find))
            tasks.create_task(self._every(_PROBE, "namespaces", self._look_after_namespaces))

    def look_for_deleted(self) -> None:
        """Look for missed deletions: after a break of its watch, the source reports changes, but not deletions."""
        self._deletions_missed.set()

    def pods_listed_since(self, time: float) -> bool:
        """Return whether whole LISTs of all pods, begun at this monotonic time or later, are complete.

        Lost namespaces do not count: nothing is decided about their jobs before all their objects are listed anew.
        """
        parts = self._parts
        return all(parts.reflectors[namespace].listed_since(time) for namespace in parts.namespaces.served)

    async def list_from(self, time: float) -> None:
        """List all pods anew at this monotonic time, those that no watch shows included."""
        await self._clock.sleep(max(0.0, time - self._clock.monotonic()))
        for reflector in self._parts.reflectors.values():
            reflector.relist()
        await self._retry_until_served("sweep", self._parts.sweep.find)

    async def _probe(self) -> None:
        await self._parts.inventory.ask()
        if problem := self._health.time_problem:
            log.critical("no server time", error=problem)
        for namespace, reflector in self._parts.reflectors.items():
            self._parts.watches.heard(PODS.plural, namespace, reflector.heard_at)

    async def _look_after_namespaces(self) -> None:
        """Leave out the namespaces that refuse us, and take those back that serve us again."""
        self._lose_refused()
        for namespace in self._parts.namespaces.lost:
            with suppress(ApiError):  # it is refused still, or again
                await self._regain(namespace)

    def _lose_refused(self) -> None:
        parts = self._parts
        for namespace, reflector in parts.reflectors.items():
            if reflector.refused and namespace is not None and parts.namespaces.served != (namespace,):
                parts.namespaces.lose(namespace, reflector.refused)

    async def _regain(self, namespace: str) -> None:
        """List all objects of a lost namespace, as at the start; then its jobs are worked on. Raises ApiError."""
        parts, reflector, began = self._parts, self._parts.reflectors[namespace], self._clock.monotonic()
        await parts.inventory.take_all_of(namespace)
        reflector.relist()
        while not reflector.listed_since(began):
            if reflector.refused:
                return
            await self._clock.sleep(0.5)
        await parts.sweep.find_in(namespace)
        parts.watches.expect_again(namespace)
        parts.namespaces.regain(namespace)

    async def _resync(self) -> None:
        await self._parts.inventory.resync()
        self._parts.wake()

    async def _resync_on_demand(self) -> None:
        while True:
            await self._deletions_missed.wait()
            self._deletions_missed.clear()
            await self._retry_until_served("resync", self._parts.inventory.resync)

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
