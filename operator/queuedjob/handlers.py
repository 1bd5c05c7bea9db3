"""kopf, watching our own kinds and doing nothing else: event -> sink (failure catalogue K, docs/decisions/003).

kopf ends at any error that it did not expect, takes signals, and would write to objects if it were let; all of that is
seen to here. It is started again for ever, and its one write is turned to a finalizer that nobody uses.
"""

import asyncio
import signal
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, Final

import aiohttp
import kopf

from queuedjob.api import names
from queuedjob.kube.connection import Connection
from queuedjob.kube.session import open_session
from queuedjob.ports import Clock, Sink

_GAP: Final = 1.0
"""Seconds between two starts of one WATCH or LIST: a watch that closes at once would open thousands of times."""
_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 30.0
_CALM: Final = 60.0
"""Seconds that kopf must have run for its next end to count as the first again."""


class KopfWatch:
    """The WatchSource of QueuedJobs and DeadLetters over kopf.

    `namespaces`: none given means all. `on_end` hears why kopf ended, before it is started again. `own_signals` puts
    our signal handlers back after kopf took them.
    """

    def __init__(
        self,
        connection: Connection,
        clock: Clock,
        *,
        namespaces: Sequence[str],
        on_end: Callable[[Exception | None], None],
        own_signals: Callable[[], None],
    ) -> None:
        self._connection = connection
        self._clock = clock
        self._namespaces = namespaces
        self._on_end = on_end
        self._own_signals = own_signals

    async def run(self, sink: Sink) -> None:
        """Feed `sink` until cancelled."""
        registry, settings = self._registry(sink), _settings()
        where: dict[str, Any] = {"namespaces": list(self._namespaces)} if self._namespaces else {"clusterwide": True}
        pause = _FIRST_PAUSE
        while True:
            began, reason = self._clock.monotonic(), None
            stop = asyncio.Event()  # a fresh one each time: kopf leaves a waiter on it
            try:
                tasks = await kopf.spawn_tasks(
                    registry=registry, settings=settings, standalone=True, stop_flag=stop, **where
                )
                self._own_signals()
                try:
                    await kopf.run_tasks(tasks, ignored=_Everything())
                finally:
                    stop.set()
                    await _end(tasks)
            except Exception as error:  # noqa: BLE001 - no exception of kopf's may end the operator
                reason = error
            self._on_end(reason)
            calm = self._clock.monotonic() - began > _CALM
            pause = _FIRST_PAUSE if calm else min(2 * pause, _LONGEST_PAUSE)
            await self._clock.sleep(pause)

    def _registry(self, sink: Sink) -> kopf.OperatorRegistry:
        registry = kopf.OperatorRegistry()

        @kopf.on.login(registry=registry)
        async def login(**_: object) -> kopf.AiohttpSession:
            session = open_session(self._connection, limit=0, middlewares=(_Pace(self._clock),))
            return kopf.AiohttpSession(server=self._connection.server, aiohttp_session=session)

        @kopf.on.event(names.GROUP, names.VERSION, names.QUEUEDJOBS, registry=registry)
        async def job_seen(type: str | None, body: kopf.Body, **_: object) -> None:  # noqa: A002 - kopf's name
            sink(names.QUEUEDJOBS, type, dict(body))

        @kopf.on.event(names.GROUP, names.VERSION, names.DEADLETTERS, registry=registry)
        async def letter_seen(type: str | None, body: kopf.Body, **_: object) -> None:  # noqa: A002 - kopf's name
            sink(names.DEADLETTERS, type, dict(body))

        return registry


async def _end(tasks: Collection[asyncio.Task[Any]]) -> None:
    """End what kopf has left running."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class _Pace:
    """Keeps the starts of one WATCH, or of one LIST, apart."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last: dict[tuple[str, bool], float] = {}

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        if "continue" not in request.url.query:
            now, key = self._clock.monotonic(), (request.url.path, "watch" in request.url.query)
            at = self._last[key] = max(now, self._last.get(key, now - _GAP) + _GAP)
            if at > now:
                await self._clock.sleep(at - now)
        return await handler(request)


class _Everything(Collection[asyncio.Task[Any]]):
    """All tasks: kopf would cancel those that are not its own when it ends."""

    def __contains__(self, _: object) -> bool:
        return True

    def __iter__(self) -> Iterator[asyncio.Task[Any]]:
        return iter(())

    def __len__(self) -> int:
        return 0


class _Endless:
    """Pauses between tries of one request: starts anew with each request, and never ends (so it has no length)."""

    def __iter__(self) -> Iterator[float]:
        pause = 0.5
        while True:
            yield pause
            pause = min(2 * pause, 10.0)


class _NoDiffBase(kopf.DiffBaseStorage):
    """We compare nothing: the store does."""

    def build(self, **_: object) -> kopf.BodyEssence:
        return kopf.BodyEssence()

    def fetch(self, **_: object) -> kopf.BodyEssence:
        return kopf.BodyEssence()

    def store(self, **_: object) -> None:
        return


class _NoProgress(kopf.ProgressStorage):
    """Our handlers have no progress that an annotation should keep."""

    def fetch(self, **_: object) -> None:
        return None

    def store(self, **_: object) -> None:
        return

    def purge(self, **_: object) -> None:
        return

    def touch(self, **_: object) -> None:
        return

    def clear(self, *, essence: kopf.BodyEssence) -> kopf.BodyEssence:
        return essence


def _settings() -> kopf.OperatorSettings:
    """Each line answers a trap of failure catalogue K."""
    it = kopf.OperatorSettings()
    it.process.ultimate_exiting_timeout = None  # else SIGKILL 600 s after an end that kopf did not expect
    it.persistence.finalizer = f"{names.GROUP}/never-set"  # it removes this one wherever it sees it
    it.persistence.diffbase_storage, it.persistence.progress_storage = _NoDiffBase(), _NoProgress()
    it.posting.enabled, it.scanning.disabled = False, True
    it.queueing.idle_timeout, it.queueing.exit_timeout = 0.02, 0.5
    it.watching.reconnect_backoff, it.watching.inactivity_timeout = 1.0, 70.0
    it.networking.error_backoffs, it.networking.request_timeout, it.networking.connect_timeout = _Endless(), 60, 5
    it.execution.default_backoff = 5  # seconds until a failed login is tried again
    it.watching.chunk_size = 500
    return it


def take_signals(stop: Callable[[], None]) -> None:
    """SIGTERM and SIGINT call `stop`; kopf takes both at each of its starts."""
    loop = asyncio.get_running_loop()
    for sig in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sig, stop)
