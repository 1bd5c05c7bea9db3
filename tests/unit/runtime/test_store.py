import sys
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuedjob.runtime.store import Store


@dataclass(frozen=True, slots=True)
class Thing:
    uid: str
    resource_version: int
    owner: str | None = None
    namespace: str = "n"


def store_of(*things: Thing) -> Store[Thing]:
    store: Store[Thing] = Store({"owner": lambda thing: thing.owner})
    for thing in things:
        store.put(thing)
    return store


def uids(things: object) -> list[str]:
    assert isinstance(things, list | tuple)
    return [thing.uid for thing in things]


def test_a_newer_version_replaces_an_older_one() -> None:
    store = store_of(Thing("a", 9))
    assert store.put(Thing("a", 10))
    assert store.get("a") == Thing("a", 10)


@pytest.mark.parametrize("version", [8, 9])
def test_an_old_version_is_rejected(version: int) -> None:
    store = store_of(Thing("a", 9, owner="x"))
    assert store.knows("a", version)
    assert not store.put(Thing("a", version))
    assert store.get("a") == Thing("a", 9, owner="x")


def test_versions_are_numbers_not_text() -> None:
    store = store_of(Thing("a", 9))
    assert not store.knows("a", 10)


def test_a_late_event_does_not_bring_a_deleted_object_back() -> None:
    store = store_of(Thing("a", 9))
    assert store.remove("a") == Thing("a", 9)
    assert store.knows("a", 10)
    assert not store.put(Thing("a", 10))
    assert len(store) == 0


def test_an_object_never_seen_can_be_deleted_too() -> None:
    store = store_of()
    assert store.remove("a") is None
    assert not store.put(Thing("a", 1))


def test_the_oldest_tombstones_are_forgotten_first() -> None:
    store: Store[Thing] = Store(tombstones=2)
    for uid in ("a", "b", "a", "c"):
        store.remove(uid)
    assert not store.knows("a", 1)
    assert store.knows("b", 1)
    assert store.knows("c", 1)


def test_a_namespace_with_many_deletions_takes_no_tombstone_of_another() -> None:
    store: Store[Thing] = Store(tombstones=10)
    for uid in ("a", "b", "c"):
        store.remove(uid, "quiet")
    for n in range(100):
        store.remove(f"u{n}", "busy")
    assert [store.is_buried(uid) for uid in ("a", "b", "c")] == [True] * 3
    assert [n for n in range(100) if store.is_buried(f"u{n}")] == [*range(93, 100)]


def test_many_namespaces_with_one_tombstone_each_are_bounded_too() -> None:
    store: Store[Thing] = Store(tombstones=2)
    for uid in ("a", "b", "c"):
        store.remove(uid, f"of {uid}")
    assert [store.is_buried(uid) for uid in ("a", "b", "c")] == [False, True, True]


def test_some_room_is_made_at_once_and_half_of_a_namespace_is_kept() -> None:
    store: Store[Thing] = Store(tombstones=1000)
    for n in range(500):
        for namespace in ("one", "other"):
            store.remove(f"{namespace}{n}", namespace)
    store.remove("last", "third")
    left = [[store.is_buried(f"{namespace}{n}") for n in range(500)].count(True) for namespace in ("one", "other")]
    assert left == [490, 500]
    assert store.is_buried("last")


def test_items_are_found_by_index() -> None:
    store = store_of(Thing("a", 1, "x"), Thing("b", 2, "x"), Thing("c", 3, "y"), Thing("d", 4))
    assert uids(store.by("owner", "x")) == ["a", "b"]
    assert uids(store.by("owner", "y")) == ["c"]
    assert store.by("owner", "z") == ()
    assert store.by("owner", None) == ()


def test_an_index_follows_a_key_that_changes() -> None:
    store = store_of(Thing("a", 1, "x"), Thing("b", 2, "x"))
    store.put(Thing("a", 3, "y"))
    assert uids(store.by("owner", "x")) == ["b"]
    assert uids(store.by("owner", "y")) == ["a"]
    store.put(Thing("a", 4))
    assert store.by("owner", "y") == ()


def test_a_removed_item_leaves_the_index() -> None:
    store = store_of(Thing("a", 1, "x"), Thing("b", 2, "x"))
    store.remove("a")
    assert uids(store.by("owner", "x")) == ["b"]
    store.remove("b")
    assert store.by("owner", "x") == ()


def test_a_dropped_item_leaves_the_index_and_no_tombstone() -> None:
    store = store_of(Thing("a", 9, owner="x"))
    store.drop("a")
    assert store.by("owner", "x") == ()
    assert (store.is_buried("a"), store.put(Thing("a", 9, owner="y"))) == (False, True)
    store.remove("a")
    assert (store.is_buried("a"), store.put(Thing("a", 10))) == (True, False)


def test_a_mark_replaces_exactly_the_item_that_it_was_made_on() -> None:
    seen = Thing("a", 1, "x")
    store = store_of(seen)
    assert store.swap(seen, Thing("a", 1, "y"))
    assert uids(store.by("owner", "y")) == ["a"]


def test_a_mark_on_an_item_that_has_changed_since_is_dropped() -> None:
    seen = Thing("a", 1, "x")
    store = store_of(seen)
    store.put(Thing("a", 2, "x"))
    assert not store.swap(seen, Thing("a", 1, "y"))
    store.remove("a")
    assert not store.swap(Thing("a", 2, "x"), Thing("a", 2, "y"))
    assert len(store) == 0


def test_an_item_that_a_list_does_not_show_is_missing_only_if_it_is_older() -> None:
    store = store_of(Thing("a", 1), Thing("b", 2), Thing("c", 9))
    assert uids(store.missing({"a"}, 5)) == ["b"]
    assert len(store) == 3


def test_a_list_of_one_namespace_removes_no_items_of_other_namespaces() -> None:
    store = store_of(Thing("a", 1, namespace="n"), Thing("b", 2, namespace="m"))
    assert uids(store.missing(set(), 5, lambda thing: thing.namespace == "n")) == ["a"]


def test_items_may_be_put_and_removed_during_an_iteration() -> None:
    store = store_of(Thing("a", 1), Thing("b", 1))
    for thing in store:
        store.remove(thing.uid)
        store.put(Thing(f"{thing.uid}2", 1))
    assert sorted(uids(list(store))) == ["a2", "b2"]


def test_an_index_key_with_one_item_uses_no_container() -> None:
    store = store_of(*(Thing(f"u{n}", 1, f"k{n}") for n in range(1000)))
    for n in range(1000):
        store.put(Thing(f"second{n}", 1, f"k{n}"))
        store.remove(f"u{n}")
    held = store._indexes["owner"]._by_key.values()
    assert {sys.getsizeof(one) < 100 for one in held} == {True}


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["put", "remove"]),
        st.sampled_from(["a", "b", "c"]),
        st.integers(1, 9),
        st.sampled_from([None, "x", "y"]),
    )
)


@given(EVENTS)
def test_the_indexes_always_match_the_items(events: list[tuple[str, str, int, str | None]]) -> None:
    store = store_of()
    newest: dict[str, Thing] = {}
    dead: set[str] = set()
    for what, uid, version, owner in events:
        if what == "put":
            thing = Thing(uid, version, owner)
            store.put(thing)
            if uid not in dead and (uid not in newest or newest[uid].resource_version < version):
                newest[uid] = thing
        else:
            store.remove(uid)
            newest.pop(uid, None)
            dead.add(uid)
    assert {thing.uid: thing for thing in store} == newest
    for key in ("x", "y"):
        assert set(uids(store.by("owner", key))) == {t.uid for t in newest.values() if t.owner == key}
