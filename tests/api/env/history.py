"""All versions of all objects of one namespace that the API server showed to the observer's own watches."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

from queuedjob.api import names
from queuedjob.api.kinds import KINDS
from queuedjob.kube.client import paths, wire
from queuedjob.kube.client.reflector import Reflector
from queuedjob.ports import Body, Transport
from queuedjob.runtime.clock import RealClock, RealRandom

T = TypeVar("T")

PODS: Final = "pods"
_KINDS: Final[Mapping[str, Callable[[str], str]]] = {
    PODS: paths.pods,
    **{kind.plural: partial(paths.ours, kind.plural) for kind in KINDS},
}


@dataclass(frozen=True, slots=True)
class Sight:
    """One version of one object. `gone`: the object was deleted, and this is its last version."""

    plural: str
    version: int
    gone: bool
    body: Body

    @property
    def uid(self) -> str:
        return str(self.body["metadata"]["uid"])


class History:
    """Sights in the order of their arrival. All objects of one API server share one sequence of resourceVersions."""

    def __init__(self, transport: Transport, namespace: str) -> None:
        self.sights: list[Sight] = []
        self._now: dict[str, dict[str, Body]] = {plural: {} for plural in _KINDS}
        self._news = asyncio.Event()
        self._listed = {plural: asyncio.Event() for plural in _KINDS}
        self._reflectors = [self._reflector(transport, plural, path(namespace)) for plural, path in _KINDS.items()]

    async def run(self) -> None:
        """Watch until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for reflector in self._reflectors:
                tasks.create_task(reflector.run())

    async def begun(self) -> None:
        """Wait until every kind has been listed: after that, no change can be missed."""
        await asyncio.gather(*(listed.wait() for listed in self._listed.values()))

    # The objects that exist now, in the order in which they were first seen.

    @property
    def jobs(self) -> tuple[Body, ...]:
        return tuple(self._now[names.QUEUEDJOBS].values())

    @property
    def letters(self) -> tuple[Body, ...]:
        return tuple(self._now[names.DEADLETTERS].values())

    @property
    def pods(self) -> tuple[Body, ...]:
        return tuple(self._now[PODS].values())

    def pod(self, uid: str) -> Body | None:
        """The pod with this UID, if it exists now."""
        return self._now[PODS].get(uid)

    def job(self, name: str) -> Body | None:
        """The job with this name, if it exists now."""
        return next((job for job in self.jobs if job["metadata"]["name"] == name), None)

    def of(self, plural: str) -> Iterator[Sight]:
        """Sights of one kind, oldest first."""
        return (sight for sight in self.in_order() if sight.plural == plural)

    def in_order(self) -> list[Sight]:
        """All sights by version."""
        return sorted(self.sights, key=lambda sight: sight.version)

    async def news(self) -> None:
        """Wait until something changes."""
        await self._news.wait()

    async def until(self, holds: Callable[[], T | None], within: float) -> T:
        """Wait until `holds()` is true and return its value. Raises TimeoutError after `within` seconds."""
        async with asyncio.timeout(within):
            while not (answer := holds()):
                await self._news.wait()
        return answer

    async def calm(self, seconds: float) -> None:
        """Wait until nothing has changed for `seconds`."""
        while True:
            try:
                async with asyncio.timeout(seconds):
                    await self._news.wait()
            except TimeoutError:
                return

    def _take(self, plural: str, event: str | None, body: Body) -> None:
        uid, gone = wire.uid_of(body), event == wire.DELETED
        self.sights.append(Sight(plural, int(wire.resource_version_of(body)), gone, body))
        if gone:
            self._now[plural].pop(uid, None)
        else:
            self._now[plural][uid] = body
        self._news.set()
        self._news = asyncio.Event()

    def _reflector(self, transport: Transport, plural: str, path: str) -> Reflector:
        return Reflector(
            transport,
            RealClock(),
            RealRandom(),
            path,
            on_event=lambda event, body: self._take(plural, event, body),
            on_listed=lambda _uids, _version: self._listed[plural].set(),
            on_trouble=lambda _doing, _error: None,
        )
