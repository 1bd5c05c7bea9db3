"""Pods that the watch of pods does not show: those with our finalizer but not our label, and the store's without one.

Labels are put back, so most of these pods are seen again. But those that another controller has taken over are left
alone, and who is refused the write cannot put them back: their ends and deletions are found only here.
"""

from typing import Final

import structlog

from queuedjob.controllers.job.stores import PodStore
from queuedjob.controllers.namespaces import Namespaces
from queuedjob.kube.client import paths, wire
from queuedjob.kube.client.client import Client
from queuedjob.kube.client.errors import NotFound
from queuedjob.kube.objects.pods import is_hidden
from queuedjob.ports import Body

log: Final = structlog.get_logger("queuedjob.inventory")


class UnlabelledPods:
    """Finds the pods without our label. Raises NoAnswer and ApiError, if no namespace serves us any more."""

    def __init__(self, client: Client, pods: PodStore, namespaces: Namespaces) -> None:
        self._client = client
        self._pods = pods
        self._namespaces = namespaces

    async def find(self) -> None:
        """Bring the store up to date with the pods without our label."""
        await self._namespaces.each(self.find_in)

    async def find_in(self, namespace: str | None) -> int:
        """Do so for one namespace. Return how many pods were read."""
        found, listed, version = 0, set[str](), 0
        async for page in self._client.list_pages(paths.pods(namespace), metadata_only=True):
            if page.first:
                listed.clear()
            version = int(page.resource_version)
            for item in page.items:
                listed.add(wire.uid_of(item))
                if self._is_news(item):
                    found += await self._take(wire.namespace_of(item), wire.name_of(item))
        for pod in self._pods.missing(listed, version, lambda p: not p.labelled and namespace in {None, p.namespace}):
            self._pods.not_listed(pod)
        return found

    def _is_news(self, item: Body) -> bool:
        """Whether the watch does not show this pod, and the store does not have this version of it."""
        uid = wire.uid_of(item)
        known = self._pods.get(uid)
        if known is None or known.labelled or known.missing_from_watch:
            return is_hidden(item)
        return not self._pods.knows(uid, int(wire.resource_version_of(item)))

    async def _take(self, namespace: str, name: str) -> int:
        try:
            body = await self._client.get(paths.pod(namespace, name))
        except NotFound:
            return 0
        self._pods.found(body)
        log.warning("labels lost", pod=name, namespace=namespace)
        return 1
