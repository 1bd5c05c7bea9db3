"""How a job ends when several ends are true at once: one order. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class EndInputs:
    """Where a job stands once none of its pods is live. Counts are those of this run, since the last redrive."""

    succeeded: bool = False
    """An attempt succeeded."""
    cancelled: bool = False
    """spec.cancel is set."""
    permanent: bool = False
    """The last attempt's class is not retried."""
    poisoned: bool = False
    total_passed: bool = False
    """The current timeouts.total has passed."""
    disruptions: int = 0
    max_disruptions: int = 20
    attempts: int = 0
    """Attempts spent."""
    max_attempts: int = 5
    spent_class: str = ""
    """A failure class whose own attempts (retry.perClass) are all spent."""


@dataclass(frozen=True, slots=True)
class End:
    """One way in which a job ends."""

    reason: str
    phase: str
    bad: bool
    """It leaves a DeadLetter."""
    holds: Callable[[EndInputs], bool]


SUCCEEDED: Final = End("Succeeded", "Succeeded", bad=False, holds=lambda it: it.succeeded)
CANCELLED: Final = End("Cancelled", "Cancelled", bad=False, holds=lambda it: it.cancelled)
PERMANENT: Final = End("Permanent", "DeadLettered", bad=True, holds=lambda it: it.permanent)
POISON_PILL: Final = End("PoisonPill", "Quarantined", bad=True, holds=lambda it: it.poisoned)
TOTAL_TIMEOUT: Final = End("TotalTimeout", "DeadLettered", bad=True, holds=lambda it: it.total_passed)
MAX_DISRUPTIONS: Final = End(
    "MaxDisruptions", "DeadLettered", bad=True, holds=lambda it: it.disruptions > it.max_disruptions
)
MAX_ATTEMPTS: Final = End(
    "MaxAttempts",
    "DeadLettered",
    bad=True,
    holds=lambda it: it.attempts >= it.max_attempts or bool(it.spent_class),
)

ENDS: Final = (SUCCEEDED, CANCELLED, PERMANENT, POISON_PILL, TOTAL_TIMEOUT, MAX_DISRUPTIONS, MAX_ATTEMPTS)
"""Strongest first: done work outranks everything, a person's word every failure, the surest diagnosis the vaguer."""


def end_of(standing: EndInputs) -> End | None:
    """The strongest end that holds; None while the job goes on."""
    return next((end for end in ENDS if end.holds(standing)), None)
