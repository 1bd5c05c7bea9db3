"""LISTs of the registered kinds: the objects at the start, and the deletions that the watches missed later."""

from collections.abc import Sequence
from typing import Any

from queuedjob.controllers.registry import Registry
from queuedjob.controllers.stores import KindStore
from queuedjob.kube.client import wire
from queuedjob.kube.client.client import Client


class Inventory:
    """Lists the objects in `namespaces` (empty: in all namespaces). Raises NoAnswer and ApiError."""

    def __init__(self, client: Client, registry: Registry, namespaces: Sequence[str]) -> None:
        self._client = client
        self._registry = registry
        self._namespaces: Sequence[str | None] = namespaces or (None,)

    async def take_all(self) -> None:
        """Put every object into its store: the stores are ready when these LISTs are complete."""
        for store in self._registry.listed:
            await self._list(store, whole=True)

    async def find_deleted(self) -> None:
        """Remove deleted objects from the stores: kopf does not report the deletions that it missed (catalogue K)."""
        for store in self._registry.listed:
            await self._list(store, whole=False)

    async def ask(self) -> None:
        """Check that the API server serves us, with one small read that etcd must answer."""
        path = self._registry.listed[0].objects.path(self._namespaces[0])
        async for _ in self._client.list_pages(path, page=1, metadata_only=True):
            return

    async def _list(self, store: KindStore[Any], *, whole: bool) -> None:
        for namespace in self._namespaces:
            listed: set[str] = set()
            version = 0
            pages = self._client.list_pages(store.objects.path(namespace), metadata_only=not whole)
            async for page in pages:
                if page.first:
                    listed.clear()
                version = int(page.resource_version)
                for item in page.items:
                    listed.add(wire.uid_of(item))
                    if whole:
                        store.take(None, item)
            store.missed(listed, version, namespace or "")
