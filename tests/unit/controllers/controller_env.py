"""The environment of a controller: a fake API server with a few objects, and virtual time."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from queuedjob.controllers.context import Context
from queuedjob.controllers.deadletter.controller import DeadLetterController, affected, affected_by_deletion
from queuedjob.controllers.deadletter.writer import DeadLetterWriter
from queuedjob.controllers.events import EventQueue
from queuedjob.controllers.job.blind_reads import BlindReads
from queuedjob.controllers.job.controller import QueuedJobController
from queuedjob.controllers.job.job_store import JobStore
from queuedjob.controllers.job.late_posts import LatePosts
from queuedjob.controllers.job.memory import Memory
from queuedjob.controllers.job.orphans import OrphanController
from queuedjob.controllers.job.pod_store import PodStore
from queuedjob.controllers.job.pod_writer import PodWriter
from queuedjob.controllers.job.refusals import Refusals
from queuedjob.controllers.job.refused_writes import RefusedWrites
from queuedjob.controllers.job.stores import JobStores
from queuedjob.controllers.registry import Record, Registry
from queuedjob.controllers.routing import Reconcile
from queuedjob.controllers.stores import KindStore
from queuedjob.kube.client.client import Client
from queuedjob.kube.objects.deadletters import LETTERS
from queuedjob.kube.objects.pods import pod_from
from queuedjob.policy.facts import Pod
from queuedjob.ports import Body
from queuedjob.runtime.beside import at_once
from queuedjob.runtime.servertime import ServerTime
from queuedjob.settings import Settings
from queuedjob.telemetry.metrics import Metrics
from tests.builders import NOON
from tests.unit.controllers.api_server import ApiServer
from tests.virtual_loop import SteadyRandom, VirtualClock

BOUND = 20.0


@dataclass
class Keys:
    """Stands for the workqueue, and records what a controller asked of it."""

    added: list[str] = field(default_factory=list)
    later: dict[str, float] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def add(self, key: str) -> None:
        self.added.append(key)

    def seen(self, key: str) -> None:
        """Drop this key: the plan that follows sees the answers to our own requests anyway."""
        self.added = [each for each in self.added if each != key]

    def add_after(self, key: str, seconds: float) -> None:
        self.later[key] = seconds

    def retry(self, key: str) -> None:
        self.failed.append(key)


class ControllerEnv:
    """Everything that the controllers share. With `settled`, no late POST of a predecessor can arrive any more."""

    def __init__(self, server: ApiServer, *, settled: bool = True) -> None:
        self.server = server
        self.keys = Keys()
        self.clock = VirtualClock(wall_offset=NOON.timestamp() + 20 - asyncio.get_running_loop().time())
        self.metrics = Metrics(self.clock, version="test")
        self.client = Client(server)
        self.late = LatePosts(self.clock, 0.0 if settled else BOUND, lambda _since: True)
        self.late._bound = BOUND
        random = SteadyRandom()
        self.memory = Memory(
            self.late,
            pod_refusals=Refusals(self.clock, random),
            letter_refusals=Refusals(self.clock, random),
            refused_writes=RefusedWrites(self.clock, random),
            blind_reads=BlindReads(self.clock),
        )
        self.registry = Registry()
        self.not_taken: list[tuple[str, Body, Exception]] = []
        enqueue = self.keys.add
        jobs = JobStore(enqueue, self.report)
        letters = KindStore(LETTERS, enqueue, self.report, affected, affected_by_deletion)
        self.stores = JobStores(jobs, PodStore(jobs, enqueue, self.report), letters)
        self.pods = PodWriter(self.client, self.stores, self.late, self.clock)
        self.events = EventQueue(self.client, self.clock, random, self.metrics)
        self.context = self._context(random)
        self._register()

    def _context(self, random: SteadyRandom) -> Context:
        server_time, now = ServerTime(self.clock), self.clock.monotonic()
        server_time.observe(now, now, format_datetime(datetime.fromtimestamp(self.clock.wall(), UTC), usegmt=True))
        return Context(
            client=self.client,
            queue=self.keys,
            events=self.events,
            clock=self.clock,
            random=random,
            server_time=server_time,
            metrics=self.metrics,
            settings=Settings(),
            instance="test",
            beside=at_once,
        )

    def report(self, plural: str, body: Body, error: Exception) -> None:
        self.not_taken.append((plural, body, error))

    def _register(self) -> None:
        """Register the kinds as the operator does."""
        add, stores = self.registry.add, self.stores
        self.orphans = OrphanController(self.context, stores, self.memory, self.pods)
        self.dead_letters = DeadLetterWriter(self.context, stores.letters)
        self.controller = QueuedJobController(
            self.context, stores, self.memory, pods=self.pods, dead_letters=self.dead_letters, orphans=self.orphans
        )
        add(Record(stores.jobs))
        add(Record(stores.pods, listed=False))
        add(Record(stores.letters))
        self.reconciles: dict[str, Reconcile] = {
            stores.jobs.objects.plural: self.controller.reconcile,
            stores.pods.objects.plural: self.orphans.release_ownerless,
            stores.letters.objects.plural: DeadLetterController(stores.letters, self.dead_letters).reconcile,
        }

    async def post_events(self) -> None:
        """Post the Events that wait."""
        posting = asyncio.create_task(self.events.run())
        await self.events.flush()
        posting.cancel()
        await asyncio.gather(posting, return_exceptions=True)

    def seeing_job(self, body: Body) -> None:
        """Put the job into the store."""
        self.stores.jobs.see(body)
        self.keys.added.clear()

    def seeing(self, *pods: Body) -> list[Pod]:
        """Put the pods into the store. Drop the keys that this adds to the queue. Return the stored pods."""
        seen = [pod_from(body) for body in pods]
        for pod in seen:
            self.stores.pods.put(pod)
        self.keys.added.clear()
        return seen

    def pod(self, uid: str) -> Any:  # noqa: ANN401 - a test fails better on None than a type does
        return self.stores.pods.get(uid)
