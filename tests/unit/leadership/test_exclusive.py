"""An operator without leader election does not start beside one that leads."""

import asyncio

import pytest

from queuedjob.leadership.exclusive import AnotherLeads, make_sure_that_none_leads
from queuedjob.leadership.lease import Lease
from queuedjob.ports import Request, Response
from tests.simulation.apiserver.transport import SimulatedTransport
from tests.unit.kube.client.scripted import failure
from tests.unit.leadership.candidates import NAME, NAMESPACE, Candidates
from tests.virtual_loop import advance


def look(world: Candidates) -> "asyncio.Task[None]":
    lease = Lease(SimulatedTransport(world.server, world.clock), world.clock, namespace=NAMESPACE, name=NAME)
    return asyncio.create_task(make_sure_that_none_leads(lease, world.clock))


async def test_it_refuses_to_start_beside_a_leader_and_says_what_to_do() -> None:
    world = Candidates()
    world.create()
    async with world.standing("a"):
        await advance(1)
        with pytest.raises(AnotherLeads) as refused:
            await look(world)
    words = str(refused.value)
    assert words.startswith("operator a_")
    assert words.endswith(
        "leads, and renews the Lease system/queuedjob-operator: stop it, or start this one with --leader-elect"
    )


async def test_it_starts_beside_a_lease_that_nobody_renews_after_its_duration() -> None:
    world = Candidates()
    world.create()
    async with world.standing("a"):
        await advance(1)
    began = world.clock.monotonic()
    await look(world)
    assert 20 <= world.clock.monotonic() - began < 23


async def test_it_starts_at_once_beside_a_lease_that_was_given_up_and_without_one() -> None:
    world = Candidates()
    await look(world)
    world.create()
    await look(world)
    async with world.standing("a") as a:
        await advance(1)
        await a.leadership.release(0.0)
    began = world.clock.monotonic()
    await look(world)
    assert world.clock.monotonic() - began < 1


class Refusing:
    """An API server that fails once, and then lets nobody read the Lease."""

    def __init__(self) -> None:
        self.answers = [failure(500, "InternalError", "down"), failure(403, "Forbidden", "leases is forbidden")]

    async def send(self, _: Request) -> Response:
        return self.answers.pop(0)

    def stream(self, request: Request) -> "asyncio.Future[None]":
        raise AssertionError(request)


async def test_a_lease_that_may_not_be_read_holds_nobody_back_and_one_that_is_not_served_is_read_again() -> None:
    world, refusing = Candidates(), Refusing()
    lease = Lease(refusing, world.clock, namespace=NAMESPACE, name=NAME)  # type: ignore[arg-type]  # it never streams
    await make_sure_that_none_leads(lease, world.clock)
    assert refusing.answers == []
