"""The failure classes, and what follows when an attempt ends in each.

A class holds its own consequences, so no other code compares class names to decide what follows.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class FailureClass:
    """A kind of failure: what it costs and what follows."""

    name: str
    meaning: str
    """One sentence for the documentation."""
    counted: bool = True
    """The failure uses one of the job's attempts (retry.maxAttempts)."""
    retried: bool = True
    """Another attempt may follow; else the job ends after this attempt."""
    grows: bool = False
    """The next attempt gets a longer deadline (timeouts.growth)."""
    poisons: bool = False
    """The failure counts toward the poison pill."""
    disrupts: bool = False
    """The job is not the cause: counts toward retry.maxDisruptions; the wait depends on the disruptions in a row."""
    nameable: bool = False
    """A user's rule may name the class, because an exit code can show it."""


DISRUPTION: Final = FailureClass(
    "Disruption",
    "The cluster or a person took the pod away; it runs again.",
    counted=False,
    disrupts=True,
    nameable=True,
)
STOPPED: Final = FailureClass("Stopped", "We stopped it: suspend, cancel, timeouts.total.", counted=False)
TIMEOUT: Final = FailureClass(
    "Timeout", "It ran into its deadline; the next gets more time.", grows=True, nameable=True
)
HEARTBEAT_LOST: Final = FailureClass("HeartbeatLost", "It gave no sign of life, and was killed: a hang.", poisons=True)
CRASH: Final = FailureClass(
    "Crash", "It broke down: out of memory, a fatal signal, a bug.", poisons=True, nameable=True
)
RATE_LIMITED: Final = FailureClass("RateLimited", "A service asked it to come back later.", nameable=True)
TRANSIENT: Final = FailureClass("Transient", "Something outside failed, and may soon work again.", nameable=True)
PERMANENT: Final = FailureClass("Permanent", "It will fail the same way every time.", retried=False, nameable=True)
START_FAILURE: Final = FailureClass("StartFailure", "Its main container did not come to run.")
UNKNOWN: Final = FailureClass("Unknown", "No rule knows this failure: retried with care.")

CLASSES: Final = (
    DISRUPTION,
    STOPPED,
    TIMEOUT,
    HEARTBEAT_LOST,
    CRASH,
    RATE_LIMITED,
    TRANSIENT,
    PERMANENT,
    START_FAILURE,
    UNKNOWN,
)
BY_NAME: Final = {each.name: each for each in CLASSES}
NAMEABLE: Final = {each.name: each for each in CLASSES if each.nameable}
"""The values of `failurePolicy.rules[].class`: the classes that an exit code can show."""
