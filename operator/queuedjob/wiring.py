"""Compose one operator from its ports. Each kind has one record here (`_register`).

`__main__` passes the real ports and kopf; tests pass others. This module opens no connection and reads no clock.
"""

from dataclasses import dataclass
from typing import Final

import structlog

from queuedjob.api import names
from queuedjob.api.kinds.queuedjob_phases import PENDING, is_terminal
from queuedjob.controllers.context import Context
from queuedjob.controllers.deadletter import controller as deadletter
from queuedjob.controllers.deadletter.writer import DeadLetterWriter
from queuedjob.controllers.events import EventQueue
from queuedjob.controllers.inventory import Inventory
from queuedjob.controllers.job.blind_reads import BlindReads
from queuedjob.controllers.job.controller import QueuedJobController
from queuedjob.controllers.job.job_store import JobStore
from queuedjob.controllers.job.keys import job_key
from queuedjob.controllers.job.late_posts import LatePosts
from queuedjob.controllers.job.memory import Memory
from queuedjob.controllers.job.orphans import OrphanController
from queuedjob.controllers.job.pod_store import PodStore
from queuedjob.controllers.job.pod_writer import PodWriter
from queuedjob.controllers.job.refusals import Refusals
from queuedjob.controllers.job.refused_writes import RefusedWrites
from queuedjob.controllers.job.stores import JobStores
from queuedjob.controllers.job.unlabelled_pods import UnlabelledPods
from queuedjob.controllers.keys import namespace_of
from queuedjob.controllers.namespaces import Namespaces
from queuedjob.controllers.registry import Record, Registry
from queuedjob.controllers.routing import Router
from queuedjob.controllers.stores import Enqueue, KindStore, Report
from queuedjob.health import REFUSED, Health
from queuedjob.kube.client import paths, wire
from queuedjob.kube.client.client import Client
from queuedjob.kube.client.observed import Exchange, ObservedTransport
from queuedjob.kube.client.reflector import Reflector, Rejected
from queuedjob.kube.objects.deadletters import LETTERS
from queuedjob.lifecycle import Lifecycle, Parts
from queuedjob.ports import Beside, Body, Clock, Random, Transport, WatchSource
from queuedjob.runtime.beside import at_once
from queuedjob.runtime.pacing import Gate
from queuedjob.runtime.servertime import NotReady, ServerTime
from queuedjob.runtime.workqueue import WorkQueue
from queuedjob.settings import Settings
from queuedjob.telemetry.metrics import Metrics
from queuedjob.watches import Watches

log: Final = structlog.get_logger("queuedjob.operator")

_QUEUE: Final = "reconcile"

_WAKING: Final = 60.0
"""Seconds over which a resync has the unfinished jobs reconciled, one after the other."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The operator's interfaces to the outside."""

    transport: Transport
    source: WatchSource
    clock: Clock
    random: Random
    beside: Beside = at_once


class Operator:
    """One operator, wired from its parts; `run` works until cancelled."""

    def __init__(self, settings: Settings, ports: Ports, metrics: Metrics, *, instance: str) -> None:
        self._ports = ports
        self._metrics = metrics
        clock, random = ports.clock, ports.random
        self._server_time = ServerTime(clock)
        gate = Gate(clock, random)
        transport = ObservedTransport(ports.transport, clock=clock, gate=gate, listeners=(self._exchanged,))
        client = Client(transport)
        self._queue = WorkQueue(clock, random, namespace_of=namespace_of, on_start=self._taken, on_crash=self._crashed)
        self.namespaces = namespaces = Namespaces(settings.namespace, metrics.namespace_served)
        self.watches = Watches(clock, namespaces)
        self.health = Health(clock, gate, self._queue, self.watches.ages, lambda: self._server_time.ready)
        self.stores = _stores(self._queue.add, self._not_taken)
        events = EventQueue(client, clock, random, metrics)
        context = Context(
            client=client,
            queue=self._queue,
            events=events,
            clock=clock,
            random=random,
            server_time=self._server_time,
            metrics=metrics,
            settings=settings,
            instance=instance,
            beside=ports.beside,
        )
        self.late = LatePosts(clock, settings.late_bound, self._pods_listed_since)
        self._memory = Memory(
            self.late,
            pod_refusals=Refusals(clock, random),
            letter_refusals=Refusals(clock, random),
            refused_writes=RefusedWrites(clock, random),
            blind_reads=BlindReads(clock),
        )
        self._registry = self._register(context)
        self._router = Router(context, self._registry, namespaces.serves)
        parts = Parts(
            source=ports.source,
            sink=self._take,
            namespaces=namespaces,
            reflectors={namespace: self._reflector(transport, namespace) for namespace in namespaces.all},
            inventory=Inventory(client, clock, self._registry, namespaces),
            queue=self._queue,
            handle=self._handle,
            events=events,
            sweep=UnlabelledPods(client, self.stores.pods, namespaces),
            wake=self._wake,
            no_late_posts_from=self.late.start_bound,
            on_started=self._take_over,
            watches=self.watches,
        )
        self.lifecycle = Lifecycle(settings, clock, random, self.health, parts)
        self._measure()

    def _register(self, context: Context) -> Registry:
        """Register one record for each kind: its store and its reconcile."""
        stores, clock = self.stores, context.clock
        memory = self._memory
        pods = PodWriter(context.client, stores, self.late, clock)
        orphans = OrphanController(context, stores, memory, pods)
        letters = DeadLetterWriter(context, stores.letters)
        jobs = QueuedJobController(context, stores, memory, pods=pods, dead_letters=letters, orphans=orphans)
        registry = Registry()
        registry.add(Record(stores.jobs, jobs.reconcile))
        registry.add(Record(stores.pods, orphans.release_ownerless, listed=False))
        registry.add(Record(stores.letters, deadletter.DeadLetterController(stores.letters, letters).reconcile))
        return registry

    async def run(self) -> None:
        """Work until cancelled."""
        await self.lifecycle.run()

    async def drain(self) -> None:
        """Take up no new key, and let the running reconciles end, for as long as the settings allow."""
        await self.lifecycle.drain()

    def held(self) -> dict[str, int]:
        """Return how many objects, facts and keys are kept, and where. All are 0 once all objects are gone."""
        kept = {plural: len(self._registry[plural].store) for plural in self._registry.plurals}
        return {**kept, "memory": len(self._memory), "queue": len(self._queue) + self._queue.active}

    async def _handle(self, key: str) -> None:
        began = self._ports.clock.monotonic()
        try:
            await self._router.reconcile(key)
        finally:
            self._metrics.work_done(_QUEUE, self._ports.clock.monotonic() - began)

    def _taken(self, _key: str, waited: float) -> None:
        self.health.key_taken()
        self._metrics.work_taken(_QUEUE, waited)

    def _crashed(self, key: str, error: BaseException) -> None:
        """Report an error that no controller expected as critical: it is a bug of ours. The key is tried again."""
        if isinstance(error, Exception):
            self._metrics.reconcile_failed(_QUEUE, error)
        log.critical("reconcile broken", key=key, exc_info=error)

    def _take(self, plural: str, event: str | None, body: Body) -> None:
        """Take in an event of the source's watch (a Sink). Raises UnknownKind."""
        self._registry[plural].store.take(event, body)

    def _not_taken(self, plural: str, body: Body, error: Exception) -> None:
        """Report an object that no store can take in: its UID and version are tried again at each resync."""
        self._metrics.object_not_taken(plural)
        log.critical("object not taken", kind=plural, object=wire.identity_of(body), exc_info=error)

    def _wake(self) -> None:
        unfinished = [job_key(job.id) for job in self.stores.jobs if not is_terminal(job.phase)]
        for rank, key in enumerate(unfinished):
            self._queue.add_after(key, _WAKING * rank / len(unfinished))

    def _take_over(self) -> None:
        jobs, pods = self.stores.jobs, self.stores.pods
        unfinished = sum(not is_terminal(job.phase) and job.phase != PENDING for job in jobs)
        self._metrics.jobs_taken_over(unfinished)
        log.info("jobs taken over", unfinished=unfinished, jobs=len(jobs), pods=len(pods))

    def _reflector(self, transport: Transport, namespace: str | None) -> Reflector:
        path, pods = paths.pods(namespace), self.stores.pods
        return Reflector(
            transport,
            self._ports.clock,
            self._ports.random,
            path,
            selector=names.JOB_LABEL,
            on_event=pods.take,
            on_listed=lambda uids, version: pods.missed(uids, version, namespace or ""),
            on_trouble=lambda doing, error: _watch_broken(path, doing, error),
        )

    def _pods_listed_since(self, time: float) -> bool:
        return self.lifecycle.pods_listed_since(time)

    def _exchanged(self, exchange: Exchange) -> None:
        self._metrics.api_request(exchange.verb, exchange.resource, exchange.code, exchange.received - exchange.sent)
        if exchange.date:
            self._server_time.observe(exchange.sent, exchange.received, exchange.date)
        self.health.exchanged(exchange)

    def _skew(self) -> float | None:
        """Return by how many seconds the API server's clock is ahead of this machine's; None if unknown."""
        try:
            return -self._server_time.skew()
        except NotReady:
            return None

    def _measure(self) -> None:
        self.watches.expect(self._registry.plurals)
        self._metrics.measure_watches(self.watches.ages)
        self._metrics.count_jobs(lambda: ((job.phase, job.namespace, job.queue) for job in self.stores.jobs))
        self._metrics.count_active_attempts(lambda: sum(map(self.stores.is_active_attempt, self.stores.pods)))
        self._metrics.measure_depth(_QUEUE, lambda: len(self._queue))
        self._metrics.measure_clock_skew(self._skew)


def _stores(enqueue: Enqueue, report: Report) -> JobStores:
    """Make the store of each kind, with the keys that a change enqueues."""
    jobs = JobStore(enqueue, report)
    letters = KindStore(LETTERS, enqueue, report, deadletter.affected, deadletter.affected_by_deletion)
    return JobStores(jobs, PodStore(jobs, enqueue, report), letters)


def _watch_broken(path: str, doing: str, error: Exception) -> None:
    """Log a failed watch. A refused watch needs a person's action; a lost connection needs no action."""
    refused = isinstance(error, Rejected) and error.status in REFUSED
    (log.critical if refused else log.warning)("watch broken", path=path, doing=doing, error=str(error))
