"""What would be decided for an end that a user gives: the rule, its class, and what would follow."""

from queuedjob.api.kinds import queuedjob_phases as phases
from queuedjob.api.kinds.queuedjob_status import JobStatus
from queuedjob.cli.explain import rules
from queuedjob.cli.explain.models import Decision, Outcome
from queuedjob.cli.explain.phrasing import sentence, span
from queuedjob.cli.explain.what_if import GivenEnd, what_if
from queuedjob.policy.failure.classification import chain
from queuedjob.policy.failure.evidence import evidence_of
from queuedjob.policy.failure.user_rules import user_rules
from queuedjob.policy.job.inputs import JobFacts
from queuedjob.policy.time_math import ServerNow


def decision_of(facts: JobFacts, end: GivenEnd, basis: str) -> Decision:
    """The decision if the next attempt of the job in `facts` ends as `end`. `basis` names whose terms apply."""
    outcome = what_if(facts, end)
    policy = facts.job.terms.failure_policy
    evidence = evidence_of(outcome.pod)
    tried = []
    for rule in chain(user_rules(policy)):
        if rule.matches(evidence):
            break
        tried.append(rule.name)
    verdict, failure = rule.verdict(evidence), rule.failure
    return Decision(
        basis=basis,
        rules_tried=tuple(tried),
        rule=rules.explain_rule(rule, rules.origin_of(rule), policy),
        reason=verdict.reason,
        message=verdict.message,
        ignored=evidence.reported.ignored,
        counted=failure is None or failure.counted,
        retried=failure is not None and failure.retried,
        grows=failure is not None and failure.grows,
        poisons=failure is not None and failure.poisons,
        disrupts=failure is not None and failure.disrupts,
        outcome=_outcome(outcome.status, facts.now),
    )


def _outcome(status: JobStatus, now: ServerNow) -> Outcome:
    at = status.next_attempt_time
    wait = (at - now.late).total_seconds() if at is not None else None
    message = status.message
    if status.phase == phases.WAITING:
        message = f"the next attempt follows {f'after {span(wait)}, jitter aside' if wait else 'at once'}"
    return Outcome(phase=status.phase, reason=status.reason, message=sentence(message), wait=wait)
