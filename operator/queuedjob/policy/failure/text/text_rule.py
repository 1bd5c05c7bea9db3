"""The type of a row of the text rules; the rows are in permanent.py, transient.py and crashes.py. Pure."""

from dataclasses import dataclass

from queuedjob.policy.failure.classes import FailureClass
from queuedjob.policy.failure.rules import Action


@dataclass(frozen=True, slots=True)
class TextRule:
    """One kind of failure in the output of programs: how it is worded, and what it means."""

    name: str
    """The name of the rule."""
    failure: FailureClass
    reason: str
    """One word in CamelCase, for programs and columns."""
    source: str
    """What the rule stands for, and why it has its class; for the documentation."""
    phrases: tuple[str, ...] = ()
    """What people and programs say, in the syntax of phrases.py. What systems call it is in catalogues/."""
    action: Action | None = None
