"""What the transport to the simulated API server does to requests: faults that cannot be had from a real API server."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Final

import orjson
import pytest

from queuedjob.kube.client import paths
from queuedjob.kube.client.client import Client
from queuedjob.kube.client.errors import ApiError, Conflict, NotSent, Refused, ServerFailed, Throttled
from queuedjob.kube.objects.pod_refusals import create_error_of
from queuedjob.ports import Body, NoAnswer, Request
from tests.simulation.apiserver.refusals import Refusal, denied_by_webhook, webhook_failed
from tests.simulation.apiserver.registry import Rule
from tests.simulation.apiserver.request_faults import AT_ONCE, SERVED, Delivery, Fault, LineDelivery
from tests.simulation.apiserver.resources import PODS
from tests.simulation.apiserver.server import ApiServer
from tests.simulation.apiserver.transport import SimulatedTransport
from tests.virtual_loop import VirtualClock, advance

PATH: Final = paths.pods("default")


@dataclass
class Scripted:
    """Gives these deliveries one after the other; after that, nothing goes wrong."""

    requests: list[Delivery] = field(default_factory=list)
    lines: list[LineDelivery] = field(default_factory=list)

    def of_request(self, _request: Request) -> Delivery:
        return self.requests.pop(0) if self.requests else SERVED

    def of_line(self, _request: Request) -> LineDelivery:
        return self.lines.pop(0) if self.lines else AT_ONCE


class Network:
    """A server, and one client with its own transport."""

    def __init__(self, *requests: Delivery, lines: Sequence[LineDelivery] = (), margin: float = 0.0) -> None:
        self.clock = VirtualClock()
        self.server = ApiServer(self.clock.wall)
        self.way = SimulatedTransport(self.server, self.clock, Scripted([*requests], [*lines]), margin=margin)
        self.client = Client(self.way)

    @property
    def pods(self) -> list[str]:
        return [pod.name for pod in self.server.storage.all(PODS)]


def a_pod(name: str = "p") -> Body:
    return {"metadata": {"name": name}, "spec": {"containers": [{"name": "main", "image": "busybox"}]}}


@pytest.mark.parametrize(
    ("fault", "raised", "carried_out"),
    [
        (Fault.UNREACHABLE, NotSent, False),
        (Fault.REQUEST_LOST, NoAnswer, False),
        (Fault.ANSWER_LOST, NoAnswer, True),
        (Fault.CONFLICTED, Conflict, False),
        (Fault.THROTTLED, Throttled, False),
        (Fault.BROKEN, ServerFailed, False),
        (Fault.FAILED_BEFORE, ServerFailed, False),
        (Fault.FAILED_AFTER, ServerFailed, True),
        (Fault.GARBLED, NoAnswer, True),
        (Fault.UNAUTHORIZED, Refused, False),
        (Fault.NOT_PERMITTED, Refused, False),
    ],
    ids=lambda value: value.name if isinstance(value, Fault) else None,
)
async def test_a_fault_is_heard_as_such_and_carried_out_or_not(
    fault: Fault, raised: type[ApiError | NoAnswer], *, carried_out: bool
) -> None:
    network = Network(Delivery(fault))
    with pytest.raises(raised):
        await network.client.create(PATH, a_pod())
    assert bool(network.pods) is carried_out


async def test_every_answer_says_which_second_it_is_on_the_servers_clock() -> None:
    network = Network(Delivery(), Delivery(Fault.BROKEN), Delivery(Fault.FAILED_AFTER))
    for second in range(3):
        answer = await network.way.send(Request("GET", PATH))
        assert parsedate_to_datetime(answer.headers["date"]).timestamp() == int(network.clock.wall()), second
        await advance(1.0)


async def test_a_throttled_client_hears_how_long_to_wait() -> None:
    with pytest.raises(Throttled) as caught:
        await Network(Delivery(Fault.THROTTLED, retry_after=7)).client.get(f"{PATH}/p")
    assert caught.value.retry_after == 7


async def test_a_request_given_up_for_lost_arrives_later() -> None:
    network = Network(Delivery(Fault.ARRIVES_LATE, outward=9.0, homeward=1.0))
    with pytest.raises(NoAnswer):
        await network.client.create(PATH, a_pod())
    assert not network.pods
    await advance(9.0)
    assert network.pods == ["p"]


async def test_no_request_arrives_after_the_time_that_it_names() -> None:
    network = Network(Delivery(Fault.ARRIVES_LATE, outward=60.0))
    with pytest.raises(NoAnswer):
        await network.client.create(PATH, a_pod(), bound=2.0)
    await advance(2.0)
    assert network.pods == ["p"]


async def test_the_network_may_hold_a_request_back_by_its_margin_beyond_the_time_that_it_names() -> None:
    network = Network(Delivery(Fault.ARRIVES_LATE, outward=60.0), margin=3.0)
    with pytest.raises(NoAnswer):
        await network.client.create(PATH, a_pod(), bound=2.0)
    await advance(4.9)
    assert not network.pods
    await advance(0.1)
    assert network.pods == ["p"]


async def test_a_watch_that_is_not_answered_in_time_is_none() -> None:
    network = Network(Delivery(outward=10.0, homeward=10.0))
    began = network.clock.monotonic()
    with pytest.raises(NoAnswer):
        await _watched(network, "100", 1)
    assert network.clock.monotonic() - began == pytest.approx(15.0)


async def test_a_request_under_way_outlives_its_sender() -> None:
    network = Network(Delivery(outward=1.0))
    sending = asyncio.create_task(network.client.create(PATH, a_pod()))
    await advance(0.5)
    sending.cancel()
    await advance(1.0)
    assert network.pods == ["p"]


async def test_an_answer_that_takes_too_long_is_none_though_the_request_arrived() -> None:
    network = Network(Delivery(outward=1.0, homeward=30.0))
    began = network.clock.monotonic()
    with pytest.raises(NoAnswer):
        await network.client.create(PATH, a_pod())
    assert network.pods == ["p"]
    assert network.clock.monotonic() - began == pytest.approx(15.0)


async def test_a_watch_that_is_cut_goes_on_from_where_it_was() -> None:
    network = Network(lines=[AT_ONCE, LineDelivery(lag=3.0, cut=True)])
    since = str(network.server.storage.revision)
    for name in ("a", "b"):
        await network.client.create(PATH, a_pod(name))
    with pytest.raises(NoAnswer):
        await _watched(network, since, 2)
    assert await _watched(network, since, 2) == ["a", "b"]


async def test_a_role_that_is_gone_is_told_as_the_api_server_tells_it() -> None:
    network = Network(Delivery(Fault.NOT_PERMITTED))
    with pytest.raises(Refused) as caught:
        await network.client.create(PATH, a_pod())
    assert create_error_of(caught.value).rule == "not-permitted"


async def test_a_watch_can_be_told_in_its_answer_that_its_version_is_forgotten() -> None:
    network = Network(Delivery(Fault.EXPIRED))
    async with network.way.stream(Request("GET", PATH, query={"watch": "1", "resourceVersion": "7"})) as stream:
        assert stream.status == 410


async def test_a_webhook_refuses_and_fails_as_the_api_server_tells_it() -> None:
    network = Network()
    said = {
        "admission-denied": denied_by_webhook("pods.example.com", "not today"),
        "webhook-failed": webhook_failed("pods.example.com"),
    }
    for rule, refusal in said.items():
        network.server.registry.rules[:] = [_to_pods(refusal)]
        with pytest.raises(ApiError) as caught:
            await network.client.create(PATH, a_pod())
        assert create_error_of(caught.value).rule == rule
    network.server.registry.rules.clear()
    await network.client.create(PATH, a_pod())


def _to_pods(refusal: Refusal) -> Rule:
    return lambda resource, _: refusal if resource is PODS else None


async def test_all_open_watches_can_be_broken() -> None:
    network = Network()
    watching = asyncio.create_task(_watched(network, str(network.server.storage.revision), 1))
    await advance(1.0)
    network.way.cut()
    with pytest.raises(NoAnswer):
        await watching


async def _watched(network: Network, since: str, count: int) -> list[str]:
    query = {"watch": "1", "resourceVersion": since}
    seen: list[str] = []
    async with network.way.stream(Request("GET", PATH, query=query)) as stream:
        async for line in stream.lines:
            seen.append(orjson.loads(line)["object"]["metadata"]["name"])
            if len(seen) == count:
                break
    return seen
