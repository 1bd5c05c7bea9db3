"""Compose one operator from its ports. Each kind has one record (`_register`) and one controller (`_reconciles`) here.

`__main__` passes the real ports and kopf; tests pass others. This module opens no connection and reads no clock.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
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
from queuedjob.controllers.routing import Reconcile, Router
from queuedjob.controllers.stores import Enqueue, KindStore, Report
from queuedjob.health import REFUSED, Health
from queuedjob.kube.client import paths, wire
from queuedjob.kube.client.client import Client
from queuedjob.kube.client.observed import Exchange, ObservedTransport
from queuedjob.kube.client.reflector import Reflector, Rejected
from queuedjob.kube.objects.deadletters import LETTERS
from queuedjob.leadership.leadership import HeldTerm, Leadership
from queuedjob.leadership.lease import Lease
from queuedjob.leadership.term_transport import TermTransport
from queuedjob.lifecycle import Lifecycle, Parts
from queuedjob.policy.leadership.election import Term
from queuedjob.ports import Beside, Body, Clock, Random, Transport, WatchSource
from queuedjob.runtime.beside import at_once
from queuedjob.runtime.pacing import Gate, Ungated
from queuedjob.runtime.servertime import NotReady, ServerTime
from queuedjob.runtime.workqueue import WorkQueue
from queuedjob.settings import Settings
from queuedjob.telemetry.metrics import Metrics
from queuedjob.watches import Watches
from queuedjob.work import Work

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
        self._settings = settings
        self._ports = ports
        self._metrics = metrics
        self._instance = instance
        clock, random = ports.clock, ports.random
        self._server_time = ServerTime(clock)
        self._gate = Gate(clock, random)
        self._transport = self._observed(ports.transport)
        self._client = Client(self._transport)
        self.namespaces = namespaces = Namespaces(settings.namespace, metrics.namespace_served)
        self.watches = Watches(clock, namespaces)
        self.health = Health(clock, self._gate, self._queue, self.watches.ages, lambda: self._server_time.ready)
        self.stores = _stores(self._enqueue, self._not_taken)
        self._registry = _register(self.stores)
        parts = Parts(
            source=ports.source,
            sink=self._take,
            namespaces=namespaces,
            reflectors={namespace: self._reflector(namespace) for namespace in namespaces.all},
            inventory=Inventory(self._client, clock, self._registry, namespaces),
            sweep=UnlabelledPods(self._client, self.stores.pods, namespaces),
            wake=self._wake,
            lead=self._lead,
            watches=self.watches,
        )
        self.lifecycle = Lifecycle(settings, clock, random, self.health, parts)
        self.work: Work | None = None
        """That of the present term; None while this process has none."""
        self._last: Work | None = None
        self._leadership = self._stand() if settings.leader_elect else None
        if self._leadership is None:
            self.work = self._work(self._client, self._late_posts())
        self._measure()

    def _observed(self, transport: Transport) -> ObservedTransport:
        return ObservedTransport(transport, clock=self._ports.clock, gate=self._gate, listeners=(self._exchanged,))

    def _stand(self) -> Leadership:
        """Make the leadership. No pause that the API server asks for holds its few requests back."""
        settings, clock = self._settings, self._ports.clock
        transport = ObservedTransport(self._ports.transport, clock=clock, gate=Ungated(), listeners=(self._exchanged,))
        lease = Lease(transport, clock, namespace=settings.lease_namespace, name=settings.lease_name)
        return Leadership(lease, clock, self._ports.random, duration=settings.lease_duration, instance=self._instance)

    def _late_posts(self, term: Term | None = None) -> LatePosts:
        """Return which requests of others may still arrive, in a term or in the life of a process without terms."""
        if term is not None and term.continued and self._last is not None:
            return self._last.late
        clock, bound = self._ports.clock, self._settings.late_bound
        until = None if term is None else term.began + bound if term.late_until is None else term.late_until
        return LatePosts(clock, bound, self.lifecycle.pods_listed_since, predecessor_until=until)

    def _work(self, client: Client, late: LatePosts) -> Work:
        """Make the work of a term: all that acts, and what it remembers."""
        clock, random = self._ports.clock, self._ports.random
        queue = WorkQueue(clock, random, namespace_of=namespace_of, on_start=self._taken, on_crash=self._crashed)
        events = EventQueue(client, clock, random, self._metrics)
        context = Context(
            client=client,
            queue=queue,
            events=events,
            clock=clock,
            random=random,
            server_time=self._server_time,
            metrics=self._metrics,
            settings=self._settings,
            instance=self._instance,
            beside=self._ports.beside,
        )
        memory = Memory(
            late,
            pod_refusals=Refusals(clock, random),
            letter_refusals=Refusals(clock, random),
            refused_writes=RefusedWrites(clock, random),
            blind_reads=BlindReads(clock),
        )
        router = Router(context, self._reconciles(context, memory), self.namespaces.serves)
        return Work(
            queue=queue,
            handle=partial(self._handle, router),
            workers=self._settings.workers,
            events=events,
            memory=memory,
            list_from=self.lifecycle.list_from,
        )

    def _reconciles(self, context: Context, memory: Memory) -> Mapping[str, Reconcile]:
        """Make the controllers of all kinds."""
        stores = self.stores
        pods = PodWriter(context.client, stores, memory.late, context.clock)
        orphans = OrphanController(context, stores, memory, pods)
        letters = DeadLetterWriter(context, stores.letters)
        jobs = QueuedJobController(context, stores, memory, pods=pods, dead_letters=letters, orphans=orphans)
        return {
            stores.jobs.objects.plural: jobs.reconcile,
            stores.pods.objects.plural: orphans.release_ownerless,
            stores.letters.objects.plural: deadletter.DeadLetterController(stores.letters, letters).reconcile,
        }

    async def run(self) -> None:
        """Work until cancelled."""
        await self.lifecycle.run()

    async def drain(self) -> None:
        """Take up no new key, and let the running reconciles end, for as long as the settings allow.

        The Lease is released only after a whole drain: what was cut short may still write.
        """
        self.health.started = False
        work, leadership = self.work, self._leadership
        if leadership is not None and work is None:
            leadership.stop()
        if work is None:
            return
        try:
            async with asyncio.timeout(self._settings.shutdown_grace):
                await work.drain()
        except TimeoutError:
            log.warning("cut short", keys=work.queue.active, events=len(work.events))
            return
        if leadership is not None:
            await leadership.release(work.late.longest())

    async def _lead(self) -> None:
        if self._leadership is not None:
            await self._leadership.run(self._serve)
        elif self.work is not None:
            self._take_over()
            await self.work.run()

    async def _serve(self, held: HeldTerm) -> None:
        """Work for one term, until cancelled: it knows what the stores hold, and writes nothing beyond its end."""
        transport = TermTransport(self._ports.transport, self._ports.clock, held)
        client = Client(self._observed(transport), term=held.term.identity)
        self.work = work = self._work(client, self._late_posts(held.term))
        try:
            self.health.key_taken()
            self._metrics.term_begun()
            self._registry.enqueue_all()
            self._take_over()
            await work.run()
        finally:
            self._last, self.work = work, None

    def held(self) -> dict[str, int]:
        """Return how many objects, facts and keys are kept, and where. All are 0 once all objects are gone."""
        kept = {plural: len(self._registry[plural].store) for plural in self._registry.plurals}
        work = self.work
        queued, remembered = (len(work.queue) + work.queue.active, len(work.memory)) if work is not None else (0, 0)
        return {**kept, "memory": remembered, "queue": queued}

    async def _handle(self, router: Router, key: str) -> None:
        began = self._ports.clock.monotonic()
        try:
            await router.reconcile(key)
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
        if self.work is None:
            return
        unfinished = [job_key(job.id) for job in self.stores.jobs if not is_terminal(job.phase)]
        for rank, key in enumerate(unfinished):
            self.work.queue.add_after(key, _WAKING * rank / len(unfinished))

    def _take_over(self) -> None:
        jobs, pods = self.stores.jobs, self.stores.pods
        unfinished = sum(not is_terminal(job.phase) and job.phase != PENDING for job in jobs)
        self._metrics.jobs_taken_over(unfinished)
        log.info("jobs taken over", unfinished=unfinished, jobs=len(jobs), pods=len(pods))

    def _reflector(self, namespace: str | None) -> Reflector:
        path, pods = paths.pods(namespace), self.stores.pods
        return Reflector(
            self._transport,
            self._ports.clock,
            self._ports.random,
            path,
            selector=names.JOB_LABEL,
            on_event=pods.take,
            on_listed=lambda uids, version: pods.missed(uids, version, namespace or ""),
            on_trouble=lambda doing, error: _watch_broken(path, doing, error),
        )

    def _queue(self) -> WorkQueue | None:
        return self.work.queue if self.work is not None else None

    def _enqueue(self, key: str) -> None:
        if self.work is not None:
            self.work.queue.add(key)

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
        self._metrics.measure_depth(_QUEUE, lambda: len(self._queue() or ()))
        self._metrics.measure_clock_skew(self._skew)
        self._metrics.measure_leader(lambda: self.work is not None)


def _register(stores: JobStores) -> Registry:
    """Register one record for each kind."""
    registry = Registry()
    registry.add(Record(stores.jobs))
    registry.add(Record(stores.pods, listed=False))
    registry.add(Record(stores.letters))
    return registry


def _stores(enqueue: Enqueue, report: Report) -> JobStores:
    """Make the store of each kind, with the keys that a change enqueues."""
    jobs = JobStore(enqueue, report)
    letters = KindStore(LETTERS, enqueue, report, deadletter.affected, deadletter.affected_by_deletion)
    return JobStores(jobs, PodStore(jobs, enqueue, report), letters)


def _watch_broken(path: str, doing: str, error: Exception) -> None:
    """Log a failed watch. A refused watch needs a person's action; a lost connection needs no action."""
    refused = isinstance(error, Rejected) and error.status in REFUSED
    (log.critical if refused else log.warning)("watch broken", path=path, doing=doing, error=str(error))
