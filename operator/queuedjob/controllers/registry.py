"""The registry: one record a kind, from which stores, watches and LISTs are derived. Nothing here names a kind."""

from dataclasses import dataclass
from typing import Any, Generic

from queuedjob.controllers.stores import KindStore
from queuedjob.kube.objects.objects import ItemT


@dataclass(frozen=True, slots=True)
class Record(Generic[ItemT]):
    """What the operator keeps of one kind."""

    store: KindStore[ItemT]
    """The objects as last seen, with the plural, the path, the projection, and the keys that a change enqueues."""
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

    def enqueue_all(self) -> None:
        """Have every object of every kind reconciled: another term begins, and knows only what the stores hold."""
        for record in self._records.values():
            record.store.enqueue_all()
