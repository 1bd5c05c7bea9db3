"""The registry: one record a kind, from which stores, routing and LISTs are derived. Nothing here names a kind."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias

from queuedjob.controllers.keys import Key
from queuedjob.controllers.stores import KindStore
from queuedjob.kube.objects.objects import ItemT

Reconcile: TypeAlias = Callable[[str, str], Awaitable[None]]
"""Reconciles one object, by its namespace and its UID. Raises NoAnswer, ApiError and NotReady: it is tried again."""


@dataclass(frozen=True, slots=True)
class Record(Generic[ItemT]):
    """What the operator does with one kind."""

    store: KindStore[ItemT]
    """The objects as last seen, with the plural, the path, the projection, and the keys that a change enqueues."""
    reconcile: Reconcile
    listed: bool = True
    """Whether the inventory lists the kind at the start and each resync: no watch shows all deletions (catalogue K)."""

    @property
    def plural(self) -> str:
        """The kind's plural."""
        return self.store.objects.plural


class UnknownKind(LookupError):  # noqa: N818 - it names what is unknown
    """No kind of this plural is registered: the wiring lacks the kind, or an event came from a wrong watch."""


class Registry:
    """The kinds that the operator works with."""

    def __init__(self) -> None:
        self._records: dict[str, Record[Any]] = {}

    def add(self, record: Record[Any]) -> None:
        """Register a kind. Raises ValueError if it is registered already."""
        if record.plural in self._records:
            raise ValueError(f"{record.plural} are registered already")
        self._records[record.plural] = record

    def __getitem__(self, plural: str) -> Record[Any]:
        """Return the record of the kind of this plural. Raises UnknownKind."""
        try:
            return self._records[plural]
        except KeyError:
            raise UnknownKind(f"no kind {plural} is registered; registered are {', '.join(self._records)}") from None

    @property
    def plurals(self) -> tuple[str, ...]:
        """The plurals of the registered kinds."""
        return tuple(self._records)

    @property
    def listed(self) -> tuple[KindStore[Any], ...]:
        """The stores of the kinds that the inventory lists, in the order in which they were registered."""
        return tuple(record.store for record in self._records.values() if record.listed)

    async def reconcile(self, key: Key) -> None:
        """Reconcile the object that `key` names. Raises UnknownKind, and the errors of the kind's own reconcile."""
        await self[key.plural].reconcile(key.namespace, key.uid)
