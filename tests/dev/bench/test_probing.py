import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from dev.bench.probing import probing


@asynccontextmanager
async def serving(work: Callable[[], Awaitable[object]]) -> AsyncIterator[str]:
    """A server that answers after this work."""

    async def live(_: web.Request) -> web.Response:
        await work()
        return web.Response(text="ok")

    app = web.Application()
    app.router.add_get("/livez", live)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/livez"
    finally:
        await runner.cleanup()


async def test_answers_are_counted_as_long_as_the_context_lasts() -> None:
    asked, third = [], asyncio.Event()

    async def work() -> None:
        asked.append(1)
        if len(asked) == 3:
            third.set()

    async with asyncio.timeout(30), serving(work) as url, probing(url) as seen:
        await third.wait()
    assert len(seen) == len(asked)


async def test_an_answer_that_is_due_at_the_end_counts_too() -> None:
    answers = asyncio.Event()
    async with asyncio.timeout(30), serving(answers.wait) as url:
        async with probing(url) as seen:
            await asyncio.sleep(0)  # the first request is on its way
            asyncio.get_running_loop().call_later(0.05, answers.set)
        assert len(seen) == 1


async def test_an_operator_that_does_not_answer_is_an_error() -> None:
    with pytest.raises(RuntimeError, match=r"no answer from http://127\.0\.0\.1:1/livez"):
        async with asyncio.timeout(30), probing("http://127.0.0.1:1/livez"):
            pass
