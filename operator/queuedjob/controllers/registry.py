"""The registry: one record a kind, from which stores, routing and LISTs are derived. Nothing here names a kind."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias

from queuedjob.controllers.keys import Key
from queuedjob.controllers.stores import KindStore, Stores, UnknownKind
from queuedjob.kube.objects.objects import ItemT

Reconcile: TypeAlias = Callable[[str], Awaitable[None]]
"""Reconciles one object, by its UID. Raises NoAnswer, ApiError and NotReady for what is to be tried again."""


@dataclass(frozen=True, slots=True)
class Record(Generic[ItemT]):
    """What the operator does with one kind."""

    store: KindStore[ItemT]
    """Its objects as last seen; knows the plural, the path, the projection, and whose reconcile a change asks for."""
    reconcile: Reconcile
    listed: bool = True
    """The inventory lists it at the start and at each resync, as no watch tells of every deletion (catalogue K)."""

    @property
    def plural(self) -> str:
        """The kind's plural."""
        return self.store.objects.plural


class Registry:
    """The kinds that the operator works with. `stores` are theirs."""

    def __init__(self, stores: Stores) -> None:
        self.stores = stores
        self._records: dict[str, Record[Any]] = {}

    def add(self, record: Record[Any]) -> None:
        """Register a kind. Raises ValueError where it is registered already."""
        self.stores.add(record.store)
        self._records[record.plural] = record

    @property
    def plurals(self) -> tuple[str, ...]:
        """The plurals of the registered kinds."""
        return tuple(self._records)

    @property
    def listed(self) -> tuple[KindStore[Any], ...]:
        """The stores of the kinds that the inventory lists, in the order in which they were registered."""
        return tuple(record.store for record in self._records.values() if record.listed)

    async def reconcile(self, key: Key) -> None:
        """Reconcile the object that `key` names. Raises UnknownKind, and what the kind's own reconcile raises."""
        record = self._records.get(key.plural)
        if record is None:
            raise UnknownKind(f"no kind {key.plural} is registered; registered are {', '.join(self._records)}")
        await record.reconcile(key.uid)
