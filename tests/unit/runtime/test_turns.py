"""Whose key is next. Keys are written NAMESPACE/NAME."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuedjob.runtime.turns import Turns


def turns(workers: int, *keys: str) -> Turns:
    made = Turns()
    made.workers = workers
    for key in keys:
        made.add(home(key), key)
    return made


def home(key: str) -> str:
    return key.split("/", 1)[0]


def taken(turns: Turns) -> list[str]:
    """All keys that start now."""
    keys = []
    while (key := turns.take()) is not None:
        keys.append(key)
    return keys


@pytest.mark.parametrize(
    ("workers", "waiting", "starts"),
    [
        pytest.param(1, ("a/1", "a/2", "b/1"), ["a/1"], id="one worker takes one key"),
        pytest.param(4, ("a/1", "a/2", "b/1"), ["a/1", "b/1", "a/2"], id="namespaces take turns"),
        pytest.param(
            3, ("a/1", "a/2", "a/3", "b/1"), ["a/1", "b/1", "a/2"], id="the first namespace is not served twice"
        ),
        pytest.param(2, ("a/1", "a/2", "a/3"), ["a/1", "a/2"], id="alone, a namespace takes all workers"),
        pytest.param(
            4, ("a/1", "a/2", "a/3", "b/1", "b/2", "b/3"), ["a/1", "b/1", "a/2", "b/2"], id="two share the workers"
        ),
        pytest.param(0, ("a/1",), [], id="nothing starts before the queue runs"),
    ],
)
def test_namespaces_take_turns(workers: int, waiting: tuple[str, ...], starts: list[str]) -> None:
    assert taken(turns(workers, *waiting)) == starts


def test_a_namespace_that_holds_half_of_the_workers_waits_while_another_could_start() -> None:
    these = turns(4, "a/1", "a/2", "a/3")
    assert [these.take(), these.take()] == ["a/1", "a/2"]
    these.add("b", "b/1")
    these.add("b", "b/2")
    assert taken(these) == ["b/1", "b/2"]


def test_a_slow_handler_leaves_its_worker_to_the_next_key() -> None:
    these = turns(1, "a/1", "b/1")
    assert taken(these) == ["a/1"]
    these.slow("a")
    assert taken(these) == ["b/1"]


def test_a_namespace_has_no_more_active_keys_than_there_are_workers() -> None:
    these = turns(2, *(f"a/{n}" for n in range(9)))
    started = []
    while batch := taken(these):
        started += batch
        for _ in batch:
            these.slow("a")
    assert len(started) == 2
    assert these.startable == 0
    these.ended("a", slow=True)
    assert taken(these) == ["a/2"]


def test_while_many_handlers_are_slow_a_namespace_without_any_still_starts() -> None:
    these = turns(2)
    for name in "abc":
        for n in range(4):
            these.add(name, f"{name}/{n}")
    while batch := taken(these):
        for key in batch:
            these.slow(home(key))
    these.add("quiet", "quiet/1")
    assert these.startable == 1
    assert taken(these) == ["quiet/1"]


def test_the_number_of_active_keys_is_bounded_whatever_is_slow() -> None:
    these = turns(1, *(f"n{n}/1" for n in range(100)))
    started = 0
    while batch := taken(these):
        started += len(batch)
        for key in batch:
            these.slow(home(key))
    assert started == these.most_active == 8


ACTS = st.lists(st.sampled_from(["add flood", "add other", "take", "slow", "end"]), max_size=200)


@given(acts=ACTS, workers=st.integers(2, 8))
def test_each_other_namespace_overtakes_a_quiet_one_once_at_most(acts: list[str], workers: int) -> None:
    """Whatever the others have waiting, active and slow."""
    these, active = turns(workers), list[tuple[str, bool]]()
    for number, act in enumerate(acts):
        if act.startswith("add"):
            these.add(act[4:], f"{act[4:]}/{number}")
        elif act == "take" and (key := these.take()) is not None:
            active.append((home(key), False))
        elif act == "slow" and ("flood", False) in active:
            active[active.index(("flood", False))] = ("flood", True)
            these.slow("flood")
        elif act == "end" and active:
            namespace, slow = active.pop(0)
            these.ended(namespace, slow=slow)
    these.add("quiet", "quiet/1")
    overtaken = 0
    while (key := these.take()) != "quiet/1":
        if key is not None:
            active.append((home(key), False))
            overtaken += 1
        else:
            namespace, slow = active.pop(0)
            these.ended(namespace, slow=slow)
    assert overtaken <= 2
