"""Find the rule behind a decision by name, and explain it in the words of the tables that decide."""

from typing import Final

from queuedjob.api.kinds.queuedjob import FailurePolicy
from queuedjob.api.kinds.queuedjob import Rule as OwnRule
from queuedjob.cli.explain.models import RuleExplanation
from queuedjob.policy.failure.classes import BY_NAME, FailureClass
from queuedjob.policy.failure.classification import FIXED_RULES, RULES
from queuedjob.policy.failure.descriptions import ADVICE, counts_as, then
from queuedjob.policy.failure.rules import Action, Rule
from queuedjob.policy.failure.user_rules import user_rules

_VERDICT: Final = {"name", "class_", "action", "retry_after"}
"""Fields of a job's own rule that give its result; the other fields give what it matches."""


def rule_of(name: str, failure: str, policy: FailurePolicy) -> RuleExplanation:
    """The rule that the status names. Compare the class too: a job's rule may share its name with a built-in one."""
    for origin, rules in (("job", user_rules(policy)), ("fixed", FIXED_RULES), ("built-in", RULES)):
        for rule in rules:
            if rule.name == name and (rule.failure.name if rule.failure else "") == failure:
                return explain_rule(rule, origin, policy)
    return _explanation(
        name, "unknown", "This version of the command knows no such rule.", BY_NAME.get(failure), None, failure
    )


def explain_rule(rule: Rule, origin: str, policy: FailurePolicy) -> RuleExplanation:
    """Explain `rule`, which comes from `origin` (see models.RuleExplanation)."""
    source = next((_own(own) for own in policy.rules if own.name == rule.name), "") if origin == "job" else rule.source
    return _explanation(rule.name, origin, source, rule.failure, rule.action)


def origin_of(rule: Rule) -> str:
    """Where a rule of the chain comes from. A rule that is in neither table comes from the job."""
    if any(rule is each for each in FIXED_RULES):
        return "fixed"
    return "built-in" if any(rule is each for each in RULES) else "job"


def _own(rule: OwnRule) -> str:
    """What one of the job's own rules matches, as written in the spec."""
    matched = rule.model_dump(by_alias=True, exclude=_VERDICT, exclude_defaults=True)
    said = (f"{key}: {', '.join(map(str, v)) if isinstance(v, list | tuple) else v}" for key, v in matched.items())
    return f"The job's own failurePolicy ({'; '.join(said)})."


def _explanation(
    name: str, origin: str, source: str, failure: FailureClass | None, action: Action | None, unknown: str = ""
) -> RuleExplanation:
    return RuleExplanation(
        name=name,
        origin=origin,
        source=source,
        class_=failure.name if failure else unknown,
        action=action or "",
        advice=ADVICE[action] if action else "",
        counts_as=counts_as(failure) if failure else "",
        consequence=then(failure) if failure else "",
    )
