"""Pods that have our finalizer but not our label: the watch of pods does not show such pods."""

from collections.abc import Sequence
from typing import Final

import structlog

from queuedjob.controllers.job.stores import PodStore
from queuedjob.kube.client import paths, wire
from queuedjob.kube.client.client import Client
from queuedjob.kube.client.errors import NotFound
from queuedjob.kube.objects.pods import is_hidden

log: Final = structlog.get_logger("queuedjob.inventory")


class UnlabelledPods:
    """Finds the pods without our label in `namespaces` (empty: in all namespaces). Raises NoAnswer and ApiError."""

    def __init__(self, client: Client, pods: PodStore, namespaces: Sequence[str]) -> None:
        self._client = client
        self._pods = pods
        self._namespaces: Sequence[str | None] = namespaces or (None,)

    async def find(self) -> int:
        """Put the pods without our label into the store. Return their number."""
        found = 0
        for namespace in self._namespaces:
            async for page in self._client.list_pages(paths.pods(namespace), metadata_only=True):
                for item in page.items:
                    if is_hidden(item):
                        found += await self._take(wire.namespace_of(item), wire.name_of(item))
        return found

    async def _take(self, namespace: str, name: str) -> int:
        try:
            body = await self._client.get(paths.pod(namespace, name))
        except NotFound:
            return 0
        self._pods.found(body)
        log.warning("labels lost", pod=name, namespace=namespace)
        return 1
