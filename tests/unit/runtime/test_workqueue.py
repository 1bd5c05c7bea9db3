import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queuedjob.runtime.workqueue import WorkQueue
from tests.virtual_loop import SteadyRandom, VirtualClock, VirtualLoop, advance


class Bench:
    """A queue, a handler that takes `takes` seconds and then calls `then`, and records of what happened."""

    def __init__(self, *, takes: float = 1.0, slow_after: float = 2.0) -> None:
        self.clock = VirtualClock()
        self.start = self.clock.monotonic()
        self.takes = takes
        self.handled: list[tuple[str, float]] = []
        self.waited: list[float] = []
        self.crashes: list[tuple[str, str]] = []
        self.at_once = 0
        self.most_at_once = 0
        self.in_hand: set[str] = set()
        self.then: Callable[[str], None] = lambda _: None
        self.queue = WorkQueue(
            self.clock,
            SteadyRandom(1),
            namespace_of=lambda key: key.rpartition("/")[0],
            slow_after=slow_after,
            on_start=lambda _, waited: self.waited.append(round(waited, 3)),
            on_crash=lambda key, error: self.crashes.append((key, type(error).__name__)),
        )

    async def handle(self, key: str) -> None:
        assert key not in self.in_hand, "one key is never handled twice at a time"
        self.in_hand.add(key)
        self.most_at_once = max(self.most_at_once, len(self.in_hand))
        self.handled.append((key, round(self.clock.monotonic() - self.start, 3)))
        try:
            await advance(self.takes)
            self.then(key)
        finally:
            self.in_hand.discard(key)

    @asynccontextmanager
    async def running(self, workers: int = 1) -> AsyncIterator[WorkQueue]:
        task = asyncio.create_task(self.queue.run(self.handle, workers=workers))
        await asyncio.sleep(0)
        try:
            yield self.queue
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def keys(self) -> list[str]:
        return [key for key, _ in self.handled]


async def test_a_hanging_namespace_delays_another_ones_key_by_less_than_a_second() -> None:
    """One namespace behind a webhook that never answers: 100 calls of 17 s each, 16 workers."""
    bench = Bench(takes=17, slow_after=0.5)
    async with bench.running(workers=16) as queue:
        for n in range(100):
            queue.add(f"hangs/{n}")
        await advance(0.1)
        assert queue.active == 16
        for n in range(20):
            bench.handled.clear()
            queue.add(f"quiet {n}/a")
            queue.add(f"quiet {n}/b")
            await advance(0.7)
            quiet = [key for key, _ in bench.handled if key.startswith("quiet")]
            assert quiet == [f"quiet {n}/a", f"quiet {n}/b"]
            await advance(3)


async def test_slow_handlers_leave_their_workers_also_after_one_that_ended_at_once() -> None:
    handled: list[str] = []

    async def handle(key: str) -> None:
        if not key.startswith("quick"):
            await advance(10)
        handled.append(key)

    clock = VirtualClock()
    queue = WorkQueue(clock, SteadyRandom(), namespace_of=lambda key: key.partition("/")[0], slow_after=0.5)
    work = asyncio.create_task(queue.run(handle, workers=2))
    for key in ("red/1", "red/2", "red/3"):
        queue.add(key)
    await advance(1)
    queue.add("quick 1/a")  # red/3 waits for its namespace, and no handler holds a worker any more
    await advance(0.1)
    queue.add("blue/1")
    queue.add("green/1")
    await advance(0.1)
    queue.add("quick 2/a")
    await advance(1)
    assert handled == ["quick 1/a", "quick 2/a"]
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)


async def test_a_flood_of_one_namespace_delays_another_ones_key_by_one_turn() -> None:
    bench = Bench(takes=0.1)
    async with bench.running(workers=2) as queue:
        for n in range(1500):
            queue.add(f"flood/{n}")
        await advance(5)
        before = len(bench.handled)
        queue.add("quiet/1")
        await advance(0.3)
        assert bench.keys().index("quiet/1") - before <= 2


async def test_a_slow_key_is_handled_by_one_handler_however_often_it_is_added() -> None:
    bench = Bench(takes=5, slow_after=0.5)
    async with bench.running() as queue:
        queue.add("a/slow")
        queue.add("b/next")
        await advance(1)
        assert bench.keys() == ["a/slow", "b/next"]
        queue.add("a/slow")
        await advance(3)
        assert bench.keys() == ["a/slow", "b/next"]
        await advance(9)
    assert bench.keys() == ["a/slow", "b/next", "a/slow"]


async def test_one_namespace_has_a_bounded_number_of_slow_keys_and_all_are_handled_in_the_end() -> None:
    bench = Bench(takes=10, slow_after=0.5)
    async with bench.running(workers=3) as queue:
        for n in range(12):
            queue.add(f"hangs/{n}")
        await advance(9)
        assert (queue.active, queue.startable) == (3, 0)
        await advance(60)
    assert bench.keys() == [f"hangs/{n}" for n in range(12)]


async def test_draining_waits_for_slow_keys_too() -> None:
    bench = Bench(takes=5, slow_after=0.5)
    running = asyncio.create_task(bench.queue.run(bench.handle, workers=1))
    bench.queue.add("a/slow")
    bench.queue.add("b/next")
    bench.queue.add("c/never")
    await advance(0.8)
    await bench.queue.drain()
    await running
    assert bench.keys() == ["a/slow", "b/next"]
    assert bench.in_hand == set()


async def test_keys_are_handled_in_the_order_of_addition() -> None:
    bench = Bench()
    async with bench.running() as queue:
        for key in "cab":
            queue.add(key)
        await advance(10)
    assert bench.handled == [("c", 0), ("a", 1), ("b", 2)]
    assert bench.waited == [0, 1, 2]


async def test_keys_added_before_the_start_are_not_lost() -> None:
    bench = Bench()
    bench.queue.add("a")
    bench.queue.add_after("b", 3)
    async with bench.running():
        await advance(10)
    assert bench.handled == [("a", 0), ("b", 3)]


async def test_a_waiting_key_is_handled_once_however_often_it_is_added() -> None:
    bench = Bench()
    async with bench.running() as queue:
        queue.add("a")
        for _ in range(5):
            queue.add("b")
        assert len(queue) == 1
        await advance(10)
    assert bench.keys() == ["a", "b"]


async def test_an_active_key_that_is_added_again_is_handled_after_the_waiting_keys() -> None:
    bench = Bench()
    async with bench.running() as queue:
        queue.add("a")
        await advance(0.5)
        queue.add("a")
        queue.add("b")
        queue.add("a")
        await advance(10)
    assert bench.keys() == ["a", "b", "a"]


async def test_additions_before_seen_need_no_second_handling_and_later_ones_do() -> None:
    for late, handled in ((False, ["a"]), (True, ["a", "a"])):
        bench = Bench()

        def look(key: str, bench: Bench = bench, late: bool = late) -> None:  # noqa: FBT001 - bound, not called
            bench.queue.seen(key)
            if late and len(bench.handled) == 1:
                bench.queue.add(key)

        bench.then = look
        async with bench.running() as queue:
            queue.add("a")
            await advance(0.5)
            queue.add("a")
            await advance(10)
        assert bench.keys() == handled


async def test_seen_does_not_drop_a_key_that_still_waits() -> None:
    bench = Bench()
    bench.queue.add("a")
    bench.queue.seen("a")
    async with bench.running():
        await advance(10)
    assert bench.keys() == ["a"]


async def test_a_slow_key_blocks_no_other_key_while_there_are_workers() -> None:
    bench = Bench()
    async with bench.running(workers=3) as queue:
        for key in "abcd":
            queue.add(key)
        await advance(10)
    assert bench.handled == [("a", 0), ("b", 0), ("c", 0), ("d", 1)]
    assert bench.most_at_once == 3


async def test_a_key_waits_for_its_time() -> None:
    bench = Bench()
    async with bench.running(workers=9) as queue:
        queue.add_after("late", 50)
        queue.add_after("early", 5)
        queue.add_at("in between", bench.start + 20)
        await advance(100)
    assert bench.handled == [("early", 5), ("in between", 20), ("late", 50)]


async def test_the_earliest_of_several_times_wins() -> None:
    bench = Bench()
    async with bench.running() as queue:
        queue.add_after("a", 50)
        queue.add_after("a", 5)
        queue.add_after("a", 20)
        await advance(100)
    assert bench.handled == [("a", 5)]


async def test_handling_a_key_drops_its_wait() -> None:
    bench = Bench()
    async with bench.running() as queue:
        queue.add_after("a", 50)
        queue.add("a")
        await advance(100)
    assert bench.handled == [("a", 0)]


async def test_a_wait_that_the_handler_asks_for_is_kept() -> None:
    bench = Bench()
    bench.then = lambda key: bench.queue.add_after(key, 9) if len(bench.handled) < 3 else None
    async with bench.running() as queue:
        queue.add("a")
        await advance(100)
    assert bench.handled == [("a", 0), ("a", 10), ("a", 20)]


async def test_timers_that_were_overtaken_do_not_pile_up() -> None:
    bench = Bench(takes=0)
    async with bench.running() as queue:
        for _ in range(5000):
            queue.add_after("a", 86400)
            queue.add("a")
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        assert len(bench.handled) > 2000
        assert len(queue._timers) < 1100


async def test_a_failed_key_is_retried_with_a_growing_backoff() -> None:
    bench = Bench(takes=0)
    bench.then = bench.queue.retry
    async with bench.running() as queue:
        queue.add("a")
        await advance(60)
    moments = [moment for _, moment in bench.handled]
    gaps = [round(later - earlier, 2) for earlier, later in pairwise(moments)]
    assert gaps == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6]
    await bench.clock.sleep(1)


async def test_a_success_resets_the_backoff_of_a_key() -> None:
    bench = Bench(takes=0)
    bench.then = lambda key: bench.queue.retry(key) if len(bench.handled) in {1, 2, 4} else None
    async with bench.running() as queue:
        queue.add("a")
        await advance(5)
        queue.add("a")
        await advance(5)
    moments = [moment for _, moment in bench.handled]
    gaps = [round(later - earlier, 1) for earlier, later in pairwise(moments)]
    assert gaps == [0.1, 0.2, 4.7, 0.1]


async def test_a_handler_that_crashes_loses_neither_its_key_nor_the_others() -> None:
    bench = Bench()

    def crash(key: str) -> None:
        if key == "bad" and len(bench.crashes) < 2:
            raise KeyError(key)

    bench.then = crash
    async with bench.running() as queue:
        queue.add("bad")
        queue.add("good")
        await advance(10)
    assert bench.crashes == [("bad", "KeyError")] * 2
    assert bench.handled == [("bad", 0), ("good", 1), ("bad", 2), ("bad", 3.2)]


async def test_an_unexpected_cancellation_counts_as_a_crash() -> None:
    bench = Bench()

    def cancelled(_key: str) -> None:
        if len(bench.handled) < 2:
            raise asyncio.CancelledError

    bench.then = cancelled
    async with bench.running() as queue:
        queue.add("a")
        await advance(10)
    assert bench.crashes == [("a", "CancelledError")]
    assert bench.keys() == ["a", "a"]


async def test_draining_finishes_active_keys_and_starts_no_more() -> None:
    bench = Bench()
    running = asyncio.create_task(bench.queue.run(bench.handle, workers=2))
    for key in "abc":
        bench.queue.add(key)
    bench.queue.add_after("d", 0.1)
    await advance(0.5)
    await bench.queue.drain()
    await running
    bench.queue.add("e")
    await advance(10)
    assert bench.handled == [("a", 0), ("b", 0)]
    assert bench.in_hand == set()
    assert bench.crashes == []


async def test_stopping_cancels_active_keys_and_is_no_crash() -> None:
    bench = Bench()
    async with bench.running(workers=2) as queue:
        queue.add("a")
        queue.add_after("b", 0.1)
        await advance(0.05)
        assert queue.active == 1
    assert bench.in_hand == set()
    assert bench.crashes == []
    await advance(10)
    assert bench.keys() == ["a"]


async def test_stopping_waits_for_handlers_that_clean_up() -> None:
    bench = Bench()
    cleaned = []

    async def handle(key: str) -> None:
        try:
            await advance(100)
        finally:
            await advance(1)
            cleaned.append(key)

    running = asyncio.create_task(bench.queue.run(handle, workers=1))
    bench.queue.add("a")
    await advance(1)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert cleaned == ["a"]


async def test_many_waiting_keys_use_one_timer() -> None:
    bench = Bench()
    async with bench.running() as queue:
        for n in range(100):
            queue.add_after(f"k{n}", 1000 - n)
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert sum(task.get_name() == "workqueue timer" for task in asyncio.all_tasks()) == 1


STEPS = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.sampled_from(["add", "later", "retry"]),
        st.floats(0, 5),
        st.sampled_from(["well", "crash", "again"]),
    ),
    max_size=30,
)


@settings(deadline=None)
@given(steps=STEPS, workers=st.integers(1, 3))
def test_every_key_is_handled_after_its_last_addition(steps: list[tuple[str, str, float, str]], workers: int) -> None:
    async def scenario() -> None:
        bench = Bench(takes=0.3)
        ends = {key: end for key, _, _, end in steps}
        left = dict.fromkeys("abc", 3)

        def then(key: str) -> None:
            if left[key]:
                left[key] -= 1
                if ends[key] == "crash":
                    raise RuntimeError
                if ends[key] == "again":
                    bench.queue.retry(key)

        bench.then = then
        asked: dict[str, float] = {}
        async with bench.running(workers) as queue:
            for key, what, seconds, _ in steps:
                if what == "add":
                    queue.add(key)
                elif what == "later":
                    queue.add_after(key, seconds)
                else:
                    queue.retry(key)
                asked[key] = round(bench.clock.monotonic() - bench.start, 3)
                await advance(seconds / 4)
            await advance(200)
            assert (len(queue), queue.active) == (0, 0)
        for key, moment in asked.items():
            assert any(handled >= moment for which, handled in bench.handled if which == key)

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(scenario())


@pytest.mark.parametrize("number", [2000])
async def test_a_backlog_is_handled_completely(number: int) -> None:
    bench = Bench(takes=0)
    async with bench.running(workers=8) as queue:
        for n in range(number):
            queue.add_after(f"k{n}", n % 7)
        await advance(10)
    assert sorted(bench.keys()) == sorted(f"k{n}" for n in range(number))
