"""The wired operator in its terms: what it knows of late requests, and when it gives the Lease up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import orjson
import pytest

from queuedjob.api import names
from queuedjob.kube.client import paths
from queuedjob.policy.facts import JobId
from queuedjob.ports import Body, NoAnswer, Request, Response
from queuedjob.settings import Settings
from queuedjob.telemetry.metrics import Metrics
from queuedjob.wiring import Operator, Ports
from tests.simulation.apiserver.server import ApiServer
from tests.simulation.apiserver.transport import SimulatedTransport
from tests.unit.telemetry.test_metrics import value
from tests.unit.wiring.test_operator import DeafSource
from tests.until import until
from tests.virtual_loop import SteadyRandom, VirtualClock, advance

SETTINGS: Final = Settings(leader_elect=True, lease_namespace=names.NAMESPACE)
JOB: Final[Body] = {
    "metadata": {"name": "job"},
    "spec": {"template": {"spec": {"containers": [{"name": "main", "image": "x"}]}}},
}


class Line(SimulatedTransport):
    """The connection of one process. `hangs`: a part of the paths whose requests get no answer."""

    hangs: str = "nothing"

    async def send(self, request: Request) -> Response:
        if self.hangs in request.path and request.method != "GET":
            await asyncio.sleep(request.timeout)
            raise NoAnswer("no answer")
        return await super().send(request)

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[Any]:
        async with super().stream(request) as lines:
            yield lines


class World:
    """An API server with an empty Lease."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.server = ApiServer(self.clock.wall, namespaces=("n", names.NAMESPACE))
        lease = {"metadata": {"name": names.LEASE}, "spec": {}}
        self.server.handle(Request("POST", paths.leases(names.NAMESPACE), body=orjson.dumps(lease)))

    @asynccontextmanager
    async def operator(
        self, name: str, settings: Settings = SETTINGS, *, hangs: str = "nothing"
    ) -> AsyncIterator[tuple[Operator, Line]]:
        """Run an operator meanwhile; at the end it is killed."""
        line = Line(self.server, self.clock)
        line.hangs = hangs
        random = SteadyRandom(0.1 if name == "a" else 0.2)
        ports = Ports(line, DeafSource(), self.clock, random)
        operator = Operator(settings, ports, Metrics(self.clock, version="test"), instance=name)
        task = asyncio.create_task(operator.run())
        try:
            await until(lambda: operator.health.started, "the operator has listed everything")
            yield operator, line
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def apply(self) -> None:
        """Create a job."""
        answer = self.server.handle(Request("POST", paths.jobs("n"), body=orjson.dumps(JOB)))
        assert answer.status == 201, answer.body

    @property
    def lease(self) -> dict[str, Any]:
        found: dict[str, Any] = orjson.loads(
            self.server.handle(Request("GET", paths.lease(names.NAMESPACE, names.LEASE))).body
        )
        return found


async def leads(operator: Operator) -> None:
    await until(lambda: operator.work is not None, "it leads", within=100)


def may_be_late(operator: Operator) -> float:
    """Seconds for which requests of others may still arrive."""
    assert operator.work is not None
    return operator.work.late.start_bound - asyncio.get_running_loop().time()


async def test_after_a_leader_died_its_requests_may_be_late_for_the_whole_bound_from_the_taking() -> None:
    world = World()
    async with world.operator("b") as (b, _):
        await leads(b)
        await advance(100)
    async with world.operator("a") as (a, _):
        await leads(a)
        assert may_be_late(a) == pytest.approx(SETTINGS.late_bound, abs=0.1)


async def test_after_a_release_they_may_be_late_for_as_long_as_it_says() -> None:
    world = World()
    async with world.operator("b") as (b, _):
        await leads(b)
        await advance(100)
        async with world.operator("a") as (a, _):
            assert b.work is not None
            b.work.late.lost(JobId("n", "u"), ("n", "job"), "job-1")
            await advance(7)
            await b.drain()
            await leads(a)
            assert may_be_late(a) == pytest.approx(SETTINGS.late_bound - 7, abs=1.1)


async def test_after_a_release_with_nothing_late_nothing_is_waited_for() -> None:
    world = World()
    async with world.operator("b") as (b, _):
        await leads(b)
        await advance(100)
        async with world.operator("a") as (a, _):
            await b.drain()
            await leads(a)
            assert may_be_late(a) <= 0


async def test_a_process_that_takes_its_own_lease_again_keeps_its_lost_posts() -> None:
    world = World()
    async with world.operator("a") as (a, line):
        await leads(a)
        await advance(100)
        first = a.work
        assert first is not None
        first.late.lost(JobId("n", "u"), ("n", "job"), "job-1")
        line.hangs = "leases"
        await until(lambda: a.work is None, "its term is over", within=60)
        line.hangs = "nothing"
        await leads(a)
        assert a.work is not None
        assert a.work is not first
        assert a.work.late is first.late
        assert may_be_late(a) <= 0, "nobody else has written"


async def test_a_lease_is_not_released_after_a_drain_that_was_cut_short() -> None:
    world = World()
    world.apply()
    async with world.operator("a", hangs="/pods") as (a, _):
        await leads(a)
        await until(lambda: a.work is not None and a.work.queue.active, "a reconcile is under way", within=60)
        await a.drain()
        assert world.lease["spec"]["holderIdentity"].startswith("a_")
        assert names.LATE_FOR not in world.lease["metadata"].get("annotations", {})


async def test_metrics_say_who_leads_and_how_often_it_took_the_lease() -> None:
    world = World()
    async with world.operator("b") as (b, _):
        await leads(b)
        async with world.operator("a") as (a, _):
            assert [value(each._metrics, "queuedjob_leader") for each in (a, b)] == [0.0, 1.0]
            assert [value(each._metrics, "queuedjob_terms_total") for each in (a, b)] == [0.0, 1.0]


async def test_a_standby_that_is_stopped_stands_no_more() -> None:
    world = World()
    async with world.operator("b") as (b, _):
        await leads(b)
        async with world.operator("a") as (a, _):
            await a.drain()
            await b.drain()
            await advance(100)
            assert a.work is None
            assert world.lease["spec"]["holderIdentity"] == ""


async def test_a_standby_is_ready_and_alive_and_takes_up_no_key() -> None:
    world = World()
    async with world.operator("b") as (b, _):
        await leads(b)
        async with world.operator("a") as (a, _):
            world.apply()
            a.stores.jobs.take("ADDED", orjson.loads(world.server.handle(Request("GET", paths.job("n", "job"))).body))
            await advance(200)
            assert a.work is None
            assert a.health.liveness_problems() == []
            assert [each for each in a.health.readiness_problems() if "watch" not in each] == []
            assert a.held()["queue"] == 0


async def test_a_term_begins_with_the_reconcile_of_every_object_that_the_stores_hold() -> None:
    world = World()
    world.apply()
    async with world.operator("a") as (a, _):
        await until(lambda: len(a.stores.pods) == 1, "the job has a pod", within=60)
        (pod,) = a.stores.pods
        assert a.work is not None
        body = orjson.loads(world.server.handle(Request("GET", paths.pod("n", pod.name))).body)
        assert body["metadata"]["labels"][names.TERM_LABEL] == world.lease["spec"]["holderIdentity"]


@pytest.mark.parametrize("leader_elect", [True, False])
async def test_only_with_leader_election_does_an_operator_touch_the_lease(*, leader_elect: bool) -> None:
    world = World()
    before = world.lease
    async with world.operator("a", SETTINGS.model_copy(update={"leader_elect": leader_elect})) as (a, _):
        await leads(a)
        await advance(10)
    assert (world.lease != before) == leader_elect


def test_a_lease_too_short_for_a_pods_creation_is_refused() -> None:
    with pytest.raises(ValueError, match=r"lease-duration \(10 s\) is below post-timeout \+ 5 s \(20 s\)"):
        Settings(leader_elect=True, lease_duration=10)
    assert Settings(lease_duration=10).post_timeout == 15
