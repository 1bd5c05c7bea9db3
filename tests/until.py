"""Wait for a condition, with a deadline and a message, instead of sleeping for a fixed time."""

import asyncio
from collections.abc import Callable


async def until(condition: Callable[[], object], what: str, *, within: float = 20.0) -> None:
    """Return once `condition` holds. Fail with the message `what` after `within` seconds."""
    try:
        async with asyncio.timeout(within):
            while not condition():  # noqa: ASYNC110 - a condition may be anything, and sends no signal
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(f"waited {within} s in vain: {what}") from None
