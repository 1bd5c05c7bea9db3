"""The gate that all requests pass: an API server that asks for a pause, or does not answer, is given one."""

from typing import Final

from queuedjob.ports import Clock, Random

_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 5.0
_JITTER: Final = 0.5


class Gate:
    """Holds requests back after 429 with Retry-After, and after requests that nobody answered."""

    def __init__(self, clock: Clock, random: Random) -> None:
        self._clock = clock
        self._random = random
        self._closed_until = 0.0
        self._unanswered = 0

    async def enter(self) -> None:
        """Return when a request may go."""
        while (left := self._closed_until - self._clock.monotonic()) > 0:
            await self._clock.sleep(left)

    def answered(self, _status: int, retry_after: float | None) -> None:
        """A request was answered; `retry_after` in seconds, where the answer asks for a pause."""
        self._unanswered = 0
        if retry_after:
            self._close(retry_after)

    def unanswered(self) -> None:
        """A request had no answer: the more in a row, the longer the pause."""
        self._unanswered += 1
        pause = min(_FIRST_PAUSE * 2 ** min(self._unanswered - 1, 10), _LONGEST_PAUSE)
        self._close(pause * (1 + _JITTER * self._random.spread()))

    def _close(self, seconds: float) -> None:
        self._closed_until = max(self._closed_until, self._clock.monotonic() + seconds)
