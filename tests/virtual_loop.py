"""An event loop whose clock jumps: when nothing is left to do now, it is at once the time of what comes next.

So tests of timers, backoffs and timeouts are exact, and take no time. A loop in which nothing can ever happen again
fails, instead of hanging.
"""

import asyncio
import math
import selectors


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._selector_of_time = _JumpingSelector()
        super().__init__(self._selector_of_time)

    def time(self) -> float:
        return self._selector_of_time.now


class _JumpingSelector(selectors.SelectSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        events = super().select(0)
        if not events and timeout is None:
            raise AssertionError("the test waits for something that can never happen")
        if not events and timeout:
            self.now = math.nextafter(self.now + timeout, math.inf)  # a timer fires after its time, never at it
        return events


class VirtualClock:
    """The Clock port on the running loop. `wall_offset` is what the wall clock says at monotonic zero."""

    def __init__(self, wall_offset: float = 1_700_000_000.0) -> None:
        self.wall_offset = wall_offset

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    def wall(self) -> float:
        return self.monotonic() + self.wall_offset

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class SteadyRandom:
    """The Random port, always the same number."""

    def __init__(self, value: float = 0.0) -> None:
        self.value = value

    def spread(self) -> float:
        return self.value


async def advance(seconds: float) -> None:
    """Let `seconds` of virtual time pass: all that is due by then has happened. No real time passes."""
    assert isinstance(asyncio.get_running_loop(), VirtualLoop), "on a real loop, wait for a condition: tests/until.py"
    await asyncio.sleep(seconds)
