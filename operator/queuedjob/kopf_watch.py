"""kopf watches our own kinds and does nothing else. Each event goes to the sink, and after each failure kopf restarts.

Unusual code here works around problems of kopf 1.45.2 (failure catalogue K). Each of them was observed. In short:
kopf is embedded, so that it cannot stop our tasks or kill the process. Whenever kopf ends, it is started again. kopf
writes nothing. Its requests are paced in its HTTP session. The signal handlers are ours.
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

from queuedjob.api.names import GROUP, VERSION
from queuedjob.kopf_bodies import MOST_IN_PAGE, OnHeard, ShownResponse, Sketches
from queuedjob.kube.client.connection import Connection
from queuedjob.kube.client.session import open_session
from queuedjob.kube.client.sketches import Bodies
from queuedjob.ports import Body, Clock, Sink
from queuedjob.runtime.loop_turns import OBJECTS, LoopTurns

_KOPF: Final = Path(kopf.__file__).parent

_GAP: Final = 1.0
"""Seconds between two starts of the same LIST or WATCH.

Without it, kopf opens a WATCH that closes at once 3,700 times a second.
"""

_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 30.0
"""Shortest and longest wait before kopf is started again, in seconds."""

_STEADY: Final = 60.0
"""If kopf ran longer than this many seconds, the wait before its next start is the shortest again."""

_BLIND: Final = 20.0
"""Seconds after which kopf is started again if it has not listed every kind.

kopf discovers only once which kinds are served. If a CRD is missing at that moment, kopf watches nothing, for ever and
without an error.
"""

_ROUNDS: Final = 3
_STUBBORN: Final = 5.0
"""How often a task that kopf left running is cancelled, and how many seconds each cancellation may take."""


class OnList(Protocol):
    """Is called for each LIST."""

    def __call__(self, plural: str, *, again: bool) -> None:
        """A kind is listed by kopf. `again` is False for the first LIST of the kind."""
        ...


class KopfWatch:
    """The WatchSource of our own kinds, based on kopf.

    `plurals`: the kinds to watch. `namespaces`: empty for the whole cluster. `own_signals` restores our signal
    handlers: kopf replaces them at each start. `on_end` gets the reason why kopf ended, before kopf is started again.
    `on_broken` gets what the sink raised. `on_relist` gets the plural of a kind that kopf lists again: kopf does not
    report what was deleted in the meantime. `on_heard` gets the plural and the namespace (None: all) of a watch that
    opened or brought a page or a line.
    None of these callbacks may raise.
    """

    def __init__(
        self,
        connection: Connection,
        clock: Clock,
        *,
        plurals: Collection[str],
        namespaces: Collection[str] = (),
        own_signals: Callable[[], None],
        on_end: Callable[[BaseException | None], None],
        on_broken: Callable[[Exception], None],
        on_relist: Callable[[str], None],
        on_heard: OnHeard,
    ) -> None:
        self._connection = connection
        self._clock = clock
        self._plurals = tuple(plurals)
        self._namespaces = tuple(namespaces)
        self._own_signals = own_signals
        self._on_end = on_end
        self._on_broken = on_broken
        self._on_relist = on_relist
        self._bodies = Bodies()
        self._pace = _Pace(clock, self._plurals, self._listed)
        self._show = Sketches(self._plurals, self._bodies, on_heard)
        self._unlisted: set[str] = set()
        self._deadline: asyncio.Timeout | None = None
        self._sessions: list[aiohttp.ClientSession] = []

    async def run(self, sink: Sink) -> None:
        """Feed `sink` until cancelled. This method does not end when kopf ends."""
        logging.getLogger("kopf.objects").setLevel(logging.WARNING)  # else it formats a log line for each event
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
        # Not kopf.operator(): when it ends, it cancels every task created since its start, including our tasks.
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
            self._unlisted = set(self._plurals)
            async with asyncio.timeout(_BLIND) as self._deadline:
                await kopf.run_tasks(tasks, ignored=_AllTasks())
        finally:
            self._deadline = None
            await _stop_leftovers(before)
            sessions, self._sessions = self._sessions, []
            for session in sessions:
                await session.close()
            self._bodies.clear()

    def _listed(self, plural: str, *, again: bool) -> None:
        self._unlisted.discard(plural)
        if not self._unlisted and self._deadline is not None and not self._deadline.expired():
            self._deadline.reschedule(None)
        if again:
            self._on_relist(plural)

    def _registry(self, sink: Sink) -> kopf.OperatorRegistry:
        registry = kopf.OperatorRegistry()
        turns = LoopTurns(OBJECTS)
        kopf.on.login(registry=registry, id="login")(self._login)
        for plural in self._plurals:
            # always with the group: else discovery scans all, and one dead APIService blocks kopf
            handler = _handler(plural, self._bodies, sink, self._on_broken, turns)
            kopf.on.event(GROUP, VERSION, plural, registry=registry, id=plural)(handler)
        return registry

    async def _login(self, **_: object) -> kopf.AiohttpSession:
        """A session with our own credentials. After a 401 kopf closes the session and calls this method again.

        It does the same once the certificates have changed, see _Renewal.
        """
        await self._connection.refresh()
        session = open_session(
            self._connection,
            limit=0,
            middlewares=(self._pace, _Renewal(self._connection), self._show),
            response_class=ShownResponse,
        )
        self._sessions = [*(each for each in self._sessions if not each.closed), session]
        return kopf.AiohttpSession(server=self._connection.server, aiohttp_session=session)


def _handler(
    plural: str, bodies: Bodies, sink: Sink, on_broken: Callable[[Exception], None], turns: LoopTurns
) -> Callable[..., Awaitable[None]]:
    async def seen(event: kopf.RawEvent, **_: object) -> None:
        try:
            async with turns.one():  # kopf has a task for each object of a page, and all of them are ready at once
                if (newest := bodies.take(plural, cast("Body", event["object"]))) is not None:
                    sink(plural, *newest)
        except Exception as error:  # noqa: BLE001 - kopf would log it and drop the event; report it here
            on_broken(error)

    return seen


async def _stop_leftovers(before: Collection["asyncio.Task[Any]"]) -> None:
    """Stop the tasks that kopf started and left running.

    If the watch of one kind fails, the watch of the other kind would run for ever.

    Cancel the tasks one by one. The guarded tasks come first: they stop the tasks that serve them. If a watch and its
    pause-waiter are cancelled together, the watch takes its own cancellation for a pause and goes on.
    """
    for _ in range(_ROUNDS):
        leftovers = [task for task in asyncio.all_tasks() if task not in before and _code_of(task) is not None]
        for task in sorted(leftovers, key=lambda task: _code_of(task) != "guard"):
            if not task.done():
                task.cancel()
                await asyncio.wait({task}, timeout=_STUBBORN)


def _code_of(task: "asyncio.Task[Any]") -> str | None:
    """The name of the task's coroutine; None if it is not kopf's."""
    code = getattr(task.get_coro(), "cr_code", None)
    return code.co_name if code is not None and Path(code.co_filename).is_relative_to(_KOPF) else None


class _Pace:
    """Keeps two starts of the same LIST or WATCH apart, in all sessions, and reports each LIST of our kinds."""

    def __init__(self, clock: Clock, plurals: Collection[str], on_list: OnList) -> None:
        self._clock = clock
        self._plurals = plurals
        self._on_list = on_list
        self._last: dict[tuple[str, bool], float] = {}

    async def __call__(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        query = request.url.query
        if "continue" not in query:
            key = (request.url.path, "watch" in query)
            again = key in self._last
            await self._keep_apart(key)
            if request.url.name in self._plurals and "watch" not in query:
                self._on_list(request.url.name, again=again)
        if request.session.closed:  # closed during the wait; kopf knows this error of aiohttp and logs in again
            raise RuntimeError("Session is closed")
        return await handler(request)

    async def _keep_apart(self, key: tuple[str, bool]) -> None:
        now = self._clock.monotonic()
        self._last[key] = start = max(now, self._last.get(key, now - _GAP) + _GAP)
        if start > now:
            await self._clock.sleep(start - now)


class _Renewal:
    """Ends a session whose certificates are not the present ones: kopf opens its connections with those alone.

    kopf itself would try for ever with old ones, as a server that it does not trust answers no 401.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._opened_with = connection.ssl

    async def __call__(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        await self._connection.refresh()
        if self._connection.ssl is not self._opened_with:
            await request.session.close()
            raise RuntimeError("Session is closed")  # kopf knows this error of aiohttp and logs in again
        return await handler(request)


def _settings() -> kopf.OperatorSettings:
    """Switch off everything that kopf does on its own. Set long limits and endless retries for the watches."""
    settings = kopf.OperatorSettings()
    settings.process.ultimate_exiting_timeout = None  # else SIGKILL, ten minutes after an end without a stop flag
    settings.persistence.finalizer = f"{GROUP}/never-set"  # else kopf removes the one that all kopf operators share
    settings.persistence.diffbase_storage = _NoDiffBase()
    settings.persistence.progress_storage = _NoProgress()
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.queueing.idle_timeout = 0.02  # idle objects cost a task each: a third of the memory at 20,000 objects
    settings.queueing.exit_timeout = 0.5
    settings.watching.chunk_size = MOST_IN_PAGE
    settings.watching.reconnect_backoff = _GAP
    settings.watching.inactivity_timeout = 70.0  # above the 60 s between bookmarks; detects a dead stream
    settings.networking.error_backoffs = _EndlessBackoffs()
    settings.networking.request_timeout = 60.0
    settings.networking.connect_timeout = 5.0
    settings.execution.default_backoff = 5.0  # wait before a failed login is retried
    return settings


class _EndlessBackoffs:
    """Waits between the tries of one request, in seconds, without end.

    Each request starts a new iteration. kopf uses the same iterable for all requests, so the first request would
    exhaust a generator.
    """

    def __iter__(self) -> Iterator[float]:
        delay = 0.5
        while True:
            yield delay
            delay = min(2 * delay, 10.0)


class _AllTasks(Collection["asyncio.Task[Any]"]):
    """The tasks that kopf must not cancel when it ends: all tasks."""

    def __contains__(self, _task: object) -> bool:
        return True

    def __iter__(self) -> "Iterator[asyncio.Task[Any]]":
        return iter(())

    def __len__(self) -> int:
        return 0


class _NoDiffBase(kopf.DiffBaseStorage):
    """Stores no last state: we handle events, not changes. This saves a third of kopf's CPU time."""

    def build(self, **_: object) -> kopf.BodyEssence:
        return kopf.BodyEssence()

    def fetch(self, **_: object) -> None:
        return None

    def store(self, **_: object) -> None:
        return None


class _NoProgress(kopf.ProgressStorage):
    """Stores no progress of handlers: event handlers have none."""

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
    """Call `stop` on SIGTERM and SIGINT."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
