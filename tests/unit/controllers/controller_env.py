"""What controllers work with, over an API server of a few objects and a clock that jumps."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from queuedjob.controllers.context import Context
from queuedjob.controllers.deadletter.writer import DeadLetterWriter
from queuedjob.controllers.job.attempts import AttemptStarter
from queuedjob.controllers.job.controller import QueuedJobController
from queuedjob.controllers.job.evidence_reader import EvidenceReader
from queuedjob.controllers.job.late_posts import LatePosts
from queuedjob.controllers.job.orphans import OrphanController
from queuedjob.controllers.job.pod_writer import PodWriter
from queuedjob.controllers.job.refusals import Refusals
from queuedjob.controllers.job.status_writer import StatusWriter
from queuedjob.controllers.stores import Stores
from queuedjob.kube.client.client import Client
from queuedjob.kube.objects.pods import pod_from
from queuedjob.policy.facts import Pod
from queuedjob.ports import Body
from queuedjob.runtime.servertime import ServerTime
from queuedjob.settings import Settings
from queuedjob.telemetry.metrics import Metrics
from tests.builders import NOON
from tests.unit.controllers.api_server import ApiServer
from tests.virtual_loop import SteadyRandom, VirtualClock

BOUND = 20.0


@dataclass
class Keys:
    """The workqueue, as far as controllers see it: what was asked of it."""

    added: list[str] = field(default_factory=list)
    later: dict[str, float] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def add(self, key: str) -> None:
        self.added.append(key)

    def seen(self, key: str) -> None:
        """Our own answers ask for nothing more: a plan looks at them."""
        self.added = [each for each in self.added if each != key]

    def add_after(self, key: str, seconds: float) -> None:
        self.later[key] = seconds

    def retry(self, key: str) -> None:
        self.failed.append(key)


class ControllerEnv:
    """`settled`: the operator runs so long that no predecessor's request can arrive any more."""

    def __init__(self, server: ApiServer, *, settled: bool = True) -> None:
        self.server = server
        self.keys = Keys()
        self.clock = VirtualClock(wall_offset=NOON.timestamp() + 20 - asyncio.get_running_loop().time())
        self.metrics = Metrics(self.clock, version="test", kinds=("pods",))
        self.client = Client(server)
        self.stores = Stores(self.keys.add)
        self.late = LatePosts(self.clock, 0.0 if settled else BOUND, lambda _since: True)
        self.late._bound = BOUND
        self.pods = PodWriter(self.client, self.stores, self.late, self.clock)

    def context(self) -> Context:
        random = SteadyRandom()
        server_time, now = ServerTime(self.clock), self.clock.monotonic()
        server_time.observe(now, now, format_datetime(datetime.fromtimestamp(self.clock.wall(), UTC), usegmt=True))
        return Context(
            client=self.client,
            stores=self.stores,
            queue=self.keys,
            clock=self.clock,
            random=random,
            server_time=server_time,
            late=self.late,
            pod_refusals=Refusals(self.clock, random),
            letter_refusals=Refusals(self.clock, random),
            evidence=EvidenceReader(self.client),
            metrics=self.metrics,
            show_after=Settings().show_after,
            limits=Settings().limits,
            post_timeout=15.0,
            instance="test",
        )

    def controller(self, context: Context | None = None) -> QueuedJobController:
        """The controller of jobs, as the operator makes it."""
        context = context or self.context()
        return QueuedJobController(
            context,
            pods=self.pods,
            starter=AttemptStarter(context),
            statuses=StatusWriter(context),
            dead_letters=DeadLetterWriter(context),
            orphans=OrphanController(context, self.pods),
        )

    def seeing_job(self, body: Body) -> None:
        """The job is in the store, as last seen."""
        self.stores.see_job(body)
        self.keys.added.clear()

    def seeing(self, *pods: Body) -> list[Pod]:
        """The pods are in the store, as last seen; what that asks for is forgotten."""
        seen = [pod_from(body) for body in pods]
        for pod in seen:
            self.stores.see_pod(pod)
        self.keys.added.clear()
        return seen

    def pod(self, uid: str) -> Any:  # noqa: ANN401 - a test fails better on None than a type does
        return self.stores.pods.get(uid)
