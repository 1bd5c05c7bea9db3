"""A WatchSource over list-and-watch, in place of kopf: kopf has tests of its own, and is tested with real nodes."""

import asyncio
from functools import partial

from queuedjob.api.kinds import KINDS
from queuedjob.kube.client import paths
from queuedjob.kube.client.reflector import Reflector
from queuedjob.ports import Clock, Sink, Transport
from queuedjob.runtime.clock import RealRandom


class ReflectorWatch:
    """Delivers the events of our kinds in some namespaces."""

    def __init__(self, transport: Transport, clock: Clock, *namespaces: str) -> None:
        self._transport = transport
        self._clock = clock
        self._paths = [(kind.plural, paths.ours(kind.plural, namespace)) for kind in KINDS for namespace in namespaces]

    async def run(self, sink: Sink) -> None:
        """Deliver events to `sink` until cancelled. Like kopf, it does not report what is missing from a LIST."""
        async with asyncio.TaskGroup() as tasks:
            for plural, path in self._paths:
                tasks.create_task(self._reflector(plural, path, sink).run())

    def _reflector(self, plural: str, path: str, sink: Sink) -> Reflector:
        return Reflector(
            self._transport,
            self._clock,
            RealRandom(),
            path,
            on_event=partial(sink, plural),
            on_listed=lambda _uids, _version: None,
            on_trouble=lambda _doing, _error: None,
        )
