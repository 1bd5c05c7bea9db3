import asyncio
import threading

import pytest

from queuedjob.ports import Beside
from queuedjob.runtime.beside import OneThread, at_once


def test_the_loop_goes_on_while_something_is_computed_beside_it() -> None:
    async def go_on_meanwhile() -> None:
        loop, begun, may_end = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

        def compute() -> None:
            loop.call_soon_threadsafe(begun.set)
            assert may_end.wait(30), "the loop did not go on"

        async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
            tasks.create_task(OneThread()("billing", compute))
            await begun.wait()
            may_end.set()

    asyncio.run(go_on_meanwhile())


@pytest.mark.parametrize("beside", [OneThread(), at_once])
def test_an_error_reaches_who_asked(beside: Beside) -> None:
    def compute() -> None:
        raise LookupError

    async def ask() -> None:
        await beside("billing", compute)

    with pytest.raises(LookupError):
        asyncio.run(ask())


def test_namespaces_take_turns_and_who_gave_up_holds_nobody_back() -> None:
    async def ask() -> list[str]:
        beside, order, may_begin = OneThread(), list[str](), threading.Event()

        async def compute(namespace: str, name: str) -> None:
            def note() -> None:
                may_begin.wait(30)
                order.append(name)

            await beside(namespace, note)

        async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
            for number in range(3):
                tasks.create_task(compute("busy", f"busy {number}"))
            await asyncio.sleep(0)
            given_up = tasks.create_task(compute("gone", "given up"))
            tasks.create_task(compute("quiet", "quiet"))
            await asyncio.sleep(0)
            given_up.cancel()
            may_begin.set()
        return order

    assert asyncio.run(ask()) == ["busy 0", "busy 1", "quiet", "busy 2"]


def test_a_computation_that_nobody_awaits_any_more_gives_its_turn_to_the_next() -> None:
    async def ask() -> list[str]:
        beside, order, begun, may_end = OneThread(), list[str](), asyncio.Event(), threading.Event()
        loop = asyncio.get_running_loop()

        def compute() -> None:
            loop.call_soon_threadsafe(begun.set)
            may_end.wait(30)

        async with asyncio.timeout(30):
            given_up = asyncio.create_task(beside("one", compute))
            await begun.wait()
            given_up.cancel()
            may_end.set()
            await beside("one", lambda: order.append("next"))
        return order

    assert asyncio.run(ask()) == ["next"]
