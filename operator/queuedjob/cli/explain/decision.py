"""What would be decided for an end that somebody tells: the rule, its class, and what would follow."""

from queuedjob.api.kinds.queuedjob_status import JobStatus
from queuedjob.cli.explain import rules
from queuedjob.cli.explain.models import DecisionStory, FollowsStory
from queuedjob.cli.explain.phrasing import sentence, span
from queuedjob.cli.explain.what_if import Told, imagined
from queuedjob.policy.failure.classification import chain
from queuedjob.policy.failure.evidence import evidence_of
from queuedjob.policy.failure.user_rules import user_rules
from queuedjob.policy.job import phases
from queuedjob.policy.job.inputs import JobFacts, ServerNow


def decision_of(facts: JobFacts, told: Told, on: str) -> DecisionStory:
    """The decision on the next attempt of the job of `facts`, ended as `told`. `on` says whose terms these are."""
    outcome = imagined(facts, told)
    policy = facts.job.terms.failure_policy
    evidence = evidence_of(outcome.pod)
    asked = []
    for rule in chain(user_rules(policy)):
        if rule.matches(evidence):
            break
        asked.append(rule.name)
    verdict, failure = rule.verdict(evidence), rule.failure
    return DecisionStory(
        on=on,
        asked=tuple(asked),
        rule=rules.told(rule, rules.origin_of(rule), policy),
        reason=verdict.reason,
        message=verdict.message,
        ignored=evidence.reported.ignored,
        counted=failure is None or failure.counted,
        retried=failure is not None and failure.retried,
        grows=failure is not None and failure.grows,
        poisons=failure is not None and failure.poisons,
        disrupts=failure is not None and failure.disrupts,
        follows=_follows(outcome.status, facts.now),
    )


def _follows(status: JobStatus, now: ServerNow) -> FollowsStory:
    at = status.next_attempt_time
    wait = (at - now.late).total_seconds() if at is not None else None
    told = status.message
    if status.phase == phases.WAITING:
        told = f"the next attempt follows {f'after {span(wait)}, jitter aside' if wait else 'at once'}"
    return FollowsStory(phase=status.phase, reason=status.reason, told=sentence(told), wait=wait)
