"""Waits for conditions, never for time to pass."""

import time
from collections.abc import Callable

from e2e.cluster.errors import ClusterError

DEADLINE = 120.0
"""Seconds. A cluster is up after 6 on an idle machine and was seen to take 30 on a busy one."""


def until(
    what: str,
    missing: Callable[[], str | None],
    *,
    deadline: float = DEADLINE,
    context: Callable[[], str] = str,
) -> None:
    """Returns when `missing` answers None; until then it says what is seen instead.

    Raises ClusterError after `deadline` seconds, with what was seen last and with `context` (the end of a log).
    """
    give_up = time.monotonic() + deadline
    pause = 0.02
    while (seen := missing()) is not None:
        if time.monotonic() > give_up:
            raise ClusterError(f"{what}: not within {deadline:.0f} s. Seen instead: {seen}\n{context()}".rstrip())
        time.sleep(pause)
        pause = min(pause * 1.5, 0.25)
