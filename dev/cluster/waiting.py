"""Waits for conditions, never for a fixed time."""

import time
from collections.abc import Callable, Iterator
from typing import Final

from dev.cluster.errors import ClusterError

DEADLINE = 120.0
"""Seconds. A cluster is up after 6 s on an idle machine; 30 s were measured on a busy one."""

_FIRST_PAUSE: Final = 0.02
_LONGEST_PAUSE: Final = 0.25


def tries(within: float) -> Iterator[None]:
    """Yield once at once and again after growing pauses, for the last time when `within` seconds are over.

    A caller for whom the turns end fails with what was seen instead.
    """
    give_up = time.monotonic() + within
    pause = _FIRST_PAUSE
    yield
    while time.monotonic() < give_up:
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)
        yield


def until(
    what: str,
    missing: Callable[[], str | None],
    *,
    deadline: float = DEADLINE,
    context: Callable[[], str] = str,
) -> None:
    """Return when `missing` returns None; until then `missing` returns what is seen instead.

    Raises ClusterError after `deadline` seconds, with what was seen last and with `context` (the end of a log).
    """
    seen = None
    for _ in tries(deadline):
        seen = missing()
        if seen is None:
            return
    raise ClusterError(f"{what}: not within {deadline:.0f} s. Seen instead: {seen}\n{context()}".rstrip())
