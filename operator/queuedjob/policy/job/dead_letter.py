"""The facts of a bad end that a DeadLetter holds in addition to the copied status. Pure.

They are computed from the job with its terminal status, not from memory. So a dead letter that is filed after a crash
of the operator holds the same facts.
"""

from dataclasses import dataclass

from queuedjob.policy.failure.classification import FIXED_RULES, RULES
from queuedjob.policy.failure.fingerprint import fingerprint
from queuedjob.policy.failure.rules import Action
from queuedjob.policy.job.inputs import Job


@dataclass(frozen=True, slots=True)
class DeathRecord:
    """The decided facts of one bad end."""

    generation: int
    redrives: int
    reason: str
    failure_class: str
    rule: str
    action: str
    fingerprint: str
    attempts_left_out: int


def death_record_of(job: Job) -> DeathRecord:
    """Return the facts of the bad end of `job`: its last attempt, if it had one, decided."""
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
        fingerprint=fingerprint(
            job_type=job.terms.type,
            reason=last.reason if last else status.reason,
            rule=rule,
            exit_code=last.exit_code if last else None,
            message=last.message if last else status.message,
            names=(last.pod_name if last else "", last.node_name if last else "", job.name, job.namespace, job.uid),
        ),
        attempts_left_out=max(0, status.counters.pods - len(status.attempts)),
    )


def _action(job: Job, rule: str) -> str:
    """Return the action that the rule gives to the person on call. Without such a rule, it is alert-developer."""
    own = {r.name: r.action for r in job.terms.failure_policy.rules}
    built_in = {r.name: r.action for r in (*FIXED_RULES, *RULES)}
    return str(own.get(rule) or built_in.get(rule) or Action.ALERT_DEVELOPER)
