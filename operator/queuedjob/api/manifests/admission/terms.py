"""Checks for fields of a job that contradict each other, and for template fields that the operator sets."""

from typing import Final

from queuedjob.api.manifests.admission.fields import CONTAINERS, DEFAULTS, OR_DEFAULT, POD, given
from queuedjob.api.manifests.admission.policy import CREATE_OR_CHANGE, NEW_SPEC, Check, Policy
from queuedjob.api.names import GROUP
from queuedjob.api.types.durations import OFF, OFF_WORDS, format_duration

_RETRIES: Final = "retries are the operator's (spec.retry)"


def _keys_of(field: str) -> str:
    """CEL for the template's labels, annotations or finalizers that only the operator may set."""
    path = f"object.spec.template.metadata.{field}"
    guard = f"has(object.spec.template.metadata) && has({path})"
    return f"({guard} ? {path}.map(key, key).filter(key, key.startsWith('{GROUP}/')) : [])"


_VARIABLES: Final = {
    **CONTAINERS,
    "ours": f"{_keys_of('labels')} + {_keys_of('annotations')} + {_keys_of('finalizers')}",
    "restarting": "variables.pod.containers.filter(c, has(c.restartPolicy) && c.restartPolicy != 'Never')"
    ".map(c, c.name) + variables.inits.filter(c, has(c.restartPolicy) && !(c.restartPolicy in ['Never', 'Always']))"
    ".map(c, c.name)",
    "ruled": "(variables.pod.containers + variables.inits).filter(c, has(c.restartPolicyRules)).map(c, c.name)",
    "attempt": given("timeouts.attempt", format_duration(DEFAULTS.timeouts.attempt)),
    "ceiling": given("timeouts.max", ""),
    "heartbeat": given("timeouts.heartbeat", OFF),
    "start": given("timeouts.start", OFF),
    "initial": given("retry.backoff.initial", format_duration(DEFAULTS.retry.backoff.initial)),
    "longest": given("retry.backoff.max", format_duration(DEFAULTS.retry.backoff.max)),
}

_CHECKS: Final = (
    Check(
        "size(variables.restarting) == 0",
        f"{POD}: restartPolicy of container {{variables.restarting.join(', ')}} would restart it without counting "
        f"attempts; leave it out, {_RETRIES}; only an init container may have Always (a sidecar)",
    ),
    Check(
        "size(variables.ruled) == 0",
        f"{POD}: restartPolicyRules of container {{variables.ruled.join(', ')}} would restart it without counting "
        "attempts; leave them out and say in spec.failurePolicy.rules what an exit code means",
    ),
    Check(
        "!has(variables.pod.activeDeadlineSeconds)",
        f"{POD}.activeDeadlineSeconds is set by the operator, attempt by attempt; leave it out and use "
        "spec.timeouts.attempt",
    ),
    Check(
        "size(variables.ours) == 0",
        f"spec.template.metadata: labels, annotations and finalizers below {GROUP}/ are the operator's; take out "
        "{variables.ours.join(', ')}",
    ),
    Check(
        "!has(object.spec.mainContainer) || variables.pod.containers.exists(c, c.name == object.spec.mainContainer)",
        f"spec.mainContainer: {{object.spec.mainContainer}} is none of {POD}.containers; name one of "
        "{variables.pod.containers.map(c, c.name).join(', ')}",
    ),
    Check(
        "variables.ceiling == '' || duration(variables.ceiling) >= duration(variables.attempt)",
        "spec.timeouts.max ({variables.ceiling}) is below spec.timeouts.attempt ({variables.attempt}"
        + OR_DEFAULT.format(path="timeouts.attempt")
        + "); raise max or lower attempt",
    ),
    Check(
        f"variables.heartbeat in {list(OFF_WORDS)} || duration(variables.heartbeat) <= duration(variables.attempt)",
        "spec.timeouts.heartbeat ({variables.heartbeat}) is above spec.timeouts.attempt ({variables.attempt}"
        + OR_DEFAULT.format(path="timeouts.attempt")
        + "), whose deadline would always strike first; lower heartbeat or raise attempt",
    ),
    Check(
        f"variables.start in {list(OFF_WORDS)} || duration(variables.start) <= duration(variables.attempt)",
        "spec.timeouts.start ({variables.start}) is above spec.timeouts.attempt ({variables.attempt}"
        + OR_DEFAULT.format(path="timeouts.attempt")
        + "), whose deadline would strike first; lower start or raise attempt",
    ),
    Check(
        "duration(variables.longest) >= duration(variables.initial)",
        "spec.retry.backoff.max ({variables.longest}"
        + OR_DEFAULT.format(path="retry.backoff.max")
        + ") is below spec.retry.backoff.initial ({variables.initial}"
        + OR_DEFAULT.format(path="retry.backoff.initial")
        + "); raise max or lower initial",
    ),
)

TERMS: Final = Policy("queuedjob-terms", CREATE_OR_CHANGE, NEW_SPEC, _CHECKS, _VARIABLES)
