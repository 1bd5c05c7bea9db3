from queuedjob.health import Health
from queuedjob.runtime.pacing import Gate
from queuedjob.runtime.workqueue import WorkQueue
from tests.virtual_loop import SteadyRandom


class SetClock:
    """A clock that stands until the test moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        raise AssertionError("health reads no wall clock")

    async def sleep(self, _seconds: float) -> None:
        raise AssertionError("health does not sleep")


def a_health(clock: SetClock) -> Health:
    random = SteadyRandom()
    queue = WorkQueue(clock, random, namespace_of=lambda key: key)
    health = Health(clock, Gate(clock, random), queue, lambda: True)
    health.started = True
    health.expect_watches(["queuedjobs", "pods"])
    return health


def watch_problems(health: Health) -> list[str]:
    return [problem for problem in health.readiness_problems() if "watch" in problem]


async def test_a_watch_that_brings_nothing_for_two_bookmarks_makes_the_operator_unready() -> None:
    clock = SetClock()
    health = a_health(clock)
    clock.now += 140
    health.watch_heard("pods", clock.now)
    assert watch_problems(health) == []
    clock.now += 20
    assert watch_problems(health) == ["the watch of queuedjobs has brought nothing for 160 s"]
    health.watch_heard("queuedjobs", clock.now)
    assert watch_problems(health) == []


async def test_what_was_heard_earlier_makes_no_watch_older() -> None:
    clock = SetClock()
    health = a_health(clock)
    clock.now += 140
    for kind in ("queuedjobs", "pods"):
        health.watch_heard(kind, clock.now)
    health.watch_heard("pods", -float("inf"))
    clock.now += 140
    assert watch_problems(health) == []


async def test_a_watch_that_ends_again_and_again_makes_the_operator_unready() -> None:
    clock = SetClock()
    health = a_health(clock)
    for _ in range(2):
        health.watch_ended()
        clock.now += 10
    assert watch_problems(health) == []
    health.watch_ended()
    assert watch_problems(health) == ["the watch of our kinds ended 3 times in 20 s"]
    clock.now += 140
    health.watch_heard("pods", clock.now)
    health.watch_heard("queuedjobs", clock.now)
    assert watch_problems(health) == []
