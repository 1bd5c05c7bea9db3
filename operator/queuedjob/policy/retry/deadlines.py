"""The deadline of an attempt, which grows with each timeout. Pure; seconds throughout."""

import math
from dataclasses import dataclass
from typing import Final

from queuedjob.policy.time_math import grown

LARGEST_DEADLINE: Final = 2**31 - 1
"""The API server refuses a larger activeDeadlineSeconds (pkg/apis/core/validation: math.MaxInt32)."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """The value of a pod's activeDeadlineSeconds."""

    seconds: int
    by_total: bool
    """The remainder of timeouts.total is shorter than the attempt's own time: this deadline ends the job."""


def attempt_deadline(
    attempt: float, growth: float, longest: float, *, timed_out: int, remainder: float | None = None
) -> Deadline:
    """The deadline of the next attempt, after `timed_out` attempts that timed out.

    `attempt`, `growth`, `longest`: timeouts.attempt, .growth, .max. `remainder`: what is left of timeouts.total (may be
    negative), None if there is no total. Kubernetes takes whole seconds, at least 1: so the result is rounded up.
    """
    own = grown(attempt, growth, timed_out, longest)
    by_total = remainder is not None and remainder < own
    seconds = remainder if remainder is not None and by_total else own
    return Deadline(max(1, math.ceil(min(seconds, LARGEST_DEADLINE))), by_total)
