import asyncio

import pytest

from tests.virtual_loop import VirtualClock


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
