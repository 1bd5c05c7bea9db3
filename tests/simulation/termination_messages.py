"""What simulated jobs say at their end, and what that means: an opinion that owes nothing to the operator's rules."""

import json
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Message:
    """One termination message, and the class that it gives to an end."""

    message: str = ""
    by_word: str = ""
    """The class that the job itself names: it outranks what Kubernetes and the exit code say."""
    by_text: str = ""
    """The class of its words, where the exit code (1) says nothing."""
    by_log: str = ""
    """The class of what its log ends in, where it said nothing for people: to be had once, or not at all."""
    log: str = ""
    retry_after: float = 0.0
    """Seconds that it asks to wait at least."""
    checkpoint: Any = None

    @property
    def of_1(self) -> frozenset[str]:
        """What an exit code of 1 is, with these words."""
        if self.by_word or self.by_text:
            return frozenset({self.by_word or self.by_text})
        return frozenset({self.by_log or "Unknown", "Unknown"})


NO_MESSAGE: Final = Message()

OVERWRITTEN: Final = "told to end"
"""What a job may write over the mark of its liveness probe."""
MARKED: Final = "queuedjob: no heartbeat for "
"""How that mark begins."""

_WEIGHED: Final = (
    (NO_MESSAGE, 8.0),
    (Message("dial tcp 10.0.0.7:5432: connect: connection refused", by_text="Transient"), 1.0),
    (Message("HTTP 429: too many requests", by_text="RateLimited"), 0.7),
    (Message("processed 4000 rows"), 0.5),
    (Message('{"class": "RateLimited", "retryAfter": "7s"}', by_word="RateLimited", retry_after=7.0), 1.0),
    (Message('{"class": "Permanent", "reason": "NoSuchOrder"}', by_word="Permanent"), 0.4),
    (Message('{"class": "Stopped", "retryAfter": "never", "checkpoint": "far"}', checkpoint="far"), 0.4),
    (Message('{"checkpoint": {"row": 800}, "class": "Transi'), 0.4),
    (
        Message(
            '{"checkpoint": {"row": 800}, "progress": {"done": 800, "total": 1000}}',
            by_log="Transient",
            log="read tcp 10.0.0.7:5432: connection reset by peer",
            checkpoint={"row": 800},
        ),
        1.5,
    ),
    (Message('{"checkpoint": {"row": 900}, "class": "Transient"}', by_word="Transient", checkpoint={"row": 900}), 1.0),
)
_ALL: Final = tuple(each for each, _ in _WEIGHED)
_BY_MESSAGE: Final = {each.message: each for each in _ALL}

WEIGHTS: Final = {number: weight for number, (_, weight) in enumerate(_WEIGHED)}
"""Which of them, and how often."""


def message_of(index: int) -> Message:
    """The saying of that number."""
    return _ALL[index]


def message_from(message: str) -> Message:
    """Which saying a termination message is; silence for what is none."""
    return _BY_MESSAGE.get(message, NO_MESSAGE)


def as_environment(checkpoint: object) -> str:
    """A checkpoint as the next attempt's environment shows it."""
    return checkpoint if isinstance(checkpoint, str) else json.dumps(checkpoint, separators=(",", ":"))
