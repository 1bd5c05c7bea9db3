"""Processes that stand for one Lease, on a simulated API server."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from queuedjob.kube.client import paths
from queuedjob.leadership.leadership import HeldTerm, Leadership
from queuedjob.leadership.lease import Lease
from queuedjob.ports import NoAnswer, Request, Response
from tests.simulation.apiserver.server import ApiServer
from tests.simulation.apiserver.transport import SimulatedTransport
from tests.virtual_loop import SteadyRandom, VirtualClock

NAMESPACE: Final = "system"
NAME: Final = "queuedjob-operator"
PATH: Final = paths.lease(NAMESPACE, NAME)


class Line:
    """The connection of one process, which may be down, or hang for some seconds before each answer."""

    def __init__(self, inner: SimulatedTransport) -> None:
        self._inner = inner
        self.down = False
        self.hangs = 0.0
        self.sent: list[Request] = []

    async def send(self, request: Request) -> Response:
        self.sent.append(request)
        if self.down:
            await asyncio.sleep(min(1.0, request.timeout))
            raise NoAnswer("the network is down")
        if self.hangs:
            await asyncio.sleep(min(self.hangs, request.timeout))
            if self.hangs > request.timeout:
                raise NoAnswer("no answer")
        return await self._inner.send(request)

    def stream(self, request: Request) -> Any:  # noqa: ANN401 - nobody opens one here
        raise AssertionError(request)


@dataclass
class Candidate:
    """One process. `terms`: the terms in which it worked, each with whether it still does."""

    name: str
    line: Line
    leadership: Leadership
    terms: list[HeldTerm] = field(default_factory=list)
    works: bool = False

    async def lead(self, held: HeldTerm) -> None:
        self.terms.append(held)
        self.works = True
        try:
            await asyncio.Event().wait()
        finally:
            self.works = False


class Candidates:
    """The API server, and the processes."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.server = ApiServer(self.clock.wall, namespaces=(NAMESPACE,))
        self.all: list[Candidate] = []

    @asynccontextmanager
    async def standing(self, name: str, *, duration: float = 20.0) -> AsyncIterator[Candidate]:
        """Let a process stand for the Lease meanwhile."""
        line = Line(SimulatedTransport(self.server, self.clock))
        lease = Lease(line, self.clock, namespace=NAMESPACE, name=NAME)
        leadership = Leadership(lease, self.clock, SteadyRandom(len(self.all) / 10), duration=duration, instance=name)
        candidate = Candidate(name, line, leadership)
        self.all.append(candidate)
        task = asyncio.create_task(leadership.run(candidate.lead))
        try:
            yield candidate
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    @property
    def lease(self) -> dict[str, Any] | None:
        """The Lease as it is stored."""
        answer = self.server.handle(Request("GET", PATH))
        found: dict[str, Any] | None = orjson.loads(answer.body) if answer.status == 200 else None
        return found

    def create(self) -> None:
        """Create the empty Lease, as an installation does."""
        body = {"metadata": {"name": NAME, "labels": {"app.kubernetes.io/managed-by": "Helm"}}, "spec": {}}
        answer = self.server.handle(Request("POST", paths.leases(NAMESPACE), body=orjson.dumps(body)))
        assert answer.status == 201, answer.body

    def edit(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Write into the Lease as another client does."""
        body = self.lease
        assert body is not None
        change(body)
        answer = self.server.handle(Request("PUT", PATH, body=orjson.dumps(body)))
        assert answer.status == 200, answer.body

    def delete(self) -> None:
        """Delete the Lease."""
        assert self.server.handle(Request("DELETE", PATH)).status == 200
