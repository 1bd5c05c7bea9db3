"""How long the operator takes to answer: its event loop, which serves all jobs, is busy for as long."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

_EVERY = 0.02
_PATIENCE = 120.0


@asynccontextmanager
async def probing(url: str) -> AsyncIterator[list[float]]:
    """Within this context, GET `url` every 20 ms. Yield the milliseconds until each answer, which grow meanwhile.

    There is one at least: a request that is under way at the end counts, too. Raises RuntimeError without an answer.
    """
    seen: list[float] = []
    stop = asyncio.Event()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_PATIENCE)) as session:

        async def ask() -> None:
            while not stop.is_set() or not seen:
                began = time.monotonic()
                try:
                    async with session.get(url) as answer:
                        await answer.read()
                except (aiohttp.ClientError, TimeoutError) as error:
                    raise RuntimeError(f"no answer from {url}: {error or type(error).__name__}") from error
                seen.append(1000 * (time.monotonic() - began))
                await asyncio.sleep(_EVERY)

        asking = asyncio.create_task(ask())
        try:
            yield seen
        finally:
            stop.set()
            await asking
