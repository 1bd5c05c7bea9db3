from hypothesis import given
from hypothesis import strategies as st

from queuedjob.telemetry.cardinality import OTHER, Bounded, SharedNames
from queuedjob.telemetry.fair_share import FairShare

WORDS = st.text("abcdef", min_size=1, max_size=2)
HOUR = 3600.0


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        raise AssertionError("nothing here reads the wall clock")

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(f"nothing here sleeps, least of all {seconds} s")


class Shared:
    """A FairShare, and the values that lost their places."""

    def __init__(self, limit: int) -> None:
        self.clock = Clock()
        self.lost: list[str] = []
        self.share = FairShare[str](self.clock, limit, self.lost.append)

    def uses(self, namespace: str, *values: str) -> list[bool]:
        self.clock.now += 1
        return [self.share.admits(namespace, value) for value in values]


def test_words_within_the_bound_pass_and_later_ones_become_other() -> None:
    bounded = Bounded(2)
    assert [bounded(x) for x in ("a", "b", "c", "a", "d", "b")] == ["a", "b", OTHER, "a", OTHER, "b"]


@given(st.lists(WORDS), st.integers(min_value=0, max_value=5))
def test_the_number_of_words_is_at_most_the_bound_plus_other(values: list[str], limit: int) -> None:
    bounded = Bounded(limit)
    assert len({bounded(x) for x in values} - {OTHER}) <= limit


def test_a_namespace_alone_takes_all_places_and_then_no_more() -> None:
    it = Shared(3)
    assert it.uses("a", "1", "2", "3", "4", "1", "5") == [True, True, True, False, True, False]
    assert it.lost == []


def test_a_namespace_with_fewer_values_takes_the_place_that_was_used_longest_ago() -> None:
    it = Shared(4)
    it.uses("loud", "1", "2", "3", "4")
    it.uses("loud", "1")
    assert it.uses("quiet", "q1", "q2", "q3") == [True, True, False]
    assert it.lost == ["2", "3"]
    assert it.uses("loud", "2", "5") == [False, False], "both have two: nobody takes from the other"


def test_a_value_out_of_use_gives_its_place_up() -> None:
    it = Shared(2)
    it.uses("a", "1", "2")
    it.clock.now += HOUR - 10
    assert it.uses("a", "1", "3") == [True, False]
    it.clock.now += 10
    assert it.uses("a", "3") == [True]
    assert it.lost == ["2"]


def test_a_value_that_two_namespaces_use_counts_for_the_one_with_fewer() -> None:
    it = Shared(4)
    it.uses("loud", "shared", "1", "2", "3")
    it.uses("quiet", "shared")
    it.uses("third", "t1", "t2")
    assert "shared" not in it.lost
    assert it.uses("quiet", "shared") == [True]


USES = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 30).map(str), st.floats(0, HOUR / 2)), max_size=150)


@given(uses=USES, limit=st.integers(3, 8))
def test_a_namespace_always_gets_its_share_of_the_places(uses: list[tuple[str, str, float]], limit: int) -> None:
    """A fourth namespace is shown with a quarter of the places, whatever the other three have used before."""
    it = Shared(limit)
    for namespace, value, seconds in uses:
        it.share.admits(namespace, f"{namespace}/{value}")
        it.clock.now += seconds
    mine = [f"quiet/{n}" for n in range(limit // 4)]
    assert all(it.uses("quiet", *mine))
    assert len(it.share._places) <= limit
    assert sum(it.share._held.values()) == len(it.share._places)


def names(queues: int, pairs: int) -> tuple[SharedNames, list[object]]:
    lost: list[object] = []
    made = SharedNames(
        Clock(), queues=queues, pairs=pairs, on_queue_lost=lost.append, on_pair_lost=lambda *pair: lost.append(pair)
    )
    return made, lost


def test_a_pair_above_its_bound_keeps_its_queue() -> None:
    it, _ = names(10, 2)
    pairs = [("q1", "t1"), ("q2", "t1"), ("q1", "t2"), ("q1", "t1")]
    assert [it.pair("n", *pair) for pair in pairs] == [("q1", "t1"), ("q2", "t1"), ("q1", OTHER), ("q1", "t1")]


def test_a_pair_above_the_bound_of_queues_becomes_other_in_both_values() -> None:
    it, _ = names(1, 10)
    assert [it.pair("n", *pair) for pair in [("q1", "t1"), ("q2", "t1")]] == [("q1", "t1"), (OTHER, OTHER)]


def test_a_queue_that_loses_its_place_loses_its_pairs() -> None:
    it, lost = names(2, 10)
    it.pair("loud", "q1", "t1")
    it.pair("loud", "q1", "t2")
    it.queue("loud", "q2")
    assert it.pair("quiet", "q3", "t1") == ("q3", "t1")
    assert sorted(map(str, lost)) == ["('q1', 't1')", "('q1', 't2')", "q1"]
    assert not it.shows("q1")


@given(
    st.lists(st.tuples(st.sampled_from("xyz"), WORDS, WORDS)),
    st.integers(min_value=0, max_value=5),
    st.integers(min_value=0, max_value=9),
)
def test_the_number_of_pairs_is_within_both_bounds(uses: list[tuple[str, str, str]], outer: int, limit: int) -> None:
    it, lost = names(outer, limit)
    shown: set[tuple[str, str]] = set()
    for use in uses:
        pair = it.pair(*use)
        shown -= {gone for gone in lost if isinstance(gone, tuple)}
        if OTHER not in pair:
            shown.add(pair)
            lost[:] = [gone for gone in lost if gone != pair]
        assert len(shown) <= limit
        assert len({queue for queue, _ in shown}) <= outer
