"""Our own LISTs: what exists at the start, what the watches missed since, and pods that have lost their labels."""

from collections.abc import Sequence
from typing import Final

import structlog

from queuedjob.api import names
from queuedjob.controllers.stores import Stores
from queuedjob.kube.client import paths, wire
from queuedjob.kube.client.client import Client
from queuedjob.kube.client.errors import NotFound
from queuedjob.kube.objects.pods import pod_from

log: Final = structlog.get_logger("queuedjob.inventory")

_KINDS: Final = {names.QUEUEDJOBS: paths.jobs, names.DEADLETTERS: paths.letters}


class Inventory:
    """Lists what `namespaces` hold (none given: all of them). Raises NoAnswer and ApiError."""

    def __init__(self, client: Client, stores: Stores, namespaces: Sequence[str]) -> None:
        self._client = client
        self._stores = stores
        self._namespaces: Sequence[str | None] = namespaces or (None,)

    async def take_all(self) -> None:
        """Put every job and letter into the store: the store is ready when these LISTs have come in."""
        for plural in _KINDS:
            await self._list(plural, whole=True)

    async def find_deleted(self) -> None:
        """Find out which jobs and letters of the store are gone: kopf does not tell what it missed (catalogue K)."""
        for plural in _KINDS:
            await self._list(plural, whole=False)

    async def ask(self) -> None:
        """One small read that etcd must answer for: whether we are served at all."""
        async for _ in self._client.list_pages(
            _KINDS[names.QUEUEDJOBS](self._namespaces[0]), page=1, metadata_only=True
        ):
            return

    async def find_unlabelled(self) -> int:
        """Find pods that carry our finalizer without our label, which the watch cannot see. Returns how many."""
        found = 0
        for namespace in self._namespaces:
            async for page in self._client.list_pages(paths.pods(namespace), metadata_only=True):
                for item in page.items:
                    metadata = item["metadata"]
                    ours = names.FINALIZER in (metadata.get("finalizers") or ())
                    if not ours or names.JOB_LABEL in (metadata.get("labels") or {}):
                        continue
                    found += await self._take_pod(metadata["namespace"], metadata["name"])
        return found

    async def _take_pod(self, namespace: str, name: str) -> int:
        try:
            body = await self._client.get(paths.pod(namespace, name))
        except NotFound:
            return 0
        self._stores.refresh_pod(pod_from(body))
        log.warning("labels lost", pod=name, namespace=namespace)
        return 1

    async def _list(self, plural: str, *, whole: bool) -> None:
        for namespace in self._namespaces:
            listed: set[str] = set()
            version = 0
            pages = self._client.list_pages(_KINDS[plural](namespace), metadata_only=not whole)
            async for page in pages:
                if page.first:
                    listed.clear()
                version = int(page.resource_version)
                for item in page.items:
                    listed.add(wire.uid_of(item))
                    if whole:
                        self._stores.take(plural, None, item)
            self._stores.missed(plural, listed, version, namespace or "")
