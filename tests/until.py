"""Waiting for a condition, with a deadline and a message, instead of sleeping and hoping."""

import asyncio
from collections.abc import Callable


async def until(condition: Callable[[], object], what: str, *, within: float = 20.0) -> None:
    """Return once `condition` holds; fail with `what` after `within` seconds."""
    try:
        async with asyncio.timeout(within):
            while not condition():  # noqa: ASYNC110 - the condition is anybody's, and tells nobody when it changes
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(f"waited {within} s in vain: {what}") from None
