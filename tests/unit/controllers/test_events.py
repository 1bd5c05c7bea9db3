"""The queue of Events: order, turns of namespaces, and what is dropped."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson
import pytest
from prometheus_client.parser import text_string_to_metric_families

from queuedjob.controllers.events import EventQueue, OutgoingEvent
from queuedjob.kube.client.client import Client
from queuedjob.ports import NoAnswer, Request, Response
from queuedjob.telemetry.metrics import Metrics
from tests.unit.controllers.api_server import ApiServer
from tests.unit.kube.client.scripted import failure
from tests.unit.telemetry.rendering import render
from tests.virtual_loop import SteadyRandom, VirtualClock, advance


class SlowServer(ApiServer):
    """An API server whose answers take `seconds` in the namespaces that are named."""

    def __init__(self, **seconds: float) -> None:
        super().__init__()
        self.seconds = seconds
        self.posted: list[str] = []

    async def send(self, request: Request) -> Response:
        takes = self.seconds.get(request.path.split("/")[-2], 0.0)
        await advance(min(takes, request.timeout))
        if takes > request.timeout:
            raise NoAnswer("timed out")
        answer = await super().send(request)
        if answer.status == 201:
            self.posted.append(orjson.loads(request.body or b"")["metadata"]["name"])
        return answer


class Env:
    def __init__(self, server: ApiServer) -> None:
        clock = VirtualClock()
        self.metrics = Metrics(clock, version="test")
        self.queue = EventQueue(Client(server), clock, SteadyRandom(), self.metrics)
        self.new: list[str] = []

    def post(self, namespace: str, *names: str) -> None:
        for name in names:
            body = {"metadata": {"name": name, "namespace": namespace}}
            self.queue.post(OutgoingEvent(namespace, "j", "Test", body, lambda name=name: self.new.append(name)))  # type: ignore[misc]

    @asynccontextmanager
    async def posting(self) -> AsyncIterator[None]:
        work = asyncio.create_task(self.queue.run())
        try:
            yield
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

    def lost(self) -> dict[str, float]:
        families = text_string_to_metric_families(render(self.metrics)[0].decode())
        samples = (sample for family in families for sample in family.samples)
        return {s.labels["reason"]: s.value for s in samples if s.name == "queuedjob_events_lost_total"}


async def test_the_events_of_a_namespace_are_posted_in_order() -> None:
    server = SlowServer(a=0.1)
    env = Env(server)
    names = [str(number) for number in range(20)]
    env.post("a", *names)
    async with env.posting():
        await env.queue.flush()
    assert server.posted == env.new == names


async def test_events_that_hang_in_one_namespace_delay_no_event_of_another() -> None:
    server = SlowServer(hangs=3600)
    env = Env(server)
    env.post("hangs", *(f"hangs-{number}" for number in range(50)))
    async with env.posting():
        await advance(60)
        for number in range(5):
            env.post("quiet", f"quiet-{number}")
            await advance(1)
            assert server.posted[-1] == f"quiet-{number}"


async def test_the_namespace_with_the_most_events_loses_its_newest_when_the_queue_is_full() -> None:
    server = SlowServer()
    env = Env(server)
    env.post("quiet", "quiet-1")
    env.post("flood", *(f"flood-{number}" for number in range(1500)))
    env.post("quiet", "quiet-2")
    assert len(env.queue) == 1000
    async with env.posting():
        await env.queue.flush()
    assert [name for name in server.posted if name.startswith("quiet")] == ["quiet-1", "quiet-2"]
    assert [name for name in server.posted if name.startswith("flood")] == [f"flood-{number}" for number in range(998)]
    assert env.lost() == {"Full": 502}
    assert len(env.new) == 1502, "a dropped Event is new, too"


@pytest.mark.parametrize(
    "said", [NoAnswer("reset"), failure(500, "InternalError", "no"), failure(403, "Forbidden", "no")]
)
async def test_an_event_that_is_not_served_is_counted_and_not_posted_again(said: Response | NoAnswer) -> None:
    server = ApiServer()
    server.fails["POST"] = [said]
    env = Env(server)
    env.post("a", "1", "2")
    async with env.posting():
        await env.queue.flush()
    assert env.lost() == {"NotServed": 1}
    assert env.new == ["1", "2"]
    assert len(server.asked) == 2


async def test_an_event_that_exists_already_is_not_new() -> None:
    env = Env(ApiServer())
    env.post("a", "1", "1")
    async with env.posting():
        await env.queue.flush()
    assert (env.new, env.lost()) == (["1"], {})
