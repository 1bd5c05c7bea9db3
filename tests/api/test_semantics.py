"""The simulated API server against the real one: whatever they answer differently is wrong in the simulation."""

import asyncio
import difflib
import uuid
from typing import Final

import pytest

from queuedjob.runtime.clock import RealClock
from tests.api.conftest import ApiCluster
from tests.api.semantics import CASES, Case
from tests.api.semantics.api import Api
from tests.api.semantics.transcript import comparable
from tests.api.stage.theatre import Theatre
from tests.api.stage.users import make_namespace
from tests.simulation.apiserver import server as simulated
from tests.simulation.apiserver.transport import SimulatedTransport

_A_MOMENT: Final = 0.05
"""Seconds in which a real cluster may have done something by itself."""


class Simulated:
    """A simulated API server's cluster: everything is done at once."""

    def __init__(self, server: simulated.ApiServer) -> None:
        self._server = server

    async def keep_house(self) -> None:
        self._server.housekeeping.tidy()

    async def forget(self) -> None:
        self._server.storage.forget()


class Real:
    """A real one, whose controllers work when they like."""

    def __init__(self, cluster: ApiCluster) -> None:
        self._cluster = cluster

    async def keep_house(self) -> None:
        await asyncio.sleep(_A_MOMENT)

    async def forget(self) -> None:
        await asyncio.to_thread(self._cluster.forget_the_beginning)


of_every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())


@of_every_case
async def test_the_simulated_server(case: Case) -> None:
    await told_by_simulated(case)


@of_every_case
async def test_the_real_server_and_the_simulated_one_say_the_same(
    case: Case, theatre: Theatre, cluster: ApiCluster
) -> None:
    real = await told_by_real(case, theatre, cluster)
    simulation = await told_by_simulated(case)
    differences = difflib.unified_diff(real, simulation, "the real API server", "the simulated one", lineterm="", n=0)
    assert simulation == real, "\n".join(differences)


async def told_by_simulated(case: Case) -> list[str]:
    clock = RealClock()
    namespace = "here"
    server = simulated.ApiServer(clock.wall, namespaces=(namespace,))

    api = Api(SimulatedTransport(server, clock), namespace, Simulated(server))
    await case(api)
    return comparable(api.said, namespace)


async def told_by_real(case: Case, theatre: Theatre, cluster: ApiCluster) -> list[str]:
    namespace = f"semantics-{uuid.uuid4().hex[:10]}"
    await make_namespace(theatre.admin, namespace)
    api = Api(theatre.way, namespace, Real(cluster))
    await case(api)
    return comparable(api.said, namespace)
