"""The wired operator, with an API server that lists and watches, and a source of events that misses some."""

import asyncio
import json
import re
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from queuedjob.api.kinds import KINDS
from queuedjob.kube.client import paths
from queuedjob.ports import Body, Lines, NoAnswer, Request, Response, Sink
from queuedjob.settings import Settings
from queuedjob.telemetry.metrics import Metrics
from queuedjob.wiring import Operator, Ports
from tests.unit.controllers.api_server import a_job_body, a_pod_body, ended
from tests.unit.kube.client.reflector.collection import Collection
from tests.unit.kube.client.scripted import failure
from tests.unit.telemetry.rendering import render
from tests.until import until
from tests.virtual_loop import SteadyRandom, VirtualClock, advance


class ListingServer:
    """Lists our kinds, lists and watches pods. Answers every other request with 200."""

    def __init__(self, *namespaces: str) -> None:
        self._by_path: dict[str, Collection] = {}
        for namespace in namespaces or (None,):
            for path in (paths.pods(namespace), *(paths.ours(kind.plural, namespace) for kind in KINDS)):
                self._by_path[path] = Collection()
        self.jobs, self.pods = (self._by_path[path(next(iter(namespaces), None))] for path in (paths.jobs, paths.pods))
        self.serves = 200
        self.refuses: set[str] = set()
        """Namespaces whose Role is gone."""
        self.hangs: set[str] = set()
        """Paths whose requests get no answer."""
        self.headers = {"date": "Tue, 14 Nov 2023 22:13:20 GMT"}

    def collection(self, path: str) -> Collection:
        return self._by_path[path]

    def stream(self, request: Request) -> AbstractAsyncContextManager[Lines]:
        if request.path in self.hangs:
            raise NoAnswer("reset")
        return self._by_path[request.path].stream(request)

    async def send(self, request: Request) -> Response:
        answer = await self._answer(request)
        return replace(answer, headers={**answer.headers, **self.headers})

    async def _answer(self, request: Request) -> Response:
        if request.path in self.hangs:
            raise NoAnswer("reset")
        if self.serves != 200:
            return Response(self.serves, {}, b"{}")
        if any(f"/namespaces/{namespace}/" in request.path for namespace in self.refuses):
            return failure(403, "Forbidden", f"pods is forbidden: {request.path}")
        if collection := self._by_path.get(request.path):
            return await collection.send(request)
        return Response(200, {}, b"{}")


class DeafSource:
    """A source that delivers no events."""

    async def run(self, _sink: Sink) -> None:
        await asyncio.Event().wait()


def finished_job() -> Body:
    return {
        "spec": {"template": {"spec": {"containers": [{"name": "main", "image": "x"}]}}},
        "status": {"observedGeneration": 1, "phase": "Succeeded"},
    }


def stored(server: ListingServer, name: str) -> None:
    server.jobs.put(name, **finished_job())
    server.jobs.objects[name]["metadata"] |= {
        "namespace": "n",
        "generation": 1,
        "creationTimestamp": "2026-01-01T00:00:00Z",
    }


@pytest.fixture
def server() -> ListingServer:
    server = ListingServer()
    for name in ("kept", "deleted"):
        stored(server, name)
    return server


async def test_a_deletion_that_the_source_missed_is_found(server: ListingServer) -> None:
    clock = VirtualClock()
    ports = Ports(server, DeafSource(), clock, SteadyRandom())
    metrics = Metrics(clock, version="test")
    operator = Operator(Settings(resync_interval=86400), ports, metrics, instance="test")
    work = asyncio.create_task(operator.run())
    try:
        await until(lambda: not operator.health.readiness_problems(), "the operator is ready")
        assert len(operator.stores.jobs) == 2
        server.jobs.delete("deleted")
        operator.lifecycle.look_for_deleted()
        await until(lambda: len(operator.stores.jobs) == 1, "the deletion is found")
        assert [job.name for job in operator.stores.jobs] == ["kept"]
        listings = len(server.jobs.of("list"))
        await advance(1)
        assert len(server.jobs.of("list")) == listings, "one look is enough"
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


class Writable(ListingServer):
    """Stores the status that a PUT brings."""

    async def _answer(self, request: Request) -> Response:
        if request.method != "PUT":
            return await super()._answer(request)
        written = json.loads(request.body or b"")
        stored = self.jobs.objects[written["metadata"]["name"]]
        stored["status"] = written["status"]
        self.jobs.version += 1
        stored["metadata"]["resourceVersion"] = str(self.jobs.version)
        return Response(200, {}, json.dumps(stored).encode())


async def test_a_resync_has_the_unfinished_jobs_reconciled_and_no_other() -> None:
    server, clock = Writable(), VirtualClock()
    for name in ("finished", "suspended"):
        stored(server, name)
    server.jobs.objects["suspended"]["spec"]["suspend"] = True
    del server.jobs.objects["suspended"]["status"]
    metrics = Metrics(clock, version="test")

    def reconciled() -> int:
        done = re.search(rb'work_duration_seconds_count\{workqueue="reconcile"\} (\d+)', render(metrics)[0])
        return int(done[1]) if done else 0

    ports = Ports(server, DeafSource(), clock, SteadyRandom())
    operator = Operator(Settings(resync_interval=1000), ports, metrics, instance="test")
    work = asyncio.create_task(operator.run())
    try:
        await until(lambda: not operator.health.readiness_problems(), "the operator is ready")
        await advance(900)
        before = reconciled()
        await advance(200)
        assert reconciled() == before + 1
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


@pytest.mark.parametrize("status", [500, 503, 401, 403])
async def test_an_api_server_that_serves_nothing_makes_the_operator_not_ready(
    server: ListingServer, status: int
) -> None:
    clock = VirtualClock()
    metrics = Metrics(clock, version="test")
    ports = Ports(server, DeafSource(), clock, SteadyRandom())
    operator = Operator(Settings(resync_interval=86400), ports, metrics, instance="test")
    work = asyncio.create_task(operator.run())
    try:
        await until(lambda: not operator.health.readiness_problems(), "the operator is ready")
        server.serves = status
        await until(lambda: bool(operator.health.readiness_problems()), "it is not ready any more", within=300)
        server.serves = 200
        for plural in ("queuedjobs", "deadletters"):
            operator.watches.heard(plural, None)  # as the watches do; this source hears nothing
        await until(lambda: not operator.health.readiness_problems(), "it is ready again", within=300)
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


async def test_an_api_server_without_a_date_header_makes_the_operator_not_ready(server: ListingServer) -> None:
    clock = VirtualClock()
    server.headers = {}
    ports = Ports(server, DeafSource(), clock, SteadyRandom())
    operator = Operator(Settings(), ports, Metrics(clock, version="test"), instance="test")
    work = asyncio.create_task(operator.run())
    try:
        with capture_logs() as lines:
            await until(lambda: bool(operator.health.time_problem), "its time is missed", within=300)
            await advance(20)
        (problem,) = operator.health.readiness_problems()
        assert "no readable Date header" in problem
        assert "no server time" in {line["event"] for line in lines if line["log_level"] == "critical"}
        server.headers = {"date": "Tue, 14 Nov 2023 22:13:20 GMT"}
        await until(lambda: not operator.health.readiness_problems(), "it is ready", within=300)
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


def _problems(operator: Operator) -> list[str]:
    """Why the operator is not ready, but for the watches: DeafSource hears nothing."""
    return [problem for problem in operator.health.readiness_problems() if not problem.startswith("the watch of ")]


async def test_a_namespace_that_is_gone_costs_the_others_nothing_and_is_taken_back() -> None:
    clock, server = VirtualClock(), ListingServer("kept", "gone")
    server.refuses = {"gone"}
    ports = Ports(server, DeafSource(), clock, SteadyRandom())
    metrics = Metrics(clock, version="test")
    operator = Operator(Settings(namespace=("kept", "gone")), ports, metrics, instance="test")
    work = asyncio.create_task(operator.run())
    try:
        await until(lambda: not operator.health.readiness_problems(), "it works in the namespace that is left")
        await until(lambda: operator.health.started, "it works in the namespace that is left")
        assert [note.partition(":")[0] for note in operator.namespaces.notes()] == ["namespace gone is left out"]
        assert b'queuedjob_namespace_served{namespace="gone"} 0.0' in render(metrics)[0]
        await advance(120)
        assert _problems(operator) == []
        server.refuses = set()
        await until(lambda: not operator.namespaces.lost, "it is taken back", within=60)
        assert operator.namespaces.notes() == []
        server.refuses = {"kept"}
        server.collection(paths.pods("kept")).cut()
        server.collection(paths.pods("kept")).compact()
        server.collection(paths.pods("kept")).put("p")
        await until(lambda: operator.namespaces.lost == ("kept",), "the other is lost, later", within=1300)
        assert _problems(operator) == []
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


def _of_pods(operator: Operator) -> list[str]:
    return [problem for problem in operator.health.readiness_problems() if problem.startswith("the watch of pods ")]


def _age(metrics: Metrics) -> float:
    found = re.search(rb'queuedjob_watch_age_seconds\{kind="pods"\} (\S+)', render(metrics)[0])
    return float(found[1]) if found else -1.0


async def test_a_dead_watch_of_one_namespace_is_not_hidden_by_another() -> None:
    clock, server = VirtualClock(), ListingServer("quiet", "dead")
    ports, metrics = Ports(server, DeafSource(), clock, SteadyRandom()), Metrics(clock, version="test")
    operator = Operator(Settings(namespace=("quiet", "dead")), ports, metrics, instance="test")
    work = asyncio.create_task(operator.run())
    try:
        await until(lambda: operator.health.started, "it works")
        await advance(30)
        server.collection(paths.pods("quiet")).cut()  # from now on the bookmarks of the two come at different times
        for _ in range(100):
            await advance(7)
            assert (_of_pods(operator), _age(metrics) < 100) == ([], True)
        server.hangs = {paths.pods("dead")}
        server.collection(paths.pods("dead")).cut()
        await until(lambda: bool(_of_pods(operator)), "the dead watch is told", within=300)
        assert _age(metrics) > 150
        server.hangs = set()
        await until(lambda: not _of_pods(operator), "it is heard again", within=60)
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


GONE = {**a_pod_body()["metadata"]["ownerReferences"][0], "uid": "gone"}
"""The owner reference of a pod whose job is gone."""

OTHER = [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "w", "controller": True}]
"""The owner references of a pod of another controller."""


@pytest.mark.parametrize(
    ("pods", "active"),
    [
        pytest.param([a_pod_body()], 1, id="of a job"),
        pytest.param([ended(a_pod_body())], 0, id="it has ended"),
        pytest.param([a_pod_body(f"p-{n}", ownerReferences=OTHER) for n in range(5)], 0, id="with our labels only"),
        pytest.param([a_pod_body(), a_pod_body(version=101, ownerReferences=OTHER)], 0, id="taken over"),
        pytest.param([a_pod_body(namespace="elsewhere")], 0, id="of another namespace"),
        pytest.param([a_pod_body(ownerReferences=[GONE], labels={})], 0, id="of a job that is gone"),
    ],
)
async def test_the_active_attempts_are_the_live_pods_of_known_jobs(
    server: ListingServer, pods: list[Body], active: int
) -> None:
    clock = VirtualClock()
    metrics = Metrics(clock, version="test")
    operator = Operator(Settings(), Ports(server, DeafSource(), clock, SteadyRandom()), metrics, instance="test")
    operator.stores.jobs.take("ADDED", a_job_body())
    for pod in pods:
        operator.stores.pods.take("ADDED", pod)
    assert len(operator.stores.pods) > 0
    assert f"queuedjob_active_attempts {active:.1f}".encode() in render(metrics)[0]


def test_the_settings_set_how_long_a_state_lasts_before_it_is_shown() -> None:
    shown = Settings(running_after=2, starting_after=3, terminating_after=4).show_after
    assert (shown.running, shown.starting, shown.terminating) == (2, 3, 4)


def test_the_settings_set_the_limits_of_an_attempt() -> None:
    limits = Settings(main_ended_after=7, deadline_near_percent=50).limits
    assert (limits.main_ended, limits.deadline_near_percent) == (7, 50)
