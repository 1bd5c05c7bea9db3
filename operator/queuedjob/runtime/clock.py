"""The real clock and the real dice: the only module that reads time, sleeps, or draws."""

import asyncio
import random
import time


class RealClock:
    """This machine's time (port Clock)."""

    def monotonic(self) -> float:
        """Seconds since some fixed point."""
        return time.monotonic()

    def wall(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Pause this task, never for less: event loops round to milliseconds, and may wake a moment early."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:  # noqa: ASYNC110 - what is waited for is time itself
            await asyncio.sleep(left)


class RealRandom:
    """Python's generator (port Random): jitter needs no secrecy."""

    def spread(self) -> float:
        """A number in [-1, 1]."""
        return random.uniform(-1.0, 1.0)  # noqa: S311 - jitter
