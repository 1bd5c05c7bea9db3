"""Deadlines: of an attempt, growing with each timeout, and of the job's whole life. Pure; seconds throughout."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from queuedjob.policy.retry.growth import grown
from queuedjob.policy.time_math import later

LARGEST_DEADLINE: Final = 2**31 - 1
"""Above it the API server refuses activeDeadlineSeconds (pkg/apis/core/validation: math.MaxInt32)."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """What goes into a pod's activeDeadlineSeconds."""

    seconds: int
    by_total: bool
    """The remainder of timeouts.total is shorter than the attempt's own time: when it strikes, the job is over."""


def attempt_deadline(
    attempt: float, growth: float, longest: float, *, timed_out: int, remainder: float | None = None
) -> Deadline:
    """The deadline of the next attempt, after `timed_out` attempts that timed out.

    `attempt`, `growth`, `longest`: timeouts.attempt, .growth, .max. `remainder`: what is left of timeouts.total (may be
    negative), None where there is no total. Kubernetes counts whole seconds, from 1: rounded up.
    """
    own = grown(attempt, growth, timed_out, longest)
    by_total = remainder is not None and remainder < own
    seconds = remainder if remainder is not None and by_total else own
    return Deadline(max(1, math.ceil(min(seconds, LARGEST_DEADLINE))), by_total)


def total_start(created: datetime, not_before: datetime | None, rerun: datetime | None) -> datetime:
    """When a job's lifetime begins: the latest of its creation, its notBeforeTime and its last rerun or redrive."""
    return max(moment for moment in (created, not_before, rerun) if moment is not None)


def after_suspension(start: datetime, suspended: datetime, resumed: datetime) -> datetime:
    """The start of the lifetime, moved forward by a suspension: by the part of it that fell into the lifetime."""
    return later(start, max(0.0, (resumed - max(suspended, start)).total_seconds()))


def total_deadline(start: datetime, not_before: datetime | None, total: float) -> datetime:
    """When timeouts.total has passed. A notBeforeTime that was set since counts from then, so it never starts dead."""
    return later(start if not_before is None else max(start, not_before), total)
