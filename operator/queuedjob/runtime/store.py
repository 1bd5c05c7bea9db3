"""What was last seen of the objects of one kind: a cache, behind by any amount (protocol: The store).

Keyed by UID, for a name may come back as another object. Newer means a greater resourceVersion, compared as integers;
an older one is dropped. A deleted UID leaves a tombstone, so that a late event does not raise the dead.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from typing import Final, Generic, Protocol, TypeVar


class Item(Protocol):
    """What the store must know of an object."""

    @property
    def uid(self) -> str:
        """Never given twice."""
        ...

    @property
    def resource_version(self) -> int:
        """Greater is newer."""
        ...


T = TypeVar("T", bound=Item)

_TOMBSTONES: Final = 20_000
"""Deleted UIDs remembered. Events come late by seconds; this many deletions take minutes."""


class Store(Generic[T]):
    """Objects of one kind. `indexes`: names, and what of an object they find it by (None: not by this one)."""

    __slots__ = ("_by", "_extract", "_items", "_tombs")

    def __init__(self, indexes: Mapping[str, Callable[[T], Hashable | None]] | None = None) -> None:
        self._items: dict[str, T] = {}
        self._extract = dict(indexes or {})
        self._by: dict[str, dict[Hashable, tuple[str, ...]]] = {name: {} for name in self._extract}
        self._tombs: OrderedDict[str, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[T]:
        return iter(tuple(self._items.values()))

    def get(self, uid: str) -> T | None:
        """The object, if it is here."""
        return self._items.get(uid)

    def by(self, index: str, key: Hashable) -> tuple[T, ...]:
        """The objects that `index` finds by `key`, in the order in which they were first seen."""
        return tuple(self._items[uid] for uid in self._by[index].get(key, ()))

    def knows(self, uid: str, resource_version: int) -> bool:
        """Whether nothing is to be learnt from this version: it is here, or a newer one is, or the object is gone."""
        known = self._items.get(uid)
        return uid in self._tombs or (known is not None and known.resource_version >= resource_version)

    def put(self, item: T) -> bool:
        """Take in an object that is newer than the one here. Whether it was."""
        return False if self.knows(item.uid, item.resource_version) else self._set(item)

    def refresh(self, item: T) -> bool:
        """Take in an object that is not older than the one here: the same version, of which more is known."""
        known = self._items.get(item.uid)
        if item.uid in self._tombs or (known is not None and known.resource_version > item.resource_version):
            return False
        return known != item and self._set(item)

    def remove(self, uid: str) -> None:
        """The object is gone for good."""
        item = self._items.pop(uid, None)
        if item is not None:
            self._unindex(item)
        self._tombs[uid] = None
        if len(self._tombs) > _TOMBSTONES:
            self._tombs.popitem(last=False)

    def missing(self, listed: Collection[str], resource_version: int) -> tuple[T, ...]:
        """The objects that a LIST of `resource_version` should have held and did not: older than it, and not in it."""
        return tuple(
            item for uid, item in self._items.items() if item.resource_version <= resource_version and uid not in listed
        )

    def _set(self, item: T) -> bool:
        before = self._items.get(item.uid)
        if before is not None:
            self._unindex(before, now=item)
        self._items[item.uid] = item
        for name, extract in self._extract.items():
            key = extract(item)
            if key is not None and item.uid not in (found := self._by[name].get(key, ())):
                self._by[name][key] = (*found, item.uid)
        return True

    def _unindex(self, item: T, now: T | None = None) -> None:
        for name, extract in self._extract.items():
            key = extract(item)
            if key is None or (now is not None and extract(now) == key):
                continue
            left = tuple(uid for uid in self._by[name].get(key, ()) if uid != item.uid)
            if left:
                self._by[name][key] = left
            else:
                self._by[name].pop(key, None)
