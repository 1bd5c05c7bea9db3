import pytest

from dev.cluster import waiting
from dev.cluster.errors import ClusterError
from dev.cluster.waiting import tries, until


class Clock:
    """A clock that moves only by pauses."""

    def __init__(self) -> None:
        self.now = 100.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(waiting, "time", clock)
    return clock


def test_pauses_grow_and_the_last_try_comes_when_time_is_over(clock: Clock) -> None:
    looks = [clock.now for _ in tries(2.0)]

    assert looks[0] == 100.0
    assert looks[-2] < 102.0 <= looks[-1]
    assert clock.pauses == sorted(clock.pauses)
    assert clock.pauses[0] == 0.02
    assert clock.pauses[-1] == 0.25


def test_there_is_one_try_even_without_time(clock: Clock) -> None:
    assert len(list(tries(0.0))) == 1
    assert not clock.pauses


def test_a_wait_ends_with_the_first_look_that_misses_nothing(clock: Clock) -> None:
    answers = iter(["NotReady", None])

    until("the node", lambda: next(answers))

    assert clock.pauses == [0.02]


def test_a_wait_that_fails_says_what_was_seen_instead() -> None:
    with pytest.raises(ClusterError, match=r"(?s)the node: not within 0 s. Seen instead: NotReady.*last words"):
        until("the node", lambda: "NotReady", deadline=0.0, context=lambda: "last words")
