"""The store of each kind, and how objects come in: event -> projection -> store -> keys of the workqueue."""

from collections.abc import Callable, Collection, Iterable
from typing import Generic, TypeAlias

from queuedjob.controllers.keys import key_of
from queuedjob.kube.client import wire
from queuedjob.kube.objects.objects import ItemT, Objects
from queuedjob.ports import Body
from queuedjob.runtime.store import Store

Enqueue: TypeAlias = Callable[[str], None]
"""Takes the key of an object to reconcile."""

Report: TypeAlias = Callable[[str, Body, Exception], None]
"""Takes the plural of an object that no store can take in, the object, and the error."""

Affected: TypeAlias = Callable[[ItemT], Iterable[str]]
"""Returns the keys to reconcile after a change of an object."""


class KindStore(Store[ItemT], Generic[ItemT]):
    """The objects of one kind, as last seen.

    `affected` returns the keys to reconcile after a change (default: the key of the object itself).
    `affected_by_deletion` returns the keys to reconcile after a deletion (default: the same as `affected`).
    """

    def __init__(
        self,
        objects: Objects[ItemT],
        enqueue: Enqueue,
        report: Report,
        affected: Affected[ItemT] | None = None,
        affected_by_deletion: Affected[ItemT] | None = None,
    ) -> None:
        super().__init__(objects.indexes)
        self.objects = objects
        self._enqueue = enqueue
        self._report = report
        self._affected = affected or self._itself
        self._affected_by_deletion = affected_by_deletion or self._affected

    def take(self, event: str | None, body: Body) -> None:
        """Take in an object from a watch or a LIST. `event`: ADDED, MODIFIED, DELETED, or None for a listed object.

        Never raises: an object that cannot be projected must not keep others from being seen. It is reported, and the
        resync tries it again.
        """
        try:
            self._take(event, body)
        except Exception as error:  # noqa: BLE001 - any object, and any way in which it is odd; reported
            self._report(self.objects.plural, body, error)

    def _take(self, event: str | None, body: Body) -> None:
        uid = wire.uid_of(body)
        if event == wire.DELETED:
            if not self.is_buried(uid):
                self.forget(self.get(uid) or self.project(body))
        elif not self.knows(uid, wire.version_of(body)):
            self.see(body)

    def see(self, body: Body) -> ItemT:
        """Store an object from an answer of the API server. Return its projection."""
        item = self.project(body)
        self.put(item)
        return item

    def project(self, body: Body) -> ItemT:
        """Return the projection of a body."""
        return self.objects.project(body, self.get(wire.uid_of(body)))

    def put(self, item: ItemT) -> bool:
        """Store a projection. Return False if the store rejects its version as known."""
        news = super().put(item)
        if news:
            self._changed(self._affected(item))
        return news

    def forget(self, item: ItemT) -> None:
        """Remove a deleted object from the store."""
        self.remove(item.uid, item.namespace)
        self._changed(self._affected_by_deletion(item))

    def missed(self, listed: Collection[str], resource_version: int, namespace: str = "") -> None:
        """Handle deletions that a watch missed: `listed` has all UIDs of a whole LIST of `namespace` (empty: all)."""
        for item in self.missing(listed, resource_version, lambda each: not namespace or each.namespace == namespace):
            self.not_listed(item)

    def not_listed(self, item: ItemT) -> None:
        """Remove an object that a LIST should have shown, but did not: the object is deleted."""
        self.forget(item)

    def enqueue_all(self) -> None:
        """Enqueue the keys that a change of any of the objects would enqueue."""
        for item in self:
            self._changed(self._affected(item))

    def _itself(self, item: ItemT) -> Iterable[str]:
        return (key_of(self.objects.plural, item.namespace, item.uid),)

    def _changed(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._enqueue(key)
