"""The store of each kind, and how objects get in: event -> projection -> store -> keys of the workqueue."""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, Generic, TypeAlias, cast

from queuedjob.controllers.keys import key_of
from queuedjob.kube.client import wire
from queuedjob.kube.objects.objects import ItemT, Objects
from queuedjob.ports import Body
from queuedjob.runtime.store import Store

Enqueue: TypeAlias = Callable[[str], None]
"""Takes the key of what is to be reconciled."""

Affected: TypeAlias = Callable[[ItemT], Iterable[str]]
"""The keys whose reconcile a change of an object asks for."""


class UnknownKind(LookupError):  # noqa: N818 - it names what is unknown
    """No kind of this plural is registered. The wiring has forgotten it, or an event came from a wrong watch."""


class KindStore(Store[ItemT], Generic[ItemT]):
    """The objects of one kind, as last seen.

    `affected` names what a change asks to reconcile, by default the object itself; `affected_by_deletion` the same for
    its deletion, by default what `affected` names.
    """

    def __init__(
        self,
        objects: Objects[ItemT],
        enqueue: Enqueue,
        affected: Affected[ItemT] | None = None,
        affected_by_deletion: Affected[ItemT] | None = None,
    ) -> None:
        super().__init__(objects.indexes)
        self.objects = objects
        self._enqueue = enqueue
        self._affected = affected or self._itself
        self._affected_by_deletion = affected_by_deletion or self._affected

    def take(self, event: str | None, body: Body) -> None:
        """Take in what a watch or a LIST says. `event`: ADDED, MODIFIED, DELETED, or None for a listed object."""
        uid = wire.uid_of(body)
        if event == wire.DELETED:
            self.forget(self.get(uid) or self.project(body))
        elif not self.knows(uid, int(wire.resource_version_of(body))):
            self.see(body)

    def see(self, body: Body) -> ItemT:
        """Take in an object as an answer of the API server shows it. Returns its projection."""
        item = self.project(body)
        self.put(item)
        return item

    def project(self, body: Body) -> ItemT:
        """The projection of a body."""
        return self.objects.project(body, self.get(wire.uid_of(body)))

    def put(self, item: ItemT) -> bool:
        """Take in a projection. False where it is no news."""
        news = super().put(item)
        if news:
            self._changed(self._affected(item))
        return news

    def forget(self, item: ItemT) -> None:
        """The object is deleted."""
        self.remove(item.uid)
        self._changed(self._affected_by_deletion(item))

    def missed(self, listed: Collection[str], resource_version: int, namespace: str = "") -> None:
        """A whole LIST of `namespace` (empty: all) shows only the UIDs `listed`: a watch missed the other deletions."""
        for item in self.missing(listed, resource_version, lambda each: not namespace or each.namespace == namespace):
            self.not_listed(item)

    def not_listed(self, item: ItemT) -> None:
        """A LIST that should have shown this object does not: it is deleted."""
        self.forget(item)

    def _itself(self, item: ItemT) -> Iterable[str]:
        return (key_of(self.objects.plural, item.uid),)

    def _changed(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._enqueue(key)


class Stores:
    """The stores of all kinds that are registered, by their plurals."""

    def __init__(self) -> None:
        self._stores: dict[str, KindStore[Any]] = {}

    def add(self, store: KindStore[Any]) -> None:
        """Add the store of one more kind. Raises ValueError where it has one."""
        if store.objects.plural in self._stores:
            raise ValueError(f"{store.objects.plural} are registered already")
        self._stores[store.objects.plural] = store

    def of(self, objects: Objects[ItemT]) -> KindStore[ItemT]:
        """The store of these objects. Raises UnknownKind."""
        return cast("KindStore[ItemT]", self[objects.plural])

    def __getitem__(self, plural: str) -> KindStore[Any]:
        """The store of the kind of this plural. Raises UnknownKind."""
        try:
            return self._stores[plural]
        except KeyError:
            raise UnknownKind(f"no kind {plural} is registered; registered are {', '.join(self._stores)}") from None

    def __iter__(self) -> Iterator[KindStore[Any]]:
        """All stores, in the order in which the kinds were registered."""
        return iter(self._stores.values())
