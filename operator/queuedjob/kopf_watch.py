"""kopf watches our own kinds, and does nothing else: each event goes to the sink, each failure is outlived.

What is unusual here works around kopf 1.45.2 (failure catalogue K), every point of it seen. In short: kopf is embedded,
so that it neither stops our tasks nor kills the process; whatever ends it, it is started again; it writes nothing; it
is paced in its HTTP session; signals are ours.
"""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Collection, Iterator
from pathlib import Path
from typing import Any, Final, Protocol, cast

import aiohttp
import kopf
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse

from queuedjob.api.names import DEADLETTERS, GROUP, QUEUEDJOBS, VERSION
from queuedjob.kube.client.connection import Connection
from queuedjob.kube.client.session import open_session
from queuedjob.ports import Body, Clock, Sink

KINDS: Final = (QUEUEDJOBS, DEADLETTERS)

_KOPF: Final = Path(kopf.__file__).parent

_GAP: Final = 1.0
"""Seconds between two starts of one LIST or WATCH: kopf opens a WATCH that closes at once 3,700 times a second."""

_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 30.0
"""Seconds before kopf is started again."""

_STEADY: Final = 60.0
"""Seconds that kopf must have lived for its end to be the first of a row."""

_BLIND: Final = 20.0
"""Seconds after which kopf is started again if it has not asked for both kinds: it looks but once which kinds are
served, and where a CRD is missing at that moment, it watches nothing, silently and for ever."""

_ROUNDS: Final = 3
_STUBBORN: Final = 5.0
"""How often, and for how many seconds each, a task that kopf left behind is told to stop."""


class OnList(Protocol):
    """Hears of LISTs."""

    def __call__(self, plural: str, *, again: bool) -> None:
        """Kopf lists a kind, for the first time or not."""
        ...


class KopfWatch:
    """The WatchSource of our own kinds, over kopf.

    `namespaces`: empty for the whole cluster. `own_signals` puts our signal handlers back after kopf took them, which
    it does at each start. `on_end` hears why kopf ended, before it is started again; `on_broken` what the sink raised.
    `on_relist` is told the plural of a kind that kopf lists again: it does not tell what was deleted in the meantime.
    None of them may raise.
    """

    def __init__(
        self,
        connection: Connection,
        clock: Clock,
        *,
        namespaces: Collection[str] = (),
        own_signals: Callable[[], None],
        on_end: Callable[[BaseException | None], None],
        on_broken: Callable[[Exception], None],
        on_relist: Callable[[str], None],
    ) -> None:
        self._connection = connection
        self._clock = clock
        self._namespaces = tuple(namespaces)
        self._own_signals = own_signals
        self._on_end = on_end
        self._on_broken = on_broken
        self._on_relist = on_relist
        self._pace = _Pace(clock, self._listed)
        self._unlisted: set[str] = set()
        self._deadline: asyncio.Timeout | None = None
        self._sessions: list[aiohttp.ClientSession] = []

    async def run(self, sink: Sink) -> None:
        """Feed `sink` until cancelled. No end of kopf is ours."""
        logging.getLogger("kopf.objects").setLevel(logging.WARNING)  # else it words a line for each event
        registry, settings = self._registry(sink), _settings()
        pause = _FIRST_PAUSE
        while True:
            began = self._clock.monotonic()
            try:
                await self._run_once(registry, settings)
                self._on_end(None)
            except (Exception, asyncio.CancelledError) as error:
                # WatchingError, APIError, LoginError, JSONDecodeError ..., or a cancellation from within kopf.
                if (task := asyncio.current_task()) is not None and task.cancelling():
                    raise
                self._on_end(error)
            if self._clock.monotonic() - began > _STEADY:
                pause = _FIRST_PAUSE
            await self._clock.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _run_once(self, registry: kopf.OperatorRegistry, settings: kopf.OperatorSettings) -> None:
        # Not kopf.operator(): when that ends, it cancels every task created since it started, ours too.
        before = asyncio.all_tasks()
        try:
            tasks = await kopf.spawn_tasks(
                registry=registry,
                settings=settings,
                standalone=True,  # no peering: two operators of equal priority would freeze each other
                clusterwide=not self._namespaces,
                namespaces=self._namespaces,
            )
            self._own_signals()
            self._unlisted = set(KINDS)
            async with asyncio.timeout(_BLIND) as self._deadline:
                await kopf.run_tasks(tasks, ignored=_AllTasks())
        finally:
            self._deadline = None
            await _stop_leftovers(before)
            sessions, self._sessions = self._sessions, []
            for session in sessions:
                await session.close()

    def _listed(self, plural: str, *, again: bool) -> None:
        self._unlisted.discard(plural)
        if not self._unlisted and self._deadline is not None and not self._deadline.expired():
            self._deadline.reschedule(None)
        if again:
            self._on_relist(plural)

    def _registry(self, sink: Sink) -> kopf.OperatorRegistry:
        registry = kopf.OperatorRegistry()
        kopf.on.login(registry=registry, id="login")(self._login)
        for plural in KINDS:  # always with the group: else discovery scans all, and one dead APIService blocks it
            handler = _handler(plural, sink, self._on_broken)
            kopf.on.event(GROUP, VERSION, plural, registry=registry, id=plural)(handler)
        return registry

    async def _login(self, **_: object) -> kopf.AiohttpSession:
        """A session with our own credentials. After a 401 kopf closes it and asks for another."""
        session = open_session(self._connection, limit=0, middlewares=(self._pace,))
        self._sessions.append(session)
        return kopf.AiohttpSession(server=self._connection.server, aiohttp_session=session)


def _handler(plural: str, sink: Sink, on_broken: Callable[[Exception], None]) -> Callable[..., Awaitable[None]]:
    async def seen(event: kopf.RawEvent, **_: object) -> None:
        try:
            sink(plural, event["type"], cast("Body", event["object"]))
        except Exception as error:  # noqa: BLE001 - kopf would log it and drop the event; here it is told
            on_broken(error)

    return seen


async def _stop_leftovers(before: Collection["asyncio.Task[Any]"]) -> None:
    """Stop what kopf started and left running: where the watch of one kind fails, the other's would go on for ever.

    One by one, the guarded tasks first, which stop those that serve them. A watch whose pause-waiter is cancelled along
    with it takes its own cancellation for a pause, and goes on.
    """
    for _ in range(_ROUNDS):
        leftovers = [task for task in asyncio.all_tasks() if task not in before and _code_of(task) is not None]
        for task in sorted(leftovers, key=lambda task: _code_of(task) != "guard"):
            if not task.done():
                task.cancel()
                await asyncio.wait({task}, timeout=_STUBBORN)


def _code_of(task: "asyncio.Task[Any]") -> str | None:
    """The name of the coroutine, if it is kopf's."""
    code = getattr(task.get_coro(), "cr_code", None)
    return code.co_name if code is not None and Path(code.co_filename).is_relative_to(_KOPF) else None


class _Pace:
    """Keeps two starts of one LIST or WATCH apart, over all sessions, and tells of each LIST of our kinds."""

    def __init__(self, clock: Clock, on_list: OnList) -> None:
        self._clock = clock
        self._on_list = on_list
        self._last: dict[tuple[str, bool], float] = {}

    async def __call__(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        query = request.url.query
        if "continue" not in query:
            key = (request.url.path, "watch" in query)
            again = key in self._last
            await self._keep_apart(key)
            if request.url.name in KINDS and "watch" not in query:
                self._on_list(request.url.name, again=again)
        if request.session.closed:  # while it waited; kopf knows this error of aiohttp's, and logs in again
            raise RuntimeError("Session is closed")
        return await handler(request)

    async def _keep_apart(self, key: tuple[str, bool]) -> None:
        now = self._clock.monotonic()
        self._last[key] = start = max(now, self._last.get(key, now - _GAP) + _GAP)
        if start > now:
            await self._clock.sleep(start - now)


def _settings() -> kopf.OperatorSettings:
    """Everything off that kopf does by itself, everything patient that it does for us."""
    settings = kopf.OperatorSettings()
    settings.process.ultimate_exiting_timeout = None  # else SIGKILL, ten minutes after an end without a stop flag
    settings.persistence.finalizer = f"{GROUP}/never-set"  # else it patches away the one that all kopf operators share
    settings.persistence.diffbase_storage = _NoDiffBase()
    settings.persistence.progress_storage = _NoProgress()
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.queueing.idle_timeout = 0.02  # an idle object costs a task: a third of the memory at 20,000
    settings.queueing.exit_timeout = 0.5
    settings.watching.chunk_size = 500  # one LIST of 50,000 jobs costs 394 MB at its peak
    settings.watching.reconnect_backoff = _GAP
    settings.watching.inactivity_timeout = 70.0  # above the 60 s of bookmarks; notices a dead stream
    settings.networking.error_backoffs = _EndlessBackoffs()
    settings.networking.request_timeout = 60.0
    settings.networking.connect_timeout = 5.0
    settings.execution.default_backoff = 5.0  # a login that failed is tried again after it
    return settings


class _EndlessBackoffs:
    """Seconds between the tries of one request, for ever.

    Starts anew for each request: kopf shares one iterable among all, so that a generator would be spent by the first.
    """

    def __iter__(self) -> Iterator[float]:
        delay = 0.5
        while True:
            yield delay
            delay = min(2 * delay, 10.0)


class _AllTasks(Collection["asyncio.Task[Any]"]):
    """The tasks that kopf must leave alone when it ends: everybody's."""

    def __contains__(self, _task: object) -> bool:
        return True

    def __iter__(self) -> "Iterator[asyncio.Task[Any]]":
        return iter(())

    def __len__(self) -> int:
        return 0


class _NoDiffBase(kopf.DiffBaseStorage):
    """Keeps no last state: we handle events, not changes. Saves a third of kopf's CPU."""

    def build(self, **_: object) -> kopf.BodyEssence:
        return kopf.BodyEssence()

    def fetch(self, **_: object) -> None:
        return None

    def store(self, **_: object) -> None:
        return None


class _NoProgress(kopf.ProgressStorage):
    """Keeps no progress of handlers: there is none."""

    def fetch(self, **_: object) -> None:
        return None

    def store(self, **_: object) -> None:
        return None

    def purge(self, **_: object) -> None:
        return None

    def touch(self, **_: object) -> None:
        return None

    def clear(self, *, essence: kopf.BodyEssence) -> kopf.BodyEssence:
        return essence


def take_signals(stop: Callable[[], None]) -> None:
    """SIGTERM and SIGINT call `stop`."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
