"""The parts that the controllers of every kind use; the wiring makes them once."""

from dataclasses import dataclass
from typing import Protocol

from queuedjob.controllers.events import EventQueue
from queuedjob.kube.client.client import Client
from queuedjob.policy.time_math import ServerNow
from queuedjob.ports import Beside, Clock, Random
from queuedjob.runtime.servertime import ServerTime
from queuedjob.settings import Settings
from queuedjob.telemetry.metrics import Metrics


class Queue(Protocol):
    """The workqueue, as controllers use it."""

    def add(self, key: str) -> None:
        """Reconcile the key soon."""
        ...

    def seen(self, key: str) -> None:
        """The reconcile of this key reads the store now: additions up to this moment need no other reconcile."""
        ...

    def add_after(self, key: str, seconds: float) -> None:
        """Reconcile the key after so many seconds, or earlier on another request."""
        ...

    def retry(self, key: str) -> None:
        """Reconcile the key again after a failure, with growing delays."""
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """The ports and the client of the API server."""

    client: Client
    queue: Queue
    events: EventQueue
    clock: Clock
    random: Random
    server_time: ServerTime
    metrics: Metrics
    settings: Settings
    instance: str
    """This operator's host name: the reporter of its Events."""
    beside: Beside
    """Carries out long computations beside the event loop."""

    def now(self) -> ServerNow:
        """Return the present time by the API server's clock. Raises NotReady."""
        return ServerNow(early=self.server_time.early(), late=self.server_time.late())
