"""Texts about what a failure class costs and what follows. They are made from its flags, so that both agree. Pure."""

from collections.abc import Mapping
from typing import Final

from queuedjob.api.types.durations import format_duration
from queuedjob.policy.failure.classes import FailureClass
from queuedjob.policy.failure.rules import Action
from queuedjob.policy.retry.backoff import CALM, DISRUPTED, STOPPED

ADVICE: Final[Mapping[Action, str]] = {
    Action.ALERT_DEVELOPER: "the program is at fault, or no rule knows what is: its developer reads the last words",
    Action.SKIP: "what it was to work on is not there, and trying again brings nothing: close the case",
    Action.CHECK_CREDENTIALS: "it was not allowed: mend its credentials or permissions, then run it again",
    Action.FIX_SPEC: "the job as it is written cannot work: change its spec and apply it, and it runs again",
}
"""What the person who finds the dead letter should do, by action."""

_OWN_WAIT: Final = (
    f"after a wait that grows from {format_duration(DISRUPTED.initial)} to {format_duration(DISRUPTED.max)} with "
    f"disruptions in a row; an attempt of {format_duration(CALM)} ends the row"
)


def counts_as(failure: FailureClass) -> str:
    """Describe what an attempt that ends in this class counts as."""
    counts = ["an attempt (retry.maxAttempts)" if failure.counted else "no attempt"]
    if failure.disrupts:
        counts.append("one of retry.maxDisruptions")
    if failure.poisons:
        counts.append("a crash (poisonPill.crashes)")
    return ", ".join(counts)


def then(failure: FailureClass) -> str:
    """Describe what follows an attempt that ends in this class, as long as no limit is reached."""
    if not failure.retried:
        return "not retried: the job is dead-lettered"
    if failure.disrupts:
        return f"run again {_OWN_WAIT}"
    if not failure.counted:
        return f"run again after {format_duration(STOPPED)}, unless what stopped it ends or holds the job"
    longer = ", with a longer deadline (timeouts.growth)" if failure.grows else ""
    return f"retried after the backoff{longer}"
