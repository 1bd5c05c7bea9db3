import asyncio
from collections.abc import Callable
from itertools import pairwise

import pytest

from queuedjob.runtime.loop_turns import LoopTurns, in_turns


async def test_the_loop_does_other_work_between_two_turns() -> None:
    """What is ready goes on, though everybody asked for a turn before it."""
    turns, seen = LoopTurns(), list[str]()

    async def take(number: int) -> None:
        async with turns.one():
            seen.append(f"turn {number}")

    async def other() -> None:
        for _ in range(8):
            seen.append("other")
            await asyncio.sleep(0)

    await asyncio.gather(*(take(number) for number in range(3)), other())
    taken = [at for at, what in enumerate(seen) if what != "other"]
    assert [seen[at] for at in taken] == ["turn 0", "turn 1", "turn 2"]
    assert all("other" in seen[one:two] for one, two in pairwise(taken)), seen


async def test_a_turn_that_fails_lets_the_next_one_in() -> None:
    turns = LoopTurns()
    with pytest.raises(LookupError):
        async with turns.one():
            raise LookupError
    async with asyncio.timeout(1), turns.one():
        pass


async def test_a_turn_may_have_room_for_several_tasks() -> None:
    turns, seen = LoopTurns(each=2), list[str]()

    async def take(number: int) -> None:
        async with turns.one():
            seen.append(str(number))

    async def other() -> None:
        for _ in range(8):
            seen.append("-")
            await asyncio.sleep(0)

    await asyncio.gather(*(take(number) for number in range(6)), other())
    assert [part for part in "".join(seen).split("-") if part] == ["01", "23", "45"]


@pytest.mark.parametrize(
    ("weight", "turns"),
    [
        pytest.param(lambda _: 1, "012-345-6", id="of one weight"),
        pytest.param(lambda part: 3 if part in (2, 3) else 1, "012-3-456-", id="some are heavier"),
    ],
)
async def test_other_tasks_run_between_the_parts_of_a_computation(weight: Callable[[int], int], turns: str) -> None:
    seen = list[str]()

    async def other() -> None:
        while True:
            seen.append("-")
            await asyncio.sleep(0)

    going_on = asyncio.create_task(other())
    async for part in in_turns(range(7), each=3, weight=weight):
        seen.append(str(part))
    going_on.cancel()
    assert "".join(seen) == turns


async def test_a_task_that_is_cancelled_while_it_waits_takes_no_turn() -> None:
    turns, seen = LoopTurns(), list[int]()

    async def take(number: int) -> None:
        async with turns.one():
            seen.append(number)

    tasks = [asyncio.create_task(take(number)) for number in range(4)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    async with asyncio.timeout(1):
        await asyncio.gather(*tasks, return_exceptions=True)
    assert seen == [0, 2, 3]
