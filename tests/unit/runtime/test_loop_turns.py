import asyncio
from itertools import pairwise

import pytest

from queuedjob.runtime.loop_turns import LoopTurns


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
