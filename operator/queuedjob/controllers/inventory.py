"""LISTs of the registered kinds: the objects at the start, and the deletions that the watches missed later."""

from functools import partial
from typing import Any

from queuedjob.controllers.namespaces import Namespaces
from queuedjob.controllers.registry import Registry
from queuedjob.controllers.stores import KindStore
from queuedjob.kube.client import wire
from queuedjob.kube.client.client import Client


class Inventory:
    """Lists the objects, namespace by namespace. Raises NoAnswer and ApiError, if no namespace serves us any more."""

    def __init__(self, client: Client, registry: Registry, namespaces: Namespaces) -> None:
        self._client = client
        self._registry = registry
        self._namespaces = namespaces

    async def take_all(self) -> None:
        """Put every object into its store: the stores are ready when these LISTs are complete."""
        await self._namespaces.each(self.take_all_of)

    async def take_all_of(self, namespace: str | None) -> None:
        """Put every object of one namespace into its store."""
        await self._list_all(namespace, whole=True)

    async def find_deleted(self) -> None:
        """Remove deleted objects from the stores: kopf does not report the deletions that it missed (catalogue K)."""
        await self._namespaces.each(partial(self._list_all, whole=False))

    async def ask(self) -> None:
        """Check that the API server serves us, with one small read that etcd must answer."""
        path = self._registry.listed[0].objects.path((self._namespaces.served or self._namespaces.all)[0])
        async for _ in self._client.list_pages(path, page=1, metadata_only=True):
            return

    async def _list_all(self, namespace: str | None, *, whole: bool) -> None:
        for store in self._registry.listed:
            await self._list(store, namespace, whole=whole)

    async def _list(self, store: KindStore[Any], namespace: str | None, *, whole: bool) -> None:
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
