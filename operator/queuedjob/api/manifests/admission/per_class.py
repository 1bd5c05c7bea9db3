"""Checks of spec.retry.perClass: no empty entries, no more attempts than in all, no backoff.max below its initial."""

from typing import Final

from queuedjob.api.manifests.admission.fields import DEFAULTS, OR_DEFAULT
from queuedjob.api.manifests.admission.policy import CREATE_OR_CHANGE, NEW_SPEC, Check, Policy
from queuedjob.api.types.durations import format_duration

_OWN_MAX: Final = f"(has(each.backoff.max) ? each.backoff.max : '{format_duration(DEFAULTS.retry.backoff.max)}')"
_OWN_INITIAL: Final = (
    f"(has(each.backoff.initial) ? each.backoff.initial : '{format_duration(DEFAULTS.retry.backoff.initial)}')"
)

_VARIABLES: Final = {
    "attempts": f"has(object.spec.retry) && has(object.spec.retry.maxAttempts) ? object.spec.retry.maxAttempts : "
    f"{DEFAULTS.retry.max_attempts}",
    "perClass": "object.spec.retry.perClass",
    "silent": "variables.perClass.filter(each, !has(each.maxAttempts) && !has(each.backoff)).map(each, each.class)",
    "greedy": "variables.perClass.filter(each, has(each.maxAttempts) && each.maxAttempts > variables.attempts)"
    ".map(each, each.class + ' (' + string(each.maxAttempts) + ')')",
    "steep": "variables.perClass.filter(each, has(each.backoff) && "
    f"duration({_OWN_MAX}) < duration({_OWN_INITIAL}))"
    f".map(each, each.class + ': max (' + {_OWN_MAX} + (has(each.backoff.max) ? '' : ', the default') + "
    f"') is below initial (' + {_OWN_INITIAL} + (has(each.backoff.initial) ? '' : ', the default') + ')')",
}

_CHECKS: Final = (
    Check(
        "size(variables.silent) == 0",
        "spec.retry.perClass: {variables.silent[0]} says nothing; give it maxAttempts or backoff",
    ),
    Check(
        "size(variables.greedy) == 0",
        "spec.retry.perClass: maxAttempts of {variables.greedy[0]} is above spec.retry.maxAttempts "
        "({string(variables.attempts)}"
        + OR_DEFAULT.format(path="retry.maxAttempts")
        + "), which bounds all attempts together; raise retry.maxAttempts or lower it",
    ),
    Check(
        "size(variables.steep) == 0",
        "spec.retry.perClass: backoff of {variables.steep[0]}; raise max or lower initial",
    ),
)

_HAS_CLASSES: Final = {"has-classes": "has(object.spec.retry) && has(object.spec.retry.perClass)"}

PER_CLASS: Final = Policy("queuedjob-per-class", CREATE_OR_CHANGE, NEW_SPEC | _HAS_CLASSES, _CHECKS, _VARIABLES)
