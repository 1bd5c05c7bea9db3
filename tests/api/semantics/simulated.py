"""Runs a case against the simulated API server."""

from typing import Final

from queuedjob.ports import Clock
from tests.api.semantics.api import Api
from tests.api.semantics.cases import Case
from tests.api.semantics.transcript import comparable
from tests.simulation.apiserver.server import ApiServer
from tests.simulation.apiserver.transport import SimulatedTransport

_NAMESPACE: Final = "simulated-namespace"


class _Cluster:
    """The simulated cluster: its controllers do all their work at once."""

    def __init__(self, server: ApiServer) -> None:
        self._server = server

    async def keep_house(self) -> None:
        self._server.housekeeping.tidy()

    async def forget(self) -> None:
        self._server.storage.forget()


async def told_by_simulated(case: Case, clock: Clock) -> list[str]:
    """Run a case and return the transcript in comparable lines. Fails if the case fails."""
    server = ApiServer(clock.wall, namespaces=(_NAMESPACE,))
    api = Api(SimulatedTransport(server, clock), _NAMESPACE, _Cluster(server))
    await case(api)
    return comparable(api.said, _NAMESPACE)
