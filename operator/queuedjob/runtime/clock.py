"""The real clock and random numbers: the only module that reads time, sleeps or draws numbers (a test checks this)."""

import asyncio
import random
import time
from typing import Final

_MONOTONIC: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""A lease runs out while the machine of its holder sleeps."""


class RealClock:
    """The Clock port with this machine's clocks."""

    def monotonic(self) -> float:
        """Seconds since some fixed point; the value never goes back. On Linux it goes on while the machine sleeps."""
        return time.clock_gettime(_MONOTONIC)

    def wall(self) -> float:
        """Seconds since the epoch by this machine's wall clock, which may be wrong."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Pause this task for at least `seconds`. Event loops round to milliseconds, and may wake too early."""
        until = self.monotonic() + seconds
        await asyncio.sleep(seconds)
        while (left := until - self.monotonic()) > 0:  # noqa: ASYNC110 - the loop waits for time, not for an event
            await asyncio.sleep(left)


class RealRandom:
    """The Random port with Python's random module."""

    def spread(self) -> float:
        """A number in [-1, 1], evenly distributed."""
        return random.uniform(-1, 1)  # noqa: S311 - jitter, not a secret
