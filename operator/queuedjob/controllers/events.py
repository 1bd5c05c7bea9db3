"""Post Events beside the reconciles: an Event is for people, and no write waits for one (protocol: Turns).

Namespaces take turns, and the Events of one namespace are posted in their order, one at a time. Where Events are not
taken as fast as they come, the namespace with the most of them loses its newest.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from queuedjob.kube.client import paths
from queuedjob.kube.client.client import Client
from queuedjob.kube.client.errors import AlreadyExists, ApiError
from queuedjob.ports import Body, Clock, NoAnswer, Random
from queuedjob.runtime.workqueue import WorkQueue
from queuedjob.telemetry.metrics import Metrics

log: Final = structlog.get_logger("queuedjob.event")

_MOST: Final = 1000
"""Events that may wait in all, of about a kilobyte each."""

_SENDERS: Final = 4
"""Events that are posted at the same time; slow ones leave their senders, as slow reconciles leave their workers."""

_TIMEOUT: Final = 5.0
"""Seconds that the API server may take for one Event. The client waits a little longer for its answer (client.py)."""

_POLL: Final = 0.02
"""Seconds between two looks of `flush`."""


def _nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class OutgoingEvent:
    """One Event to be posted, and what it says in short, for the log."""

    namespace: str
    job: str
    reason: str
    body: Body
    on_new: Callable[[], None] = _nothing
    """Called unless an Event of this name exists already; lost Events are new, too. It must not raise."""


class EventQueue:
    """Events that wait to be posted. A lost Event is counted and logged, and not tried again."""

    def __init__(self, client: Client, clock: Clock, random: Random, metrics: Metrics) -> None:
        self._client = client
        self._clock = clock
        self._metrics = metrics
        self._waiting: dict[str, deque[OutgoingEvent]] = {}
        self._queue = WorkQueue(clock, random, namespace_of=str, on_crash=_broken)

    def post(self, event: OutgoingEvent) -> None:
        """Post this Event soon."""
        self._waiting.setdefault(event.namespace, deque()).append(event)
        if len(self) > _MOST:
            self._drop()
        self._queue.add(event.namespace)

    async def run(self) -> None:
        """Post Events until cancelled."""
        await self._queue.run(self._post_next, workers=_SENDERS)

    async def flush(self) -> None:
        """Return when all Events are posted or lost. Bound this by a timeout."""
        while self._waiting or self._queue.active:
            await self._clock.sleep(_POLL)

    async def send(self, event: OutgoingEvent) -> None:
        """POST one Event now."""
        try:
            await self._client.create(paths.events(event.namespace), event.body, bound=_TIMEOUT)
        except AlreadyExists:
            return
        except (ApiError, NoAnswer) as error:
            self._lost(event, "NotServed", str(error))
        else:
            event.on_new()

    def __len__(self) -> int:
        """How many Events wait."""
        return sum(len(events) for events in self._waiting.values())

    async def _post_next(self, namespace: str) -> None:
        if (events := self._waiting.get(namespace)) is None:
            return
        event = events.popleft()
        if events:
            self._queue.add(namespace)
        else:
            del self._waiting[namespace]
        await self.send(event)

    def _drop(self) -> None:
        """Drop the newest Event of the namespace that has the most of them."""
        most = max(self._waiting, key=lambda namespace: len(self._waiting[namespace]))
        event = self._waiting[most].pop()
        if not self._waiting[most]:
            del self._waiting[most]
        self._lost(event, "Full", f"{_MOST} Events wait already")

    def _lost(self, event: OutgoingEvent, why: str, words: str) -> None:
        self._metrics.event_lost(why)
        log.warning("event lost", job=event.job, namespace=event.namespace, reason=event.reason, error=words)
        event.on_new()


def _broken(namespace: str, error: BaseException) -> None:
    log.critical("event broken", namespace=namespace, exc_info=error)
