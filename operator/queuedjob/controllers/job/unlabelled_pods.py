"""Pods that the watch of pods does not show: those with our finalizer and no label of ours, and known ones without one.

The operator puts the labels back, so the watch shows most of these pods again. It leaves a pod alone that another
controller has taken over, and the API server may refuse the write. The end and the deletion of such a pod are found
only here.
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
    """Finds the pods without our label. Raises NoAnswer and ApiError.

    A namespace that refuses the operator is lost instead, while another one serves it (namespaces.py).
    """

    def __init__(self, client: Client, pods: PodStore, namespaces: Namespaces) -> None:
        self._client = client
        self._pods = pods
        self._namespaces = namespaces

    async def find(self) -> None:
        """Bring the store up to date with the pods without our label."""
        await self._namespaces.each(self.find_in)

    async def find_in(self, namespace: str | None) -> int:
        """Bring the store up to date with the pods of one namespace. Return how many pods were read."""
        found, listed, version = 0, set[str](), 0
        async for page in self._client.list_pages(paths.pods(namespace), metadata_only=True):
            if page.first:
                listed.clear()
            version = page.version
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
        return not self._pods.knows(uid, wire.version_of(item))

    async def _take(self, namespace: str, name: str) -> int:
        try:
            body = await self._client.get(paths.pod(namespace, name))
        except NotFound:
            return 0
        self._pods.found(body)
        log.warning("labels lost", pod=name, namespace=namespace)
        return 1
