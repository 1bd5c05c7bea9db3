from hypothesis import given
from hypothesis import strategies as st

from dev.chaos.faults import RHYTHMS, Kind, schedule

SEEDS = st.integers(0, 10**6)


@given(SEEDS, st.floats(0, 4000))
def test_a_seed_gives_the_same_faults_every_time(seed: int, length: float) -> None:
    assert schedule(seed, length) == schedule(seed, length)


@given(SEEDS)
def test_three_minutes_hold_every_kind_of_fault(seed: int) -> None:
    assert {fault.kind for fault in schedule(seed, 180)} == set(Kind)


@given(SEEDS, st.floats(0, 2000))
def test_a_longer_run_begins_like_a_shorter_one(seed: int, length: float) -> None:
    assert [fault for fault in schedule(seed, 2 * length) if fault.at < length] == schedule(seed, length)


@given(SEEDS, st.floats(0, 2000))
def test_faults_come_in_time_and_last_as_long_as_their_kind_may(seed: int, length: float) -> None:
    for fault in schedule(seed, length):
        assert 0 <= fault.at < length
        assert RHYTHMS[fault.kind].shortest <= fault.seconds <= RHYTHMS[fault.kind].longest


def test_seeds_differ() -> None:
    assert schedule(1, 180) != schedule(2, 180)
