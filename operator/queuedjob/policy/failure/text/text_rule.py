"""What a row of the text rules holds; the rows are in permanent.py, transient.py and crashes.py. Pure."""

from dataclasses import dataclass

from queuedjob.policy.failure.classes import FailureClass
from queuedjob.policy.failure.rules import Action


@dataclass(frozen=True, slots=True)
class TextRule:
    """One thing that programs say when they fail: how it is worded, and what it means."""

    name: str
    """Of its rule."""
    failure: FailureClass
    reason: str
    """One word in CamelCase."""
    source: str
    """What it stands for, and why it has its class; for the documentation."""
    phrases: tuple[str, ...]
    """As phrases.py has them."""
    statuses: tuple[int, ...] = ()
    """HTTP statuses that say it, too."""
    action: Action | None = None
