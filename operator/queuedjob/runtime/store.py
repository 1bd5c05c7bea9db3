"""A cache of all objects of one kind, fed by watch events, listings and our own writes' answers, in any order.

It is behind by any amount, and nothing is decided by it alone (protocol: Where truth lives). It keeps what callers
project, never whole bodies: with 50,000 jobs, every field counts.
"""

from collections import deque
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from typing import Final, Generic, Protocol, TypeAlias, TypeVar

_TOMBSTONES: Final = 20_000
"""How many deleted UIDs are remembered; their late events come within seconds, or minutes after an outage."""


class Item(Protocol):
    """What a store keeps: immutable, one version of one object."""

    @property
    def uid(self) -> str:
        """The object's name for ever: the metadata.name may come back as another object."""
        ...

    @property
    def resource_version(self) -> int:
        """Greater is newer (protocol: The store)."""
        ...


ItemT = TypeVar("ItemT", bound=Item)
Index: TypeAlias = Callable[[ItemT], Hashable | None]
"""The key under which an item is found, None where it has none. Equal items, equal keys."""


class Store(Generic[ItemT]):
    """Items by UID and by the named `indexes`. A deleted object stays deleted: a late event does not raise the dead."""

    def __init__(self, indexes: Mapping[str, Index[ItemT]] | None = None, *, tombstones: int = _TOMBSTONES) -> None:
        self._items: dict[str, ItemT] = {}
        self._indexes = {name: _Buckets(key_of) for name, key_of in (indexes or {}).items()}
        self._buried: set[str] = set()
        self._burials: deque[str] = deque()
        self._tombstones = tombstones

    def put(self, item: ItemT) -> bool:
        """Take in this version, unless it or a newer one is known, or the object is deleted: False then."""
        if self.knows(item.uid, item.resource_version):
            return False
        self._replace(self._items.get(item.uid), item)
        return True

    def swap(self, old: ItemT, new: ItemT) -> bool:
        """Put `new` in the place of this very `old`, of whatever version: for marks of our own, made after a wait.

        False, and nothing done, where something else has come in the meantime.
        """
        if self._items.get(old.uid) is not old or new.uid != old.uid:
            return False
        self._replace(old, new)
        return True

    def remove(self, uid: str) -> ItemT | None:
        """The object is deleted. Returns what was known of it; a tombstone stays even where that is nothing."""
        if uid not in self._buried:
            self._buried.add(uid)
            self._burials.append(uid)
            if len(self._burials) > self._tombstones:
                self._buried.remove(self._burials.popleft())
        item = self._items.pop(uid, None)
        if item is not None:
            for buckets in self._indexes.values():
                buckets.discard(item)
        return item

    def get(self, uid: str) -> ItemT | None:
        """The newest version known."""
        return self._items.get(uid)

    def knows(self, uid: str, resource_version: int) -> bool:
        """Whether this version would be no news: cheap, asked before an object is projected."""
        known = self._items.get(uid)
        return uid in self._buried if known is None else known.resource_version >= resource_version

    def by(self, index: str, key: Hashable) -> tuple[ItemT, ...]:
        """The items that have this key, in the order in which they got it."""
        return tuple(self._items[uid] for uid in self._indexes[index].get(key))

    def missing(
        self, seen: Collection[str], list_version: int, scope: Callable[[ItemT], bool] | None = None
    ) -> list[ItemT]:
        """What a whole LIST did not show and is older than it: deleted, or out of its selector.

        `scope` tells what the LIST could have shown (a namespace's, say). What is newer than the LIST came after it.
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
        """All items as of now; putting and removing meanwhile is allowed."""
        return iter(list(self._items.values()))

    def _replace(self, old: ItemT | None, new: ItemT) -> None:
        self._items[new.uid] = new
        for buckets in self._indexes.values():
            buckets.replace(old, new)


class _Buckets(Generic[ItemT]):
    """UIDs by key. A key of one item, which most are, holds the bare UID: a dict of its own would cost 200 bytes."""

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
