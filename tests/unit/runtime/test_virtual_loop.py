import asyncio

import pytest

from tests.virtual_loop import VirtualClock, VirtualLoop


async def test_a_year_of_sleep_takes_no_time() -> None:
    clock = VirtualClock()
    before = clock.monotonic()
    await clock.sleep(365 * 86400)
    assert clock.monotonic() - before == pytest.approx(365 * 86400)


async def test_a_timeout_ends_at_its_time() -> None:
    clock = VirtualClock()
    before = clock.monotonic()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(70):
            await clock.sleep(100)
    assert clock.monotonic() - before == pytest.approx(70)


async def test_a_timer_never_fires_early() -> None:
    clock, loop = VirtualClock(), asyncio.get_running_loop()
    for seconds in (1e-7, 1e-3, 0.1, 1 / 3, 7.0, 1e6):
        due = loop.time() + seconds
        await clock.sleep(seconds)
        assert loop.time() >= due


def test_a_wait_that_nothing_can_end_fails_and_does_not_hang() -> None:
    loop = VirtualLoop()
    try:
        with pytest.raises(AssertionError, match="waits for something that can never happen"):
            loop.run_until_complete(loop.create_future())
    finally:
        loop.close()
