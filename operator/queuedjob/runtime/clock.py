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
        """Pause this task."""
        await asyncio.sleep(seconds)


class RealRandom:
    """The Random port."""

    def spread(self) -> float:
        """A number in [-1, 1], evenly spread."""
        return random.uniform(-1, 1)  # noqa: S311 - jitter, not a secret
