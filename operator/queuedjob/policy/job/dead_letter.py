"""What a DeadLetter says of a death beyond the status that it copies. Pure.

Read from the terminal status alone, so that a letter filed after a crash says the same.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Final

from queuedjob.policy.failure.classification import FIXED_RULES, RULES
from queuedjob.policy.failure.rules import Action
from queuedjob.policy.job.inputs import Job

FINGERPRINT_VERSION: Final = "v1"
"""Stands in front of every fingerprint; a new recipe gets a new one, and letters of both can be told apart."""


@dataclass(frozen=True, slots=True)
class DeathRecord:
    """The decided facts of one death."""

    generation: int
    redrives: int
    reason: str
    failure_class: str
    rule: str
    action: str
    fingerprint: str
    attempts_left_out: int


def death_record_of(job: Job) -> DeathRecord:
    """`job` is dead: its last attempt, if it had one, decided."""
    status = job.status
    last = status.attempts[-1] if status.attempts else None
    rule, failure = (last.rule, last.class_) if last else ("", "")
    return DeathRecord(
        generation=status.failed_spec.generation if status.failed_spec else job.generation,
        redrives=status.counters.redrives,
        reason=status.reason,
        failure_class=failure,
        rule=rule,
        action=_action(job, rule),
        fingerprint=fingerprint(status.reason, failure, rule, last.exit_code if last else None),
        attempts_left_out=max(0, status.counters.pods - len(status.attempts)),
    )


def _action(job: Job, rule: str) -> str:
    """What the rule asks a person to do; a death that no rule has words for is the developer's to look at."""
    own = {r.name: r.action for r in job.terms.failure_policy.rules}
    built_in = {r.name: r.action for r in (*FIXED_RULES, *RULES)}
    return str(own.get(rule) or built_in.get(rule) or Action.ALERT_DEVELOPER)


def fingerprint(reason: str, failure_class: str, rule: str, exit_code: int | None) -> str:
    """One name for one cause, so that 412 dead letters with the same cause group as one. Fits a label value.

    A stable hash of what the failure is, without anything of the job that had it.
    """
    recipe = json.dumps([reason, failure_class, rule, exit_code], separators=(",", ":"))
    return f"{FINGERPRINT_VERSION}-{hashlib.sha256(recipe.encode()).hexdigest()[:16]}"
