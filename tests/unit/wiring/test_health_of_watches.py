from queuedjob.controllers.namespaces import Namespaces
from queuedjob.health import Health
from queuedjob.runtime.pacing import Gate
from queuedjob.runtime.workqueue import WorkQueue
from queuedjob.watches import Watches
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


class Watched:
    """A health, and the watches that it tells of."""

    def __init__(self, *namespaces: str) -> None:
        self.clock = SetClock()
        self.namespaces = Namespaces(namespaces, lambda *_args, **_served: None)
        self.watches = Watches(self.clock, self.namespaces)
        self.watches.expect(["queuedjobs", "pods"])
        random = SteadyRandom()
        queue = WorkQueue(self.clock, random, namespace_of=lambda key: key)
        self.health = Health(self.clock, Gate(self.clock, random), lambda: queue, self.watches.ages, lambda: True)
        self.health.started = True

    def hear_all(self) -> None:
        for kind in ("queuedjobs", "pods"):
            for namespace in self.namespaces.all:
                self.watches.heard(kind, namespace)

    @property
    def problems(self) -> list[str]:
        return [problem for problem in self.health.readiness_problems() if "watch" in problem]


async def test_a_watch_that_brings_nothing_for_two_bookmarks_makes_the_operator_unready() -> None:
    it = Watched()
    it.clock.now += 140
    it.watches.heard("pods", None)
    assert it.problems == []
    it.clock.now += 20
    assert it.problems == ["the watch of queuedjobs has brought nothing for 160 s"]
    it.watches.heard("queuedjobs", None)
    assert it.problems == []


async def test_a_dead_watch_of_one_namespace_is_not_hidden_by_the_watches_of_others() -> None:
    it = Watched("a", "b")
    it.clock.now += 160
    it.watches.heard("pods", "a")
    it.watches.heard("pods", "b")
    it.watches.heard("queuedjobs", "a")
    assert it.problems == ["the watch of queuedjobs has brought nothing for 160 s"]
    assert it.watches.ages() == {"pods": 0.0, "queuedjobs": 160.0}


async def test_a_namespace_that_refuses_the_operator_makes_no_watch_old() -> None:
    it = Watched("a", "b")
    it.namespaces.lose("b", "403")
    it.clock.now += 160
    it.watches.heard("pods", "a")
    it.watches.heard("queuedjobs", "a")
    assert it.problems == []
    it.watches.expect_again("b")
    it.namespaces.regain("b")
    assert it.problems == []
    it.clock.now += 151
    it.watches.heard("pods", "a")
    it.watches.heard("pods", "b")
    it.watches.heard("queuedjobs", "a")
    assert it.problems == ["the watch of queuedjobs has brought nothing for 151 s"]


async def test_what_was_heard_earlier_makes_no_watch_older() -> None:
    it = Watched()
    it.clock.now += 140
    it.hear_all()
    it.watches.heard("pods", None, -float("inf"))
    it.clock.now += 140
    assert it.problems == []


async def test_a_watch_that_ends_again_and_again_makes_the_operator_unready() -> None:
    it = Watched()
    for _ in range(2):
        it.health.watch_ended()
        it.clock.now += 10
    assert it.problems == []
    it.health.watch_ended()
    assert it.problems == ["the watch of our kinds ended 3 times in 20 s"]
    it.clock.now += 140
    it.hear_all()
    assert it.problems == []
