"""What keeps kopf going, and from doing harm. That it watches, the tests on a real cluster show."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import islice, pairwise
from typing import Any, cast

import aiohttp
import kopf
import pytest
from yarl import URL

from queuedjob import handlers
from queuedjob.handlers import KopfWatch
from queuedjob.kube.connection import Connection
from tests.virtual_loop import VirtualClock


class Kopf:
    """In the place of kopf: remembers how it was started, and ends each time as it is told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *ends: BaseException | None) -> None:
        self.started: list[tuple[float, dict[str, Any]]] = []
        self.ended: list[Exception | None] = []
        self.signals = 0
        self._ends = list(ends)
        monkeypatch.setattr(kopf, "spawn_tasks", self._spawn)
        monkeypatch.setattr(kopf, "run_tasks", self._run)

    async def _spawn(self, **how: Any) -> list[asyncio.Task[Any]]:  # noqa: ANN401 - kopf's many arguments
        self.started.append((asyncio.get_running_loop().time(), how))
        return []

    async def _run(self, _tasks: object, *, ignored: Any) -> None:  # noqa: ANN401 - what kopf leaves alone
        current = asyncio.current_task()
        assert current in ignored
        end = self._ends.pop(0) if self._ends else None
        if end is not None:
            raise end

    @asynccontextmanager
    async def running(self, seconds: float, *namespaces: str) -> AsyncIterator[None]:
        watch = KopfWatch(
            cast(Connection, None),
            VirtualClock(),
            namespaces=namespaces,
            on_end=self.ended.append,
            own_signals=self._take_signals,
        )
        task = asyncio.create_task(watch.run(lambda _plural, _event, _body: None))
        await asyncio.sleep(seconds)
        assert not task.done()
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    def _take_signals(self) -> None:
        self.signals += 1

    def gaps(self) -> list[int]:
        return [round(later - earlier) for (earlier, _), (later, _) in pairwise(self.started)]


async def test_whatever_ends_it_it_is_started_again_more_and_more_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    it = Kopf(monkeypatch, RuntimeError("503"), kopf.LoginError("401"), ValueError("garbage"))
    async with it.running(130):
        assert it.gaps()[:6] == [2, 4, 8, 16, 30, 30]
        assert [type(error) for error in it.ended[:4]] == [RuntimeError, kopf.LoginError, ValueError, type(None)]


async def test_each_start_has_its_own_stop_flag_and_gives_our_signals_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    it = Kopf(monkeypatch)
    async with it.running(20):
        flags = [how["stop_flag"] for _, how in it.started]
        assert len({id(flag) for flag in flags}) == len(flags) == it.signals
        assert all(flag.is_set() for flag in flags)


@pytest.mark.parametrize(
    ("namespaces", "where"), [((), {"clusterwide": True}), (("a", "b"), {"namespaces": ["a", "b"]})]
)
async def test_it_watches_the_namespaces_that_are_named_or_all(
    monkeypatch: pytest.MonkeyPatch, namespaces: tuple[str, ...], where: dict[str, object]
) -> None:
    it = Kopf(monkeypatch)
    async with it.running(0.1, *namespaces):
        _, how = it.started[0]
        assert {key: how[key] for key in ("namespaces", "clusterwide") if key in how} == where
        assert how["standalone"]


def test_it_writes_nothing_and_kills_nothing() -> None:
    settings = handlers._settings()
    assert settings.process.ultimate_exiting_timeout is None
    assert settings.persistence.finalizer == "queuedjob.dev/never-set"
    assert not settings.posting.enabled
    assert settings.scanning.disabled
    progress, diffbase = settings.persistence.progress_storage, settings.persistence.diffbase_storage
    assert isinstance(progress, handlers._NoProgress)
    assert isinstance(diffbase, handlers._NoDiffBase)


def test_its_pauses_start_anew_with_each_request_and_never_end() -> None:
    pauses = handlers._settings().networking.error_backoffs
    first, second = list(islice(iter(cast(Any, pauses)), 1000)), list(islice(iter(cast(Any, pauses)), 3))
    assert first[:6] == [0.5, 1, 2, 4, 8, 10]
    assert second == first[:3]
    assert set(first[6:]) == {10}


async def test_a_watch_that_closes_at_once_is_opened_once_a_second() -> None:
    pace, moments = handlers._Pace(VirtualClock()), list[float]()

    class Request:
        url = URL("https://h/apis/queuedjob.dev/v1alpha1/queuedjobs?watch=true")

    async def handle(_request: object) -> aiohttp.ClientResponse:
        moments.append(asyncio.get_running_loop().time())
        return cast(aiohttp.ClientResponse, None)

    for _ in range(5):
        await pace(cast(aiohttp.ClientRequest, Request()), handle)
    assert [round(later - earlier, 2) for earlier, later in pairwise(moments)] == [1, 1, 1, 1]
