"""The whole operator over its ports: what is made of what, what starts after what, and how it ends.

`__main__` passes the real ports and kopf; tests pass others. Nothing in here opens a connection or reads a clock.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import structlog

from queuedjob.api import names
from queuedjob.api.kinds.queuedjob_phases import PENDING, is_terminal
from queuedjob.controllers.context import Context
from queuedjob.controllers.deadletter.controller import DeadLetterController
from queuedjob.controllers.deadletter.writer import DeadLetterWriter
from queuedjob.controllers.inventory import Inventory
from queuedjob.controllers.job.attempts import AttemptStarter
from queuedjob.controllers.job.controller import QueuedJobController
from queuedjob.controllers.job.evidence_reader import EvidenceReader
from queuedjob.controllers.job.late_posts import LatePosts
from queuedjob.controllers.job.orphans import OrphanController
from queuedjob.controllers.job.pod_writer import PodWriter
from queuedjob.controllers.job.refusals import Refusals
from queuedjob.controllers.job.status_writer import StatusWriter
from queuedjob.controllers.routing import Router
from queuedjob.controllers.stores import Stores
from queuedjob.kube.client import paths
from queuedjob.kube.client.client import Client
from queuedjob.kube.client.errors import ApiError
from queuedjob.kube.client.observed import Exchange, ObservedTransport
from queuedjob.kube.client.reflector import Reflector, Rejected
from queuedjob.ports import Body, Clock, NoAnswer, Random, Transport, WatchSource
from queuedjob.runtime.pacing import Gate
from queuedjob.runtime.servertime import NotReady, ServerTime
from queuedjob.runtime.workqueue import WorkQueue
from queuedjob.settings import Settings
from queuedjob.telemetry.metrics import Metrics

log: Final = structlog.get_logger("queuedjob.operator")

_QUEUE: Final = "reconcile"
_SELECTOR: Final = names.JOB_LABEL
_TRY_AGAIN: Final = 2.0
"""Seconds between tries of a LIST at the start."""
_ALIVE: Final = 120.0
"""Seconds without a due key being taken up after which the operator counts as stuck: no request takes as long."""
_PROBE: Final = 10.0
"""Seconds between questions to the API server that have no other purpose: is it there, and how late is it."""
_HEARD: Final = 30.0
"""Seconds after which an API server that has not answered anything makes us not ready."""


_REFUSED: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


@dataclass(frozen=True, slots=True)
class Ports:
    """What comes from outside."""

    transport: Transport
    source: WatchSource
    clock: Clock
    random: Random


class Operator:
    """Everything wired; `run` until cancelled."""

    def __init__(self, settings: Settings, ports: Ports, metrics: Metrics, *, instance: str) -> None:
        self._settings = settings
        self._ports = ports
        self._metrics = metrics
        clock, random = ports.clock, ports.random
        self._server_time = ServerTime(clock)
        self._answered_at = clock.monotonic()
        self._ready = False
        self._maybe_deleted = asyncio.Event()
        gate = self._gate = Gate(clock, random)
        transport = ObservedTransport(ports.transport, clock=clock, gate=gate, listeners=(self._exchanged,))
        client = self._client = Client(transport)
        self._queue = WorkQueue(clock, random, on_start=self._taken, on_crash=self._crashed)
        self._taken_at = clock.monotonic()
        self.stores = Stores(self._queue.add)
        self._inventory = Inventory(client, self.stores, settings.namespace)
        self._reflectors = [self._reflector(transport, ns) for ns in settings.namespace or (None,)]
        late = LatePosts(clock, settings.late_bound, self._pods_listed_since)
        self._late = late
        context = Context(
            client=client,
            stores=self.stores,
            queue=self._queue,
            clock=clock,
            random=random,
            server_time=self._server_time,
            late=late,
            pod_refusals=Refusals(clock, random),
            letter_refusals=Refusals(clock, random),
            evidence=EvidenceReader(client),
            metrics=metrics,
            show_after=settings.show_after,
            limits=settings.limits,
            post_timeout=settings.post_timeout,
            instance=instance,
        )
        pods = PodWriter(client, self.stores, late, clock)
        dead_letters = DeadLetterWriter(context)
        orphans = OrphanController(context, pods)
        jobs = QueuedJobController(
            context,
            pods=pods,
            starter=AttemptStarter(context),
            statuses=StatusWriter(context),
            dead_letters=dead_letters,
            orphans=orphans,
        )
        self._router = Router(context, jobs=jobs, letters=DeadLetterController(context, dead_letters), orphans=orphans)
        self._measure()

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for reflector in self._reflectors:
                tasks.create_task(reflector.run())
            await self._retry_until_served("list", self._inventory.take_all)
            tasks.create_task(self._ports.source.run(self._take))
            while not self._pods_listed_since(0.0):
                await self._ports.clock.sleep(0.02)
            await self._retry_until_served("sweep", self._find_unlabelled)
            self._take_over()
            self._ready = True
            log.info("ready")
            tasks.create_task(self._queue.run(self._handle, workers=self._settings.workers))
            tasks.create_task(self._list_after_the_bound())
            tasks.create_task(self._every(_PROBE, "probe", self._probe))
            tasks.create_task(self._every(self._settings.resync_interval, "resync", self._inventory.find_deleted))
            tasks.create_task(self._find_missed_deletions())
            tasks.create_task(self._every(self._settings.sweep_interval, "sweep", self._find_unlabelled))

    async def drain(self) -> None:
        """Take up nothing new, and let what is in hand end, for as long as the settings allow."""
        self._ready = False
        try:
            async with asyncio.timeout(self._settings.shutdown_grace):
                await self._queue.drain()
        except TimeoutError:
            log.warning("cut short", keys=self._queue.active)

    def look_for_deleted(self) -> None:
        """The source was away from its watch: it will tell what is new, but not what was deleted in the meantime."""
        self._maybe_deleted.set()

    def liveness_problems(self) -> list[str]:
        """What makes a restart worth trying; empty while all is well."""
        still = self._ports.clock.monotonic() - self._taken_at
        # While the API server asks for a pause, or is down, nothing is taken up, and a restart would not help.
        stuck = self._ready and self._gate.open and len(self._queue) > 0 and still > _ALIVE
        return [f"{len(self._queue)} keys are due, and none was taken up for {still:.0f} s"] if stuck else []

    def readiness_problems(self) -> list[str]:
        """Why this operator does not work; empty while it does."""
        problems = [] if self._ready else ["the first LISTs are not in"]
        silent = self._ports.clock.monotonic() - self._answered_at
        if silent > _HEARD:
            problems.append(f"the API server has not answered for {silent:.0f} s")
        return problems

    async def _handle(self, key: str) -> None:
        began = self._ports.clock.monotonic()
        try:
            await self._router.reconcile(key)
        finally:
            self._metrics.work_done(_QUEUE, self._ports.clock.monotonic() - began)

    def _taken(self, _key: str, waited: float) -> None:
        self._taken_at = self._ports.clock.monotonic()
        self._metrics.work_taken(_QUEUE, waited)

    def _crashed(self, key: str, error: BaseException) -> None:
        """An error that no controller expected: a bug of ours, loud, and tried again."""
        if isinstance(error, Exception):
            self._metrics.reconcile_failed(_QUEUE, error)
        log.critical("reconcile broken", key=key, exc_info=error)

    def _skew(self) -> float | None:
        """Seconds that the API server's clock is ahead of this machine's."""
        try:
            return -self._server_time.skew()
        except NotReady:
            return None

    def _take(self, plural: str, event: str | None, body: Body) -> None:
        self._metrics.watch_heard(plural)
        self.stores.take(plural, event, body)

    def _take_over(self) -> None:
        unfinished = sum(not is_terminal(j.phase) and j.phase != PENDING for j in self.stores.jobs)
        self._metrics.jobs_taken_over(unfinished)
        log.info("jobs taken over", unfinished=unfinished, jobs=len(self.stores.jobs), pods=len(self.stores.pods))

    async def _probe(self) -> None:
        await self._inventory.ask()
        for reflector in self._reflectors:
            if self._ports.clock.monotonic() - reflector.heard_at < _PROBE:
                self._metrics.watch_heard("pods")

    async def _find_unlabelled(self) -> None:
        await self._inventory.find_unlabelled()

    async def _list_after_the_bound(self) -> None:
        """What a predecessor asked for in its last moments is there by now, or never will be: look once."""
        await self._ports.clock.sleep(max(0.0, self._late.start_bound - self._ports.clock.monotonic()))
        for reflector in self._reflectors:
            reflector.relist()
        await self._retry_until_served("sweep", self._find_unlabelled)

    async def _find_missed_deletions(self) -> None:
        while True:
            await self._maybe_deleted.wait()
            self._maybe_deleted.clear()
            await self._retry_until_served("resync", self._inventory.find_deleted)

    async def _every(self, seconds: float, what: str, do: Callable[[], Awaitable[object]]) -> None:
        while True:
            await self._ports.clock.sleep(seconds * (1 + 0.1 * self._ports.random.spread()))
            await self._retry_until_served(what, do)

    async def _retry_until_served(self, what: str, do: Callable[[], Awaitable[object]]) -> None:
        """Do it, however often the API server does not let us."""
        while True:
            try:
                await do()
            except (ApiError, NoAnswer) as error:
                log.critical("not served", what=what, error=str(error))
                await self._ports.clock.sleep(_TRY_AGAIN)
            else:
                return

    def _reflector(self, transport: Transport, namespace: str | None) -> Reflector:
        path = paths.pods(namespace)
        return Reflector(
            transport,
            self._ports.clock,
            self._ports.random,
            path,
            selector=_SELECTOR,
            on_event=self.stores.take_pod,
            on_listed=lambda uids, version: self.stores.missed("pods", uids, version, namespace or ""),
            on_trouble=lambda doing, error: _watch_broken(path, doing, error),
        )

    def _pods_listed_since(self, moment: float) -> bool:
        return all(reflector.listed_since(moment) for reflector in self._reflectors)

    def _exchanged(self, exchange: Exchange) -> None:
        self._metrics.api_request(exchange.verb, exchange.resource, exchange.code, exchange.received - exchange.sent)
        if exchange.code and exchange.code < HTTPStatus.INTERNAL_SERVER_ERROR and exchange.code not in _REFUSED:
            self._answered_at = exchange.received
        if exchange.date:
            self._server_time.observe(exchange.sent, exchange.received, exchange.date)

    def _measure(self) -> None:
        self._metrics.count_jobs(lambda: ((j.phase, j.terms.queue) for j in self.stores.jobs))
        self._metrics.count_active_attempts(lambda: sum(p.live for p in self.stores.pods))
        self._metrics.measure_depth(_QUEUE, lambda: len(self._queue))
        self._metrics.measure_clock_skew(self._skew)


def _watch_broken(path: str, doing: str, error: Exception) -> None:
    """Refused reads need a person; lost connections mend themselves."""
    refused = isinstance(error, Rejected) and error.status in _REFUSED
    (log.critical if refused else log.warning)("watch broken", path=path, doing=doing, error=str(error))
