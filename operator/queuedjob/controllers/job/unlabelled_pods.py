"""Pods that have our finalizer but not our label: the watch of pods does not show such pods."""

from typing import Final

import structlog

from queuedjob.controllers.job.stores import PodStore
from queuedjob.controllers.namespaces import Namespaces
from queuedjob.kube.client import paths, wire
from queuedjob.kube.client.client import Client
from queuedjob.kube.client.errors import NotFound
from queuedjob.kube.objects.pods import is_hidden

log: Final = structlog.get_logger("queuedjob.inventory")


class UnlabelledPods:
    """Finds the pods without our label. Raises NoAnswer and ApiError, if no namespace serves us any more."""

    def __init__(self, client: Client, pods: PodStore, namespaces: Namespaces) -> None:
        self._client = client
        self._pods = pods
        self._namespaces = namespaces

    async def find(self) -> None:
        """Put the pods without our label into the store."""
        await self._namespaces.each(self.find_in)

    async def find_in(self, namespace: str | None) -> int:
        """Put those of one namespace into the store. Return their number."""
        found = 0
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
