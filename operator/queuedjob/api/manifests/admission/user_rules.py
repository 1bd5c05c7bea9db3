"""Checks for a job's own failure rules that can never decide, or cannot decide as written."""

from typing import Final

from queuedjob.api.manifests.admission.fields import CONTAINERS, POD
from queuedjob.api.manifests.admission.policy import CREATE_OR_CHANGE, NEW_SPEC, Check, Policy

_ONE_WORD: Final = "^[A-Za-z0-9_.:/-]+$"
_RULES: Final = "spec.failurePolicy.rules: rule"


def _rules_where(holds: str) -> str:
    """CEL for the names of the rules for which `holds` is true."""
    return f"variables.rules.filter(rule, {holds}).map(rule, rule.name)"


_VARIABLES: Final = {
    **CONTAINERS,
    "rules": "object.spec.failurePolicy.rules",
    "names": "variables.rules.map(rule, rule.name)",
    "doubles": "variables.names.filter(name, !variables.names.exists_one(other, other == name))",
    "blind": _rules_where("!has(rule.exitCodes) && !has(rule.reasons) && !has(rule.messageMatches)"),
    "onSuccess": _rules_where("has(rule.exitCodes) && 0 in rule.exitCodes"),
    "wordy": "variables.rules.map(rule, has(rule.reasons) ? rule.reasons.filter(reason, "
    f"!reason.matches('{_ONE_WORD}')).map(reason, rule.name + ': \"' + reason + '\"') : [])"
    ".filter(found, size(found) > 0).map(found, found[0])",
    "containers": "(variables.pod.containers + variables.inits).map(c, c.name)",
    "astray": "variables.rules.filter(rule, has(rule.container) && !(rule.container in variables.containers))"
    ".map(rule, rule.name + ': ' + rule.container)",
    "vain": _rules_where("has(rule.retryAfter) && rule.class == 'Permanent'"),
}

_CHECKS: Final = (
    Check(
        "size(variables.doubles) == 0",
        "spec.failurePolicy.rules: more than one is named {variables.doubles[0]}; give each a name of its own, for it "
        "tells which one decided",
    ),
    Check(
        "size(variables.blind) == 0",
        f"{_RULES} {{variables.blind[0]}} matches nothing; give it exitCodes, reasons or messageMatches (container "
        "only says whose end they look at)",
    ),
    Check(
        "size(variables.onSuccess) == 0",
        f"{_RULES} {{variables.onSuccess[0]}} has 0 among its exitCodes, which is success, and no rule overrides that; "
        "take it out, and have the program exit with another code",
    ),
    Check(
        "size(variables.wordy) == 0",
        f"{_RULES} {{variables.wordy[0]}} is no reason, which is one word such as OOMKilled; use messageMatches for "
        "what is said in a text",
    ),
    Check(
        "size(variables.astray) == 0",
        f"{_RULES} {{variables.astray[0]}} is no container of {POD}; name one of {{variables.containers.join(', ')}}",
    ),
    Check(
        "size(variables.vain) == 0",
        f"{_RULES} {{variables.vain[0]}} has a retryAfter, but Permanent is never retried; leave one of them out",
    ),
)

_HAS_RULES: Final = {"has-rules": "has(object.spec.failurePolicy) && has(object.spec.failurePolicy.rules)"}

OWN_RULES: Final = Policy("queuedjob-own-rules", CREATE_OR_CHANGE, NEW_SPEC | _HAS_RULES, _CHECKS, _VARIABLES)
