import asyncio
import contextvars
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tests.simulation.loop import OWNER, NothingCanHappen, SimulatedLoop
from tests.simulation.rng import Rng


def a_loop(seed: str = "0") -> SimulatedLoop:
    return SimulatedLoop(Rng(seed).below)


def spawn(loop: SimulatedLoop, work: Coroutine[Any, Any, None], owner: str = "") -> asyncio.Task[None]:
    context = contextvars.Context()
    context.run(OWNER.set, owner)
    return context.run(loop.create_task, work)


def order_of_three(seed: str) -> list[int]:
    loop, order = a_loop(seed), list[int]()
    for number in range(3):
        loop.call_soon(order.append, number)
    loop.run_while(lambda: len(order) < 3)
    return order


def test_whatever_is_due_may_be_next_and_one_seed_says_what() -> None:
    orders = [order_of_three(str(seed)) for seed in range(100)]
    assert len({tuple(order) for order in orders}) == 6
    assert orders == [order_of_three(str(seed)) for seed in range(100)]


def test_time_jumps_to_what_comes_next() -> None:
    loop, began = a_loop(), a_loop().time()
    fired: list[float] = []
    loop.call_later(1000, lambda: fired.append(loop.time()))
    loop.call_later(10, lambda: fired.append(loop.time()))
    loop.run_while(lambda: len(fired) < 2)
    assert fired == [pytest.approx(began + 10, abs=0.01), pytest.approx(began + 1000, abs=0.01)]


def test_a_cancelled_timer_is_not_waited_for() -> None:
    loop, began, fired = a_loop(), a_loop().time(), list[bool]()
    loop.call_later(500, lambda: None).cancel()
    loop.call_soon(fired.append, True)  # noqa: FBT003 - a mark
    loop.run_while(lambda: not fired)
    with pytest.raises(NothingCanHappen):
        loop.run_while(lambda: True)
    assert loop.time() < began + 1


def test_timeouts_of_asyncio_run_in_simulated_time() -> None:
    loop, ended = a_loop(), list[float]()

    async def impatient() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(7):
                await asyncio.Event().wait()
        ended.append(loop.time())

    began = loop.time()
    spawn(loop, impatient())
    loop.run_while(lambda: not ended)
    assert ended == [pytest.approx(began + 7, abs=0.01)]


def test_a_buried_process_does_nothing_more_and_others_go_on() -> None:
    loop, done = a_loop(), list[str]()

    async def work(name: str, seconds: float) -> None:
        try:
            await asyncio.sleep(seconds)
            done.append(name)
        finally:
            done.append(f"end of {name}")

    spawn(loop, work("dead", 5), "operator 1")
    spawn(loop, work("living", 5), "operator 2")
    loop.call_later(1, loop.bury, "operator 1")
    loop.run_while(lambda: "end of living" not in done)
    assert done == ["end of dead", "living", "end of living"]


def test_a_task_that_will_not_end_is_told() -> None:
    loop = a_loop()

    async def stubborn() -> None:
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                continue

    spawn(loop, stubborn(), "operator 1")
    loop.call_later(1, loop.bury, "operator 1")
    with pytest.raises(AssertionError, match="operator 1 does not end"):
        loop.run_while(lambda: True)


@pytest.mark.parametrize("seed", range(5))
def test_a_starved_process_moves_only_when_its_time_has_come(seed: int) -> None:
    loop, moved = a_loop(str(seed)), dict[str, float]()

    async def move(name: str) -> None:
        moved[name] = loop.time()

    began = loop.time()
    loop.hold("operator 1", 30)
    spawn(loop, move("starved"), "operator 1")
    spawn(loop, move("other"), "operator 2")
    loop.run_while(lambda: len(moved) < 2)
    assert moved["other"] < began + 1
    assert moved["starved"] >= began + 30


@pytest.mark.parametrize("then", [lambda loop: loop.call_soon(fail), lambda loop: spawn(loop, failing())])
def test_an_error_that_nobody_expected_ends_the_run(then: Callable[[SimulatedLoop], object]) -> None:
    loop = a_loop()
    then(loop)
    loop.call_later(1, lambda: None)
    with pytest.raises(ZeroDivisionError):
        loop.run_while(lambda: loop.steps < 50)


def fail() -> None:
    raise ZeroDivisionError


async def failing() -> None:
    fail()
