"""The termination messages of simulated jobs, and their meaning, defined independently of the operator's rules."""

import json
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Message:
    """One termination message, and the failure class that results from it."""

    message: str = ""
    by_word: str = ""
    """The class that the job itself names: it takes precedence over Kubernetes' facts and the exit code."""
    by_text: str = ""
    """The class of the text, used where the exit code (1) has no meaning."""
    by_log: str = ""
    """The class of the end of the log, used if the message has no text for people. The log can be read once, or not at
    all."""
    log: str = ""
    retry_after: float = 0.0
    """Seconds that the job asks to wait at least."""
    checkpoint: Any = None

    @property
    def of_1(self) -> frozenset[str]:
        """The possible classes of exit code 1 with this message."""
        if self.by_word or self.by_text:
            return frozenset({self.by_word or self.by_text})
        return frozenset({self.by_log or "Unknown", "Unknown"})


NO_MESSAGE: Final = Message()

OVERWRITTEN: Final = "told to end"
"""What a job may write over the mark of its liveness probe."""
MARKED: Final = "queuedjob: no heartbeat for "
"""The beginning of that mark."""

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
"""The weight of each message, by index."""


def message_of(index: int) -> Message:
    """The message with this index."""
    return _ALL[index]


def message_from(message: str) -> Message:
    """The Message with this text; NO_MESSAGE if there is none."""
    return _BY_MESSAGE.get(message, NO_MESSAGE)


def as_environment(checkpoint: object) -> str:
    """A checkpoint as it appears in the environment variable of the next attempt."""
    return checkpoint if isinstance(checkpoint, str) else json.dumps(checkpoint, separators=(",", ":"))
