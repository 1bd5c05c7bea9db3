from hypothesis import given
from hypothesis import strategies as st

from queuedjob.telemetry.cardinality import OTHER, Bounded, BoundedWithin

WORDS = st.text("abcdef", min_size=1, max_size=2)


def test_values_within_the_bound_pass_and_later_ones_become_other() -> None:
    bounded = Bounded(2)
    assert [bounded(x) for x in ("a", "b", "c", "a", "d", "b")] == ["a", "b", OTHER, "a", OTHER, "b"]


@given(st.lists(WORDS), st.integers(min_value=0, max_value=5))
def test_the_number_of_values_is_at_most_the_bound_plus_other(values: list[str], limit: int) -> None:
    bounded = Bounded(limit)
    assert len({bounded(x) for x in values} - {OTHER}) <= limit


@given(st.lists(WORDS), st.integers(min_value=0, max_value=5))
def test_a_value_keeps_its_name_for_ever(values: list[str], limit: int) -> None:
    bounded = Bounded(limit)
    first = {x: bounded(x) for x in dict.fromkeys(values)}
    assert {x: bounded(x) for x in reversed(values)} == first


def test_a_pair_above_the_inner_bound_keeps_its_outer_value() -> None:
    bounded = BoundedWithin(Bounded(10), 2)
    pairs = [("q1", "t1"), ("q2", "t1"), ("q1", "t2"), ("q1", "t1")]
    assert [bounded(*pair) for pair in pairs] == [("q1", "t1"), ("q2", "t1"), ("q1", OTHER), ("q1", "t1")]


def test_a_pair_above_the_outer_bound_becomes_other_in_both_values() -> None:
    bounded = BoundedWithin(Bounded(1), 10)
    assert [bounded(*pair) for pair in [("q1", "t1"), ("q2", "t1")]] == [("q1", "t1"), (OTHER, OTHER)]


@given(st.lists(st.tuples(WORDS, WORDS)), st.integers(min_value=0, max_value=5), st.integers(min_value=0, max_value=9))
def test_the_number_of_pairs_is_within_both_bounds(pairs: list[tuple[str, str]], outer: int, limit: int) -> None:
    bounded = BoundedWithin(Bounded(outer), limit)
    seen = {bounded(*pair) for pair in pairs}
    assert len([pair for pair in seen if OTHER not in pair]) <= limit
    assert len({queue for queue, _ in seen} - {OTHER}) <= outer
