"""The poison pill: a job that keeps crashing is quarantined. Pure; reads pod finish times, never a clock."""

from collections.abc import Iterable
from datetime import datetime

from queuedjob.api.types.durations import format_duration


def latest_crashes(crash_times: Iterable[datetime], crashes: int) -> tuple[datetime, ...]:
    """The crash times that a later decision can need: the latest `crashes` times, oldest first."""
    return tuple(sorted(crash_times)[-crashes:])


def poisoned(crash_times: Iterable[datetime], crashes: int, window: float) -> str | None:
    """Why the job is quarantined, if the latest `crashes` crashes are within `window` seconds, inclusive; else None.

    The clocks of nodes differ, so the times may come in any order.
    """
    latest = latest_crashes(crash_times, crashes)
    if len(latest) < crashes or (latest[-1] - latest[0]).total_seconds() > window:
        return None
    times = ", ".join(f"{each:%Y-%m-%dT%H:%M:%SZ}" for each in latest)
    return f"{crashes} crashes within {format_duration(window)}: {times}"
