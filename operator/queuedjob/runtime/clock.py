"""The real clock and the real dice: the only module that reads time, sleeps or draws numbers (a test holds it)."""

import asyncio
import random
import time


class RealClock:
    """The Clock port on this machine."""

    def monotonic(self) -> float:
        """Seconds since some fixed point; never goes back."""
        return time.monotonic()

    def wall(self) -> float:
        """Seconds since the epoch, as this machine believes."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Pause this task, never for less: event loops round to milliseconds, and may wake a moment early."""
        until = time.monotonic() + seconds
        await asyncio.sleep(seconds)
        while (left := until - time.monotonic()) > 0:  # noqa: ASYNC110 - what is waited for is time itself
            await asyncio.sleep(left)


class RealRandom:
    """The Random port."""

    def spread(self) -> float:
        """A number in [-1, 1], evenly spread."""
        return random.uniform(-1, 1)  # noqa: S311 - jitter, not a secret
