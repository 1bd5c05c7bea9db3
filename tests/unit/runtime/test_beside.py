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
            tasks.create_task(OneThread()(compute))
            await begun.wait()
            may_end.set()

    asyncio.run(go_on_meanwhile())


@pytest.mark.parametrize("beside", [OneThread(), at_once])
def test_an_error_reaches_who_asked(beside: Beside) -> None:
    def compute() -> None:
        raise LookupError

    async def ask() -> None:
        await beside(compute)

    with pytest.raises(LookupError):
        asyncio.run(ask())
