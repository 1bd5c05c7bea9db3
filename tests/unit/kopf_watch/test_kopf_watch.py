"""The reaction to each way in which kopf ends, writes or sends requests too fast by itself (failure catalogue K)."""

import asyncio
import json
from collections.abc import AsyncIterator, Sized
from contextlib import asynccontextmanager
from itertools import islice, pairwise
from typing import Any

import kopf
import pytest
from aiohttp import ClientRequest, ClientResponse
from kubernetes.client import Configuration
from yarl import URL

from queuedjob import kopf_watch
from queuedjob.kopf_watch import KopfWatch
from queuedjob.kube.client.connection import Connection
from queuedjob.kube.client.decoding import encode
from queuedjob.kube.client.sketches import Bodies
from queuedjob.ports import Body
from queuedjob.runtime.loop_turns import OBJECTS, LoopTurns
from tests.until import until
from tests.virtual_loop import advance

PLURALS = ("queuedjobs", "deadletters")


class SkippingClock:
    """A clock whose sleeps take no real time. Each sleep advances the clock and is recorded."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        raise AssertionError("nothing here may read the wall clock")

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


class FakeKopf:
    """Replaces kopf's two entry points. Each run ends as the test demands, or waits for ever if no end is left."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ends: list[BaseException | None] = []
        self.lives: list[float] = []
        self.runs = 0
        self.started: list[dict[str, Any]] = []
        self.clock = SkippingClock()
        self.ended: list[str] = []
        self.order: list[str] = []
        self.relisted: list[str] = []
        monkeypatch.setattr(kopf, "spawn_tasks", self._spawn)
        monkeypatch.setattr(kopf, "run_tasks", self._run)

    async def _spawn(self, **options: Any) -> list[object]:  # noqa: ANN401 - kopf's options
        self.order.append("spawn")
        self.started.append(options)
        return []

    async def _run(self, _tasks: object, *, ignored: object) -> None:
        assert ignored is not None
        self.runs += 1
        if self.lives:
            self.clock.now += self.lives.pop(0)
        if self.ends:
            if (end := self.ends.pop(0)) is not None:
                raise end
            return
        await asyncio.Event().wait()

    def watch(self, **options: Any) -> KopfWatch:  # noqa: ANN401 - those of KopfWatch
        return KopfWatch(
            Connection(lambda: Configuration(host="https://127.0.0.1:1"), self.clock, print),
            self.clock,
            plurals=PLURALS,
            own_signals=lambda: self.order.append("own signals"),
            on_end=lambda error: self.ended.append(type(error).__name__),
            on_broken=lambda _: None,
            on_relist=self.relisted.append,
            on_heard=lambda _plural, _namespace: None,
            **options,
        )

    @asynccontextmanager
    async def running(self, runs: int) -> AsyncIterator[KopfWatch]:
        watch = self.watch()
        task = asyncio.create_task(watch.run(lambda *_: None))
        try:
            await until(lambda: self.runs == runs or task.done(), f"{runs} runs")
            assert not task.done(), "the watch ended by itself"
            yield watch
        finally:
            task.cancel()
            (end,) = await asyncio.gather(task, return_exceptions=True)
            assert isinstance(end, asyncio.CancelledError)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeKopf:
    return FakeKopf(monkeypatch)


async def test_kopf_is_started_again_after_any_kind_of_end(fake: FakeKopf) -> None:
    fake.ends = [RuntimeError(), None, kopf.LoginError(), AssertionError(), asyncio.CancelledError()]
    async with fake.running(6):
        pass
    assert fake.ended == ["RuntimeError", "NoneType", "LoginError", "AssertionError", "CancelledError"]


async def test_kopf_is_started_again_with_a_growing_backoff(fake: FakeKopf) -> None:
    fake.ends = [RuntimeError() for _ in range(8)]
    async with fake.running(9):
        pass
    assert fake.clock.slept == [1, 2, 4, 8, 16, 30, 30, 30]


async def test_a_steady_run_of_kopf_resets_its_backoff(fake: FakeKopf) -> None:
    fake.ends = [RuntimeError() for _ in range(5)]
    fake.lives = [0, 0, 0, 61, 0]
    async with fake.running(6):
        pass
    assert fake.clock.slept == [1, 2, 4, 1, 2]


async def test_the_session_is_closed_when_kopf_ends(fake: FakeKopf) -> None:
    async with fake.running(1) as watch:
        session = (await watch._login()).aiohttp_session
        assert not session.closed
    assert session.closed


async def test_our_signal_handlers_are_restored_at_each_start_of_kopf(fake: FakeKopf) -> None:
    fake.ends = [RuntimeError()]
    async with fake.running(2):
        pass
    assert fake.order == ["spawn", "own signals"] * 2


async def test_kopf_watches_the_whole_cluster_or_the_named_namespaces(fake: FakeKopf) -> None:
    async with fake.running(1):
        pass
    assert (fake.started[0]["clusterwide"], fake.started[0]["namespaces"]) == (True, ())
    watch = fake.watch(namespaces=["a", "b"])
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await watch.run(lambda *_: None)
    assert (fake.started[1]["clusterwide"], fake.started[1]["namespaces"]) == (False, ("a", "b"))
    assert fake.started[1]["standalone"] is True


async def test_a_kopf_that_does_not_watch_both_kinds_is_started_again(
    fake: FakeKopf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kopf_watch, "_BLIND", 0.01)
    async with fake.running(1) as watch:
        watch._listed("queuedjobs", again=False)
        await until(lambda: fake.ended, "kopf is ended")
    assert fake.ended[0] == "TimeoutError"


async def test_a_kopf_that_watches_both_kinds_is_left_alone(fake: FakeKopf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kopf_watch, "_BLIND", 0.01)
    async with fake.running(1) as watch:
        watch._listed("queuedjobs", again=False)
        watch._listed("deadletters", again=False)
        await advance(0.05)
    assert (fake.ended, fake.runs) == ([], 1)


async def test_a_second_list_of_a_kind_is_reported_because_it_may_hide_deletions(fake: FakeKopf) -> None:
    async with fake.running(1) as watch:
        watch._listed("queuedjobs", again=False)
        watch._listed("queuedjobs", again=True)
    assert fake.relisted == ["queuedjobs"]


def test_kopfs_settings_turn_off_its_own_writes_and_keep_its_watches_alive() -> None:
    settings = kopf_watch._settings()
    assert settings.process.ultimate_exiting_timeout is None
    assert settings.persistence.finalizer == "queuedjob.dev/never-set"
    assert not settings.posting.enabled
    assert settings.scanning.disabled
    assert settings.watching.chunk_size == 500
    assert settings.watching.server_timeout is None
    assert settings.watching.inactivity_timeout > 60
    assert settings.networking.request_timeout == 60


def test_kopf_retries_a_request_without_end_and_starts_each_backoff_anew() -> None:
    backoffs = kopf_watch._settings().networking.error_backoffs
    assert not isinstance(backoffs, Sized | float)
    assert list(islice(backoffs, 7)) == [0.5, 1, 2, 4, 8, 10, 10]
    assert next(iter(backoffs)) == 0.5


def a_body(version: int = 7, **more: Any) -> Body:  # noqa: ANN401 - any JSON
    metadata = {"name": "a", "namespace": "n", "uid": "a-uid", "resourceVersion": str(version)}
    return {"apiVersion": "v", "kind": "K", "metadata": metadata, **more}


async def shown(bodies: Bodies, plural: str, event: str, body: Body) -> Any:  # noqa: ANN401 - kopf's event
    return json.loads(await bodies.line(plural, encode({"type": event, "object": body})))


async def test_kopf_is_shown_names_and_versions_only() -> None:
    bodies = Bodies()
    assert await shown(bodies, "queuedjobs", "MODIFIED", a_body(spec={"payload": 2**63})) == {
        "type": "MODIFIED",
        "object": a_body(),
    }


async def test_the_handler_takes_the_newest_event_of_an_object_once() -> None:
    got: list[tuple[str, str | None, Body]] = []
    bodies = Bodies()
    sketches = [await shown(bodies, "queuedjobs", "MODIFIED", a_body(version)) for version in (7, 8)]
    sketches.append(await shown(bodies, "queuedjobs", "DELETED", a_body(9)))
    seen = kopf_watch._handler("queuedjobs", bodies, lambda *event: got.append(event), lambda _: None, LoopTurns())
    for sketch in sketches:
        await seen(event=sketch)
    assert got == [("queuedjobs", "DELETED", a_body(9))]
    assert len(bodies) == 0


@pytest.mark.parametrize(
    ("line", "sketch"),
    [
        pytest.param(
            {"type": "BOOKMARK", "object": {"kind": "QueuedJob", "metadata": {"resourceVersion": "9"}}},
            {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "9"}}},
            id="bookmark",
        ),
        pytest.param(
            {"type": "ERROR", "object": {"kind": "Status", "code": 410, "message": "too old"}},
            {"type": "ERROR", "object": {"code": 410, "message": "too old"}},
            id="error",
        ),
        pytest.param({"type": "ERROR", "object": {}}, {"type": "ERROR", "object": {"code": 0}}, id="odd error"),
    ],
)
async def test_kopf_is_shown_bookmarks_and_errors(line: Body, sketch: Body) -> None:
    bodies = Bodies()
    assert json.loads(await bodies.line("queuedjobs", encode(line))) == sketch
    assert len(bodies) == 0


async def test_an_error_of_the_sink_loses_no_watch_and_is_reported() -> None:
    told: list[str] = []

    def sink(kind: str, event: str | None, body: Body) -> None:
        raise ValueError(f"{kind} {event} {body['a']}")

    bodies = Bodies()
    sketch = await shown(bodies, "queuedjobs", "ADDED", a_body(a=1))
    seen = kopf_watch._handler("queuedjobs", bodies, sink, lambda error: told.append(str(error)), LoopTurns())
    await seen(event=sketch, body={}, memo=None)
    assert told == ["queuedjobs ADDED 1"]


async def test_other_tasks_run_while_kopf_handles_a_page_of_objects() -> None:
    got, counts = list[str](), [0]
    bodies, turns = Bodies(), LoopTurns(OBJECTS)
    seen = kopf_watch._handler("queuedjobs", bodies, lambda *event: got.append(event[0]), lambda _: None, turns)
    metadata = ({"name": f"a{n}", "namespace": "n", "uid": f"u{n}", "resourceVersion": "7"} for n in range(100))
    items = [{"apiVersion": "v", "kind": "K", "metadata": each} for each in metadata]
    page = encode({"metadata": {"resourceVersion": "9"}, "items": items})
    sketches = json.loads(await bodies.page("queuedjobs", page))["items"]

    async def watch() -> None:
        while len(got) < 100:
            counts.append(len(got))
            await asyncio.sleep(0)

    await asyncio.gather(*(seen(event={"type": None, "object": each}) for each in sketches), watch())
    assert max(later - earlier for earlier, later in pairwise([*counts, len(got)])) <= 8


async def test_a_listed_object_has_no_event_type() -> None:
    got: list[tuple[str, str | None, Body]] = []
    bodies = Bodies()
    page = b'{"metadata":{"resourceVersion":"9"},"items":[' + encode(a_body(a=1)) + b"]}"
    (sketch,) = json.loads(await bodies.page("deadletters", page))["items"]
    seen = kopf_watch._handler("deadletters", bodies, lambda *event: got.append(event), lambda _: None, LoopTurns())
    await seen(event={"type": None, "object": sketch})
    assert got == [("deadletters", None, a_body(a=1))]


class FakeRequest:
    class session:  # noqa: N801 - stands for the attribute
        closed = False

    def __init__(self, url: str) -> None:
        self.url = URL(url)


class Paced:
    def __init__(self) -> None:
        self.clock = SkippingClock()
        self.listed: list[tuple[str, bool]] = []
        self.moments: list[float] = []
        self.pace = kopf_watch._Pace(self.clock, PLURALS, self._note_list)

    def _note_list(self, plural: str, *, again: bool) -> None:
        self.listed.append((plural, again))

    async def request(self, path: str) -> None:
        await self.pace(_request(path), self._answer)

    async def _answer(self, _request: ClientRequest) -> ClientResponse:
        self.moments.append(self.clock.now - 100)
        return None  # type: ignore[return-value] # the result is not used


def _request(path: str) -> ClientRequest:
    return FakeRequest(f"https://h{path}")  # type: ignore[return-value] # has only the parts that are used


JOBS = "/apis/queuedjob.dev/v1alpha1/queuedjobs"


async def test_a_watch_that_closes_at_once_is_opened_once_a_second() -> None:
    paced = Paced()
    for _ in range(4):
        await paced.request(f"{JOBS}?watch=true")
    assert paced.moments == [0, 1, 2, 3]
    assert paced.listed == []


async def test_pages_of_a_list_follow_each_other_without_a_pause() -> None:
    paced = Paced()
    for query in ("limit=500", "limit=500&continue=a", "limit=500&continue=b"):
        await paced.request(f"{JOBS}?{query}")
    assert paced.moments == [0, 0, 0]
    assert paced.listed == [("queuedjobs", False)]
    await paced.request(f"{JOBS}?limit=500")
    assert paced.listed[1:] == [("queuedjobs", True)]


async def test_a_list_does_not_wait_for_a_watch_or_for_another_kind() -> None:
    paced = Paced()
    for path in (JOBS, f"{JOBS}?watch=true", JOBS.replace("queuedjobs", "deadletters"), "/apis"):
        await paced.request(path)
    assert paced.moments == [0, 0, 0, 0]
    assert paced.listed == [("queuedjobs", False), ("deadletters", False)]


async def test_lists_that_are_requested_at_the_same_moment_are_paced() -> None:
    paced = Paced()
    await asyncio.gather(*(paced.request(JOBS) for _ in range(3)))
    assert paced.clock.slept[-1] >= 1


async def test_a_session_closed_while_a_request_waited_raises_the_error_of_aiohttp(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    paced = Paced()
    monkeypatch.setattr(FakeRequest.session, "closed", True)
    with pytest.raises(RuntimeError, match="Session is closed"):
        await paced.request(JOBS)
