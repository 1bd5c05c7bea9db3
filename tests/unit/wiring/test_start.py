"""The order of the start: no work begins, and the operator is not ready, before all existing objects are listed."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from queuedjob.api.kinds import KINDS
from queuedjob.api.kinds.queuedjob import QUEUEDJOB
from queuedjob.kube.client import paths
from queuedjob.ports import Lines, Request, Response, Sink
from queuedjob.settings import Settings
from queuedjob.telemetry.metrics import Metrics
from queuedjob.wiring import Operator, Ports
from tests.unit.kube.client.reflector.collection import Collection, failure
from tests.until import until
from tests.virtual_loop import SteadyRandom, VirtualClock, advance

PLURALS: Final = [kind.plural for kind in KINDS]
JOBS, LABELLED, ALL_PODS, WORK = QUEUEDJOB.plural, "pods of jobs", "all pods", "work"
LISTS: Final = [*PLURALS, LABELLED, ALL_PODS]
SETTINGS: Final = Settings()
_DATE: Final = {"date": format_datetime(datetime(2026, 3, 1, 12, 0, 20, tzinfo=UTC), usegmt=True)}


class SlowServer:
    """Answers each LIST once the test allows it. Every other request counts as work, and gets a 404."""

    def __init__(self) -> None:
        self.collections = {what: Collection() for what in LISTS}
        self.may = {what: asyncio.Event() for what in self.collections}
        self.asked: list[str] = []
        self.refuses = dict.fromkeys(self.collections, 0)
        """How many times each LIST is refused with 403."""

    async def send(self, request: Request) -> Response:
        what = self._what(request)
        self.asked.append(what)
        if what == WORK:
            return failure(404)
        await self.may[what].wait()
        if self.refuses[what] > 0:
            self.refuses[what] -= 1
            return failure(403)
        answer = await self.collections[what].send(request)
        return Response(answer.status, {**answer.headers, **_DATE}, answer.body)

    def stream(self, request: Request) -> AbstractAsyncContextManager[Lines]:
        return self.collections[self._what(request)].stream(request)

    def _what(self, request: Request) -> str:
        if request.method == "GET" and request.path == paths.pods():
            return LABELLED if request.query.get("labelSelector") else ALL_PODS
        ours = (plural for plural in PLURALS if request.method == "GET" and request.path == paths.ours(plural))
        return next(ours, WORK)


class Source:
    """A source that delivers no events, and records whether it was started."""

    started = False

    async def run(self, _sink: Sink) -> None:
        self.started = True
        await asyncio.Event().wait()


class Start:
    """An operator that starts with three jobs: one waits for its first pod, one runs, and one has succeeded."""

    def __init__(self) -> None:
        self.server, self.source = SlowServer(), Source()
        for name, status in {"new": {}, "runs": {"phase": "Running"}, "done": {"phase": "Succeeded"}}.items():
            jobs = self.server.collections[JOBS]
            spec = {"template": {"spec": {"containers": [{"name": "main", "image": "x"}]}}}
            jobs.put(name, spec=spec, status=status)
            metadata = {"namespace": "n", "generation": 1, "creationTimestamp": "2026-03-01T12:00:00Z"}
            jobs.objects[name]["metadata"] |= metadata
        clock = VirtualClock()
        metrics = Metrics(clock, version="test")
        ports = Ports(self.server, self.source, clock, SteadyRandom())
        self.operator = Operator(SETTINGS, ports, metrics, instance="test")

    @property
    def ready(self) -> bool:
        return not self.operator.health.readiness_problems()

    def allow(self, *kinds: str) -> None:
        for what in kinds:
            self.server.may[what].set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        work = asyncio.create_task(self.operator.run())
        try:
            yield
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)


@pytest.fixture
def logged() -> Iterator[list[EventDict]]:
    with capture_logs() as lines:
        yield lines


@pytest.mark.parametrize("late", LISTS)
async def test_no_work_begins_before_every_list_is_complete(late: str) -> None:
    start = Start()
    async with start.running():
        start.allow(*(set(LISTS) - {late}))
        await until(lambda: late in start.server.asked, f"the LIST of {late} is asked for")
        await advance(20)
        assert WORK not in start.server.asked
        assert start.operator.health.readiness_problems()[0] == "the first LISTs are not in"

        start.allow(late)
        await until(lambda: start.ready, "the operator is ready")
        await until(lambda: WORK in start.server.asked, "the job that waits is taken up")


@pytest.mark.parametrize("late", PLURALS)
async def test_our_own_kinds_are_watched_only_after_they_were_listed(late: str) -> None:
    """Otherwise an old event could be the first version of a job that the store gets."""
    start = Start()
    async with start.running():
        start.allow(*(set(LISTS) - {late}))
        await advance(20)
        assert not start.source.started
        start.allow(late)
        await until(lambda: start.source.started, "the source is started")


async def test_pods_without_labels_are_looked_for_after_pods_with_labels_are_listed() -> None:
    """In this order, a pod that gets its label back in between is in at least one of the two LISTs."""
    start = Start()
    async with start.running():
        start.allow(*PLURALS, ALL_PODS)
        await advance(20)
        assert ALL_PODS not in start.server.asked
        start.allow(LABELLED)
        await until(lambda: ALL_PODS in start.server.asked, "the sweep")


async def test_jobs_taken_over_are_logged_once_the_operator_is_ready(logged: list[EventDict]) -> None:
    start = Start()
    async with start.running():
        start.allow(*LISTS)
        await until(lambda: WORK in start.server.asked, "work has begun")
    told = [line for line in logged if line["event"] in {"jobs taken over", "ready"}]
    assert told == [
        {"event": "ready", "log_level": "info"},
        {"event": "jobs taken over", "log_level": "info", "unfinished": 1, "jobs": 3, "pods": 0},
    ]


async def test_after_the_late_bound_all_pods_are_listed_again_with_and_without_labels() -> None:
    """By then, the last requests of the previous operator have been carried out."""
    start = Start()
    async with start.running():
        start.allow(*LISTS)
        await until(lambda: start.ready, "the operator is ready")
        await advance(SETTINGS.late_bound - 1)
        assert (start.server.asked.count(LABELLED), start.server.asked.count(ALL_PODS)) == (1, 1)
        await advance(2)
        assert (start.server.asked.count(LABELLED), start.server.asked.count(ALL_PODS)) == (2, 2)


async def test_pods_without_labels_are_looked_for_every_hour() -> None:
    start = Start()
    async with start.running():
        start.allow(*LISTS)
        await until(lambda: start.ready, "the operator is ready")
        await advance(SETTINGS.sweep_interval / 2)
        before = start.server.asked.count(ALL_PODS)
        await advance(SETTINGS.sweep_interval * 4)
        assert start.server.asked.count(ALL_PODS) - before == 4


@pytest.mark.parametrize("refused", LISTS)
async def test_a_forbidden_list_is_logged_as_critical_and_retried_until_allowed(
    refused: str, logged: list[EventDict]
) -> None:
    start = Start()
    start.server.refuses[refused] = 3
    async with start.running():
        start.allow(*LISTS)
        await until(lambda: any(line["log_level"] == "critical" for line in logged), "a critical line")
        assert not start.ready
        await until(lambda: start.ready, "the operator is ready", within=300)
    assert sum(line["log_level"] == "critical" for line in logged) == 3
