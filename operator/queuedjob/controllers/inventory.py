"""LISTs of the registered kinds: the objects at the start; later what the watches missed, deletions and changes."""

from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from queuedjob.controllers.namespaces import Namespaces
from queuedjob.controllers.registry import Registry
from queuedjob.controllers.stores import KindStore
from queuedjob.kube.client import wire
from queuedjob.kube.client.client import Client
from queuedjob.kube.client.errors import NotFound
from queuedjob.ports import Body, Clock
from queuedjob.runtime.loop_turns import OBJECTS, in_turns

_SETTLE: Final = 10.0
"""Seconds after a LIST in which the watches may still bring what the LIST showed: the rest is then read by GETs."""


@dataclass(frozen=True, slots=True)
class _Unseen:
    """A version of an object that a LIST showed and the store does not know."""

    store: KindStore[Any]
    path: str
    uid: str
    version: int


class Inventory:
    """Lists the objects, namespace by namespace. Raises NoAnswer and ApiError.

    A namespace that refuses the operator is lost instead, while another one serves it (namespaces.py).
    """

    def __init__(self, client: Client, clock: Clock, registry: Registry, namespaces: Namespaces) -> None:
        self._client = client
        self._clock = clock
        self._registry = registry
        self._namespaces = namespaces

    async def take_all(self) -> None:
        """Put every object into its store: the stores are ready when these LISTs are complete."""
        await self._namespaces.each(self.take_all_of)

    async def take_all_of(self, namespace: str | None) -> None:
        """Put every object of one namespace into its store."""
        for store in self._registry.listed:
            await self._list(store, namespace, whole=True)

    async def resync(self) -> None:
        """Remove deleted objects from the stores, and read those of which the stores do not know the listed version.

        kopf does not report the deletions that it missed (catalogue K), and an event may have come to nothing.
        """
        unseen: list[_Unseen] = []
        await self._namespaces.each(partial(self._compare, unseen))
        if unseen:
            await self._clock.sleep(_SETTLE)
        for each in unseen:
            if not each.store.knows(each.uid, each.version):
                await self._read(each)

    async def ask(self) -> None:
        """Check that the API server serves us, with one small read that etcd must answer."""
        path = self._registry.listed[0].objects.path((self._namespaces.served or self._namespaces.all)[0])
        async for _ in self._client.list_pages(path, page=1, metadata_only=True):
            return

    async def _compare(self, unseen: list[_Unseen], namespace: str | None) -> None:
        for store in self._registry.listed:
            unseen += await self._list(store, namespace, whole=False)

    async def _list(self, store: KindStore[Any], namespace: str | None, *, whole: bool) -> list[_Unseen]:
        """List one kind: take in whole objects, or return what the store does not know. Then remove what is deleted."""
        listed: set[str] = set()
        unseen: list[_Unseen] = []
        version = 0
        async for page in self._client.list_pages(store.objects.path(namespace), metadata_only=not whole):
            if page.first:
                listed.clear()
                unseen.clear()
            version = page.version
            listed.update(map(wire.uid_of, page.items))
            if whole:
                async for item in in_turns(page.items, OBJECTS):
                    store.take(None, item)
            else:
                unseen += (new for item in page.items if (new := _unseen(store, item)) is not None)
        store.missed(listed, version, namespace or "")
        return unseen

    async def _read(self, unseen: _Unseen) -> None:
        try:
            body = await self._client.get(unseen.path)
        except NotFound:
            return  # deleted since: the watch or the next resync shows it
        unseen.store.take(None, body)


def _unseen(store: KindStore[Any], item: Body) -> _Unseen | None:
    uid, version = wire.uid_of(item), wire.version_of(item)
    if store.knows(uid, version):
        return None
    path = f"{store.objects.path(wire.namespace_of(item))}/{wire.name_of(item)}"
    return _Unseen(store, path, uid, version)
