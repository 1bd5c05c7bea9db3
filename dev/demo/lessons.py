"""The manifests of examples/ in the demo, and how each of their jobs must end."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

EXAMPLES: Final = Path("examples")
"""The path from the root of the project, where make runs."""

SUCCESS: Final = ""
"""The class of an attempt that did not fail."""


@dataclass(frozen=True, slots=True)
class Expected:
    """How a job and its attempts end."""

    phase: str
    reason: str
    attempts: tuple[str, ...]
    """Classes of the attempts, in order, without disruptions: the cluster may always cause one more."""

    redrives: int = 0

    def __str__(self) -> str:
        return f"{in_words(self.phase, self.reason)} after {_listed(self.attempts)}"


@dataclass(frozen=True, slots=True)
class Lesson:
    """One manifest, and what it shows."""

    file: Path
    job: str
    shows: str
    expected: Expected


def in_words(phase: str, reason: str) -> str:
    """Return phase and reason; leave out a reason that adds nothing to the phase."""
    return phase if reason in {"", phase, "AttemptRunning"} else f"{phase}: {reason}"


def ends_of(attempts: Sequence[str]) -> list[str]:
    """Return the names of these classes for users."""
    return ["success" if each == SUCCESS else each for each in attempts]


def _listed(attempts: Sequence[str]) -> str:
    count = "no attempt" if not attempts else "1 attempt" if len(attempts) == 1 else f"{len(attempts)} attempts"
    return f"{count} ({', '.join(ends_of(attempts))})" if attempts else count


LESSONS: Final = (
    Lesson(
        EXAMPLES / "01-succeeds.yaml",
        "succeeds",
        "exits with 0",
        Expected("Succeeded", "Succeeded", (SUCCESS,)),
    ),
    Lesson(
        EXAMPLES / "02-flaky.yaml",
        "flaky",
        'exits twice with 75, "try again later"',
        Expected("Succeeded", "Succeeded", ("Transient", "Transient", SUCCESS)),
    ),
    Lesson(
        EXAMPLES / "03-hangs.yaml",
        "hangs",
        "hits its deadline of 10 s, then is given 30 s",
        Expected("Succeeded", "Succeeded", ("Timeout", SUCCESS)),
    ),
    Lesson(
        EXAMPLES / "04-out-of-memory.yaml",
        "out-of-memory",
        "is killed at its memory limit, each time",
        Expected("Quarantined", "PoisonPill", ("Crash", "Crash", "Crash")),
    ),
    Lesson(
        EXAMPLES / "05-bad-input.yaml",
        "bad-input",
        'exits with 65, "no use to try again"',
        Expected("DeadLettered", "Permanent", ("Permanent",)),
    ),
    Lesson(
        EXAMPLES / "06-out-of-attempts.yaml",
        "out-of-attempts",
        "fails for no known reason, and may try 3 times",
        Expected("DeadLettered", "MaxAttempts", ("Unknown", "Unknown", "Unknown")),
    ),
    Lesson(
        EXAMPLES / "07-own-exit-codes.yaml",
        "own-exit-codes",
        "has its own rule: exit code 3 is worth a retry",
        Expected("Succeeded", "Succeeded", ("Transient", SUCCESS)),
    ),
    Lesson(
        EXAMPLES / "08-suspended.yaml",
        "suspended",
        "waits until a person lets it go",
        Expected("Waiting", "Suspended", ()),
    ),
    Lesson(
        EXAMPLES / "09-silent.yaml",
        "silent",
        "gives no sign of life for 3 s, then one a second",
        Expected("Succeeded", "Succeeded", ("HeartbeatLost", SUCCESS)),
    ),
    Lesson(
        EXAMPLES / "10-checkpoint.yaml",
        "checkpoint",
        "breaks down at record 800, and goes on there",
        Expected("Succeeded", "Succeeded", ("Crash", SUCCESS)),
    ),
)

CURE: Final = Lesson(
    EXAMPLES / "fixed/05-bad-input.yaml",
    "bad-input",
    "the same job, its payload mended",
    Expected("Succeeded", "Succeeded", (SUCCESS,), redrives=1),
)

YOUR_TURN: Final = EXAMPLES / "try/your-turn.yaml"
"""A manifest that the demo does not apply: it is for the user to try."""
