"""A cache of all objects of one kind, filled in any order by watch events, LISTs and answers to the operator's writes.

The cache may be behind by any amount, and no decision relies on it alone (protocol: Where truth lives). It keeps
projections that callers make, never whole bodies: with 50,000 jobs, every field costs memory.
"""

from collections import deque
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from typing import Final, Generic, Protocol, TypeAlias, TypeVar

_TOMBSTONES: Final = 20_000
"""How many deleted UIDs are remembered. Their late events come within seconds, or within minutes after an outage. A
namespace that deletes more than that in the meantime forgets its own (_Graveyard)."""


class Item(Protocol):
    """What a store keeps: one version of one object, immutable."""

    @property
    def uid(self) -> str:
        """The object's identity: another object may get the same metadata.name later."""
        ...

    @property
    def resource_version(self) -> int:
        """Greater is newer (protocol: The store)."""
        ...


ItemT = TypeVar("ItemT", bound=Item)
Index: TypeAlias = Callable[[ItemT], Hashable | None]
"""Returns the key under which an item is found, None if it has no key. Equal items must have equal keys."""


class Store(Generic[ItemT]):
    """Items by UID and by the named `indexes`. A deleted object stays deleted: a late event does not bring it back."""

    def __init__(self, indexes: Mapping[str, Index[ItemT]] | None = None, *, tombstones: int = _TOMBSTONES) -> None:
        self._items: dict[str, ItemT] = {}
        self._indexes = {name: _Buckets(key_of) for name, key_of in (indexes or {}).items()}
        self._buried = _Graveyard(tombstones)

    def put(self, item: ItemT) -> bool:
        """Store this version. Return False, and store nothing, if it or a newer one is known or the UID is deleted."""
        if self.knows(item.uid, item.resource_version):
            return False
        self._replace(self._items.get(item.uid), item)
        return True

    def swap(self, old: ItemT, new: ItemT) -> bool:
        """Replace the item `old` by `new` without comparing versions: for the operator's own marks, made after a wait.

        Return False, and change nothing, if `old` is no longer the stored item.
        """
        if self._items.get(old.uid) is not old or new.uid != old.uid:
            return False
        self._replace(old, new)
        return True

    def remove(self, uid: str, namespace: str = "") -> ItemT | None:
        """The object is deleted. Return the item, None if there was none; a tombstone stays in both cases.

        The tombstone is one of `namespace`.
        """
        self._buried.add(uid, namespace)
        return self.drop(uid)

    def drop(self, uid: str) -> ItemT | None:
        """The object is of no concern now, but it may still exist, and come back. Return the item, if there was one."""
        item = self._items.pop(uid, None)
        if item is not None:
            for buckets in self._indexes.values():
                buckets.discard(item)
        return item

    def get(self, uid: str) -> ItemT | None:
        """The newest version known, or None."""
        return self._items.get(uid)

    def knows(self, uid: str, resource_version: int) -> bool:
        """Whether the store would reject this version. The check is cheap: call it before projecting an object."""
        known = self._items.get(uid)
        return uid in self._buried if known is None else known.resource_version >= resource_version

    def is_buried(self, uid: str) -> bool:
        """Whether the object is known to be deleted."""
        return uid in self._buried

    def by(self, index: str, key: Hashable) -> tuple[ItemT, ...]:
        """The items that have this key, in the order in which they got the key."""
        return tuple(self._items[uid] for uid in self._indexes[index].get(key))

    def missing(
        self, seen: Collection[str], list_version: int, scope: Callable[[ItemT], bool] | None = None
    ) -> list[ItemT]:
        """Items that a complete LIST did not show and that are older than the LIST: deleted, or out of its selector.

        `scope` limits the items to those that the LIST could show (for example one namespace). An item newer than the
        LIST was created or changed after it.
        """
        return [
            item
            for uid, item in self._items.items()
            if uid not in seen and item.resource_version < list_version and (scope is None or scope(item))
        ]

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, uid: object) -> bool:
        return uid in self._items

    def __iter__(self) -> Iterator[ItemT]:
        """All items as of now. Items may be put and removed during the iteration."""
        return iter(list(self._items.values()))

    def _replace(self, old: ItemT | None, new: ItemT) -> None:
        self._items[new.uid] = new
        for buckets in self._indexes.values():
            buckets.replace(old, new)


_FORGOTTEN_AT_ONCE: Final = 100
"""Which part of all tombstones is forgotten when there is no room for one more."""


class _Graveyard:
    """UIDs of deleted objects, at most `room`. When it is full, the namespaces with most of them forget their oldest.

    So a namespace that creates and deletes objects without end costs no other namespace its tombstones, unless that one
    has as many.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._uids: set[str] = set()
        self._by_namespace: dict[str, deque[str]] = {}

    def add(self, uid: str, namespace: str) -> None:
        if uid in self._uids:
            return
        self._uids.add(uid)
        self._by_namespace.setdefault(namespace, deque()).append(uid)
        if len(self._uids) > self._room:
            self._forget_some()

    def __contains__(self, uid: object) -> bool:
        return uid in self._uids

    def _forget_some(self) -> None:
        """Make room for some: to find the fullest namespaces for each one would cost a millisecond a deletion."""
        too_many = max(1, self._room // _FORGOTTEN_AT_ONCE)
        for namespace in sorted(self._by_namespace, key=lambda each: -len(self._by_namespace[each])):
            row = self._by_namespace[namespace]
            for _ in range(min(too_many, (len(row) + 1) // 2)):
                self._uids.remove(row.popleft())
                too_many -= 1
            if not row:
                del self._by_namespace[namespace]
            if not too_many:
                return


class _Buckets(Generic[ItemT]):
    """UIDs by key. Most keys have one item, and hold the bare UID: a dict for each key would cost 200 bytes."""

    __slots__ = ("_by_key", "_key_of")

    def __init__(self, key_of: Index[ItemT]) -> None:
        self._key_of = key_of
        self._by_key: dict[Hashable, str | dict[str, None]] = {}

    def get(self, key: Hashable) -> Collection[str]:
        held = self._by_key.get(key, ())
        return (held,) if isinstance(held, str) else held

    def replace(self, old: ItemT | None, new: ItemT) -> None:
        key = self._key_of(new)
        if old is not None:
            if self._key_of(old) == key:
                return
            self.discard(old)
        if key is None:
            return
        match self._by_key.get(key):
            case None:
                self._by_key[key] = new.uid
            case str(other):
                self._by_key[key] = {other: None, new.uid: None}
            case several:
                several[new.uid] = None

    def discard(self, item: ItemT) -> None:
        key = self._key_of(item)
        if key is None:
            return
        held = self._by_key[key]
        if isinstance(held, str):
            del self._by_key[key]
            return
        del held[item.uid]
        if len(held) == 1:
            self._by_key[key] = next(iter(held))
