"""What controllers work with, over an API server of a few objects and a clock that jumps."""

from dataclasses import dataclass, field
from typing import Any, cast

from queuedjob.controllers.late import LatePosts
from queuedjob.controllers.pods import PodWriter
from queuedjob.controllers.refusals import Refusals
from queuedjob.controllers.stores import Stores
from queuedjob.controllers.tools import Tools
from queuedjob.kube.client import Client
from queuedjob.kube.pods import pod_from
from queuedjob.policy.facts import Pod
from queuedjob.policy.situation import Patience
from queuedjob.ports import Body
from queuedjob.runtime.servertime import ServerTime
from queuedjob.telemetry.metrics import Metrics
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

    def add_after(self, key: str, seconds: float) -> None:
        self.later[key] = seconds

    def retry(self, key: str) -> None:
        self.failed.append(key)


class Workshop:
    """`settled`: the operator runs so long that no predecessor's request can arrive any more."""

    def __init__(self, server: ApiServer, *, settled: bool = True) -> None:
        self.server = server
        self.keys = Keys()
        self.unreadable: list[tuple[str, Body]] = []
        self.clock = VirtualClock()
        self.client = Client(server)
        self.stores = Stores(self.keys.add, lambda plural, body, _error: self.unreadable.append((plural, body)))
        self.late = LatePosts(self.clock, 0.0 if settled else BOUND, lambda _since: True)
        self.late._bound = BOUND
        self.pods = PodWriter(self.client, self.stores, self.late, self.clock)

    def tools(self) -> Tools:
        random = SteadyRandom()
        return Tools(
            client=self.client,
            stores=self.stores,
            queue=self.keys,
            clock=self.clock,
            random=random,
            server_time=ServerTime(self.clock),
            late=self.late,
            pod_refusals=Refusals(self.clock, random),
            letter_refusals=Refusals(self.clock, random),
            metrics=cast(Metrics, None),
            patience=Patience(),
            post_timeout=15.0,
            instance="test",
        )

    def seeing(self, *pods: Body) -> list[Pod]:
        """The pods are in the store, as last seen; what that asks for is forgotten."""
        seen = [pod_from(body) for body in pods]
        for pod in seen:
            self.stores.see_pod(pod)
        self.keys.added.clear()
        return seen

    def pod(self, uid: str) -> Any:  # noqa: ANN401 - a test fails better on None than a type does
        return self.stores.pods.get(uid)
