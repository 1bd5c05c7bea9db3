"""What the controllers of every kind work with; made once, by the wiring."""

from dataclasses import dataclass
from typing import Protocol

from queuedjob.controllers.stores import Stores
from queuedjob.kube.client.client import Client
from queuedjob.policy.time_math import ServerNow
from queuedjob.ports import Clock, Random
from queuedjob.runtime.servertime import ServerTime
from queuedjob.settings import Settings
from queuedjob.telemetry.metrics import Metrics


class Queue(Protocol):
    """The workqueue, as controllers use it."""

    def add(self, key: str) -> None:
        """Reconcile soon."""
        ...

    def seen(self, key: str) -> None:
        """All that the store holds by now is being looked at."""
        ...

    def add_after(self, key: str, seconds: float) -> None:
        """Reconcile in so many seconds, unless something happens before."""
        ...

    def retry(self, key: str) -> None:
        """Reconcile again after a failure, more and more slowly."""
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """Ports, stores and the way to the API server."""

    client: Client
    stores: Stores
    queue: Queue
    clock: Clock
    random: Random
    server_time: ServerTime
    metrics: Metrics
    settings: Settings
    instance: str
    """Who reports Events: this operator's host name."""

    def now(self) -> ServerNow:
        """Now, by the API server's clock. Raises NotReady."""
        return ServerNow(early=self.server_time.early(), late=self.server_time.late())
