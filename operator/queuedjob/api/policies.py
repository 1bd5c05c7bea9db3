"""ValidatingAdmissionPolicies: what schemas cannot say, without a webhook, and at no cost to status writes.

`TERMS` holds over one job: rules over the template, and over two fields. `FREEZE` holds between two versions of it:
what may still change. `RECORD` keeps the one field of a dead letter that CEL in its CRD cannot see, as it has no type.
Each message names the fields and the way out.
"""

import itertools
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from queuedjob.api.canonical import FREE_FIELDS
from queuedjob.api.durations import OFF, format_duration
from queuedjob.api.names import DEADLETTERS, GROUP, QUEUEDJOBS
from queuedjob.api.queuedjob import JobSpec, JobTerms

DEAD_PHASES: Final = ("DeadLettered", "Quarantined")
"""Such a job runs again once its spec changes, so it may be changed once its letter is filed."""

DONE_PHASES: Final = ("Succeeded", "Cancelled")
"""Such a job is over for good."""

FREE_WHEN_DONE: Final = frozenset({"suspend", "ttlAfterFinished", "podHistoryLimit"})

SPEC_FIELDS: Final = tuple(str(field.alias) for field in JobSpec.model_fields.values())


@dataclass(frozen=True, slots=True)
class Check:
    """One validation. What stands in braces in `message` is CEL, evaluated where `holds` does not."""

    holds: str
    message: str

    @property
    def document(self) -> dict[str, str]:
        """As the policy has it."""
        if "{" not in self.message:
            return {"expression": self.holds, "message": self.message}
        parts = [
            part if is_cel else json.dumps(part)
            for part, is_cel in zip(re.split("[{}]", self.message), itertools.cycle((False, True)), strict=False)
            if part
        ]
        return {"expression": self.holds, "messageExpression": " + ".join(parts)}


def policies() -> list[dict[str, Any]]:
    """Each policy, followed by its binding."""
    terms = _policy(
        "queuedjob-terms",
        operations=("CREATE", "UPDATE"),
        conditions={"spec-is-new": "request.operation == 'CREATE' || object.spec != oldObject.spec"},
        variables=_TERMS_VARIABLES,
        checks=_TERMS_CHECKS,
    )
    freeze = _policy(
        "queuedjob-freeze",
        operations=("UPDATE",),
        conditions={"spec-is-new": "object.spec != oldObject.spec"},
        variables=_FREEZE_VARIABLES,
        checks=_FREEZE_CHECKS,
    )
    return [document for policy in (terms, freeze) for document in (policy, _binding(policy))]


def letter_policies() -> list[dict[str, Any]]:
    """The same for dead letters; all other fields are kept by the CRD itself."""
    record = _policy(
        "deadletter-record",
        resource=DEADLETTERS,
        operations=("UPDATE",),
        conditions={"spec-is-new": "object.spec != oldObject.spec"},
        variables={},
        checks=_RECORD_CHECKS,
    )
    return [record, _binding(record)]


def _words(values: Sequence[str] | frozenset[str]) -> str:
    return ", ".join(sorted(values))


def _list(values: Sequence[str] | frozenset[str]) -> str:
    return json.dumps(sorted(values)).replace('"', "'")


# ---- TERMS ----

_POD: Final = "spec.template.spec"
_RETRIES: Final = "retries are the operator's (spec.retry)"


def _given(path: str, default: str) -> str:
    """The value at a path below spec, else the built-in default."""
    steps = path.split(".")
    guards = " && ".join(f"has(object.spec.{'.'.join(steps[: end + 1])})" for end in range(len(steps)))
    return f"{guards} ? object.spec.{path} : '{default}'"


def _keys_of(field: str) -> str:
    """Those of the template's labels, annotations or finalizers that are not the user's to set."""
    path = f"object.spec.template.metadata.{field}"
    guard = f"has(object.spec.template.metadata) && has({path})"
    return f"({guard} ? {path}.map(key, key).filter(key, key.startsWith('{GROUP}/')) : [])"


_DEFAULTS: Final = JobTerms()

_ONE_WORD: Final = "^[A-Za-z0-9_.:/-]+$"


def _rules_where(holds: str) -> str:
    """The names of the rules that `holds` is true of."""
    return f"variables.rules.filter(rule, {holds}).map(rule, rule.name)"


_OWN_MAX: Final = f"(has(each.backoff.max) ? each.backoff.max : '{format_duration(_DEFAULTS.retry.backoff.max)}')"
_OWN_INITIAL: Final = (
    f"(has(each.backoff.initial) ? each.backoff.initial : '{format_duration(_DEFAULTS.retry.backoff.initial)}')"
)

_TERMS_VARIABLES: Final = {
    "pod": "object.spec.template.spec",
    "ours": f"{_keys_of('labels')} + {_keys_of('annotations')} + {_keys_of('finalizers')}",
    "inits": "has(variables.pod.initContainers) ? variables.pod.initContainers : []",
    "restarting": "variables.pod.containers.filter(c, has(c.restartPolicy) && c.restartPolicy != 'Never')"
    ".map(c, c.name) + variables.inits.filter(c, has(c.restartPolicy) && !(c.restartPolicy in ['Never', 'Always']))"
    ".map(c, c.name)",
    "ruled": "(variables.pod.containers + variables.inits).filter(c, has(c.restartPolicyRules)).map(c, c.name)",
    "attempt": _given("timeouts.attempt", format_duration(_DEFAULTS.timeouts.attempt)),
    "ceiling": _given("timeouts.max", ""),
    "heartbeat": _given("timeouts.heartbeat", OFF),
    "start": _given("timeouts.start", OFF),
    "initial": _given("retry.backoff.initial", format_duration(_DEFAULTS.retry.backoff.initial)),
    "longest": _given("retry.backoff.max", format_duration(_DEFAULTS.retry.backoff.max)),
    "rules": "has(object.spec.failurePolicy) && has(object.spec.failurePolicy.rules) "
    "? object.spec.failurePolicy.rules : []",
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
    "attempts": f"has(object.spec.retry) && has(object.spec.retry.maxAttempts) ? object.spec.retry.maxAttempts : "
    f"{_DEFAULTS.retry.max_attempts}",
    "perClass": "has(object.spec.retry) && has(object.spec.retry.perClass) ? object.spec.retry.perClass : []",
    "silent": "variables.perClass.filter(each, !has(each.maxAttempts) && !has(each.backoff)).map(each, each.class)",
    "greedy": "variables.perClass.filter(each, has(each.maxAttempts) && each.maxAttempts > variables.attempts)"
    ".map(each, each.class + ' (' + string(each.maxAttempts) + ')')",
    "steep": "variables.perClass.filter(each, has(each.backoff) && "
    f"duration({_OWN_MAX}) < duration({_OWN_INITIAL}))"
    f".map(each, each.class + ': max (' + {_OWN_MAX} + (has(each.backoff.max) ? '' : ', the default') + "
    f"') is below initial (' + {_OWN_INITIAL} + (has(each.backoff.initial) ? '' : ', the default') + ')')",
}

_RULES: Final = "spec.failurePolicy.rules: rule"

_OR_DEFAULT: Final = "{{(has(object.spec.{path}) ? '' : ', the default')}}"

_TERMS_CHECKS: Final = (
    Check(
        "!has(variables.pod.restartPolicy) || variables.pod.restartPolicy == 'Never'",
        f"{_POD}.restartPolicy: {{variables.pod.restartPolicy}} would restart containers without counting attempts; "
        f"leave it out (it is Never), {_RETRIES}",
    ),
    Check(
        "size(variables.restarting) == 0",
        f"{_POD}: restartPolicy of container {{variables.restarting.join(', ')}} would restart it without counting "
        f"attempts; leave it out, {_RETRIES}; only an init container may have Always (a sidecar)",
    ),
    Check(
        "size(variables.ruled) == 0",
        f"{_POD}: restartPolicyRules of container {{variables.ruled.join(', ')}} would restart it without counting "
        "attempts; leave them out and say in spec.failurePolicy.rules what an exit code means",
    ),
    Check(
        "!has(variables.pod.activeDeadlineSeconds)",
        f"{_POD}.activeDeadlineSeconds is set by the operator, attempt by attempt; leave it out and use "
        "spec.timeouts.attempt",
    ),
    Check(
        "size(variables.ours) == 0",
        f"spec.template.metadata: labels, annotations and finalizers below {GROUP}/ are the operator's; take out "
        "{variables.ours.join(', ')}",
    ),
    Check(
        "!has(object.spec.mainContainer) || variables.pod.containers.exists(c, c.name == object.spec.mainContainer)",
        f"spec.mainContainer: {{object.spec.mainContainer}} is none of {_POD}.containers; name one of "
        "{variables.pod.containers.map(c, c.name).join(', ')}",
    ),
    Check(
        "variables.ceiling == '' || duration(variables.ceiling) >= duration(variables.attempt)",
        "spec.timeouts.max ({variables.ceiling}) is below spec.timeouts.attempt ({variables.attempt}"
        + _OR_DEFAULT.format(path="timeouts.attempt")
        + "); raise max or lower attempt",
    ),
    Check(
        f"variables.heartbeat == '{OFF}' || duration(variables.heartbeat) <= duration(variables.attempt)",
        "spec.timeouts.heartbeat ({variables.heartbeat}) is above spec.timeouts.attempt ({variables.attempt}"
        + _OR_DEFAULT.format(path="timeouts.attempt")
        + "), whose deadline would always strike first; lower heartbeat or raise attempt",
    ),
    Check(
        f"variables.start == '{OFF}' || duration(variables.start) <= duration(variables.attempt)",
        "spec.timeouts.start ({variables.start}) is above spec.timeouts.attempt ({variables.attempt}"
        + _OR_DEFAULT.format(path="timeouts.attempt")
        + "), whose deadline would strike first; lower start or raise attempt",
    ),
    Check(
        "duration(variables.longest) >= duration(variables.initial)",
        "spec.retry.backoff.max ({variables.longest}"
        + _OR_DEFAULT.format(path="retry.backoff.max")
        + ") is below spec.retry.backoff.initial ({variables.initial}"
        + _OR_DEFAULT.format(path="retry.backoff.initial")
        + "); raise max or lower initial",
    ),
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
        f"{_RULES} {{variables.astray[0]}} is no container of {_POD}; name one of {{variables.containers.join(', ')}}",
    ),
    Check(
        "size(variables.vain) == 0",
        f"{_RULES} {{variables.vain[0]}} has a retryAfter, but Permanent is never retried; leave one of them out",
    ),
    Check(
        "size(variables.silent) == 0",
        "spec.retry.perClass: {variables.silent[0]} says nothing; give it maxAttempts or backoff",
    ),
    Check(
        "size(variables.greedy) == 0",
        "spec.retry.perClass: maxAttempts of {variables.greedy[0]} is above spec.retry.maxAttempts "
        "({string(variables.attempts)}"
        + _OR_DEFAULT.format(path="retry.maxAttempts")
        + "), which bounds all attempts together; raise retry.maxAttempts or lower it",
    ),
    Check(
        "size(variables.steep) == 0",
        "spec.retry.perClass: backoff of {variables.steep[0]}; raise max or lower initial",
    ),
)


# ---- FREEZE ----


def _changed(names: Sequence[str]) -> str:
    return (
        f"{json.dumps(list(names))}.filter(name, (name in object.spec) != (name in oldObject.spec) || "
        "(name in object.spec && object.spec[name] != oldObject.spec[name]))"
    ).replace('"', "'")


_FREEZE_VARIABLES: Final = {
    "phase": "has(oldObject.status) && has(oldObject.status.phase) ? oldObject.status.phase : ''",
    "dead": f"variables.phase in {_list(DEAD_PHASES)}",
    "done": f"variables.phase in {_list(DONE_PHASES)}",
    "filed": "has(oldObject.status) && has(oldObject.status.deadLetterRef) && has(oldObject.status.deadLetterRef.uid)"
    " && oldObject.status.deadLetterRef.uid != ''",
    "started": "has(oldObject.status) && has(oldObject.status.attempts) && size(oldObject.status.attempts) > 0",
    "cancelled": "has(oldObject.spec.cancel) && oldObject.spec.cancel",
    "frozen": _changed([name for name in SPEC_FIELDS if name not in FREE_FIELDS]),
    "late": _changed([name for name in SPEC_FIELDS if name not in FREE_WHEN_DONE]),
}


def _named(variable: str) -> str:
    return f"{{variables.{variable}.map(name, 'spec.' + name).join(', ')}}"


_FREEZE_CHECKS: Final = (
    Check(
        "!variables.dead || variables.filed",
        "spec cannot change just now: the job is {variables.phase} and its dead letter is being filed, try again",
    ),
    Check(
        "!variables.done || size(variables.late) == 0",
        f"{_named('late')} cannot change, as the job is {{variables.phase}}; only {_words(FREE_WHEN_DONE)} may; to run "
        "it again, create it under another name or delete it first",
    ),
    Check(
        "variables.dead || variables.done || !variables.started || size(variables.frozen) == 0",
        f"{_named('frozen')} cannot change once an attempt has started; only "
        f"{_words(FREE_FIELDS & set(SPEC_FIELDS))} may; to run something else, cancel this job and create another",
    ),
    Check(
        "variables.dead || !variables.cancelled || (has(object.spec.cancel) && object.spec.cancel)",
        "spec.cancel cannot be unset, for the job is on its way out; to run it after all, create it under another name",
    ),
)


# ---- RECORD ----

_RECORD_CHECKS: Final = (
    Check(
        "has(object.spec.checkpoint) == has(oldObject.spec.checkpoint) && "
        "(!has(object.spec.checkpoint) || object.spec.checkpoint == oldObject.spec.checkpoint)",
        "a dead letter is a record: only spec.resolution may change",
    ),
)


def _policy(
    name: str,
    *,
    resource: str = QUEUEDJOBS,
    operations: Sequence[str],
    conditions: dict[str, str],
    variables: dict[str, str],
    checks: Sequence[Check],
) -> dict[str, Any]:
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": f"{name}.{GROUP}"},
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {
                "resourceRules": [
                    {
                        "apiGroups": [GROUP],
                        "apiVersions": ["*"],
                        "operations": list(operations),
                        "resources": [resource],
                    }
                ]
            },
            "matchConditions": [{"name": key, "expression": value} for key, value in conditions.items()],
            "variables": [{"name": key, "expression": value} for key, value in variables.items()],
            "validations": [check.document for check in checks],
        },
    }


def _binding(policy: dict[str, Any]) -> dict[str, Any]:
    name = policy["metadata"]["name"]
    return {
        "apiVersion": policy["apiVersion"],
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name},
        "spec": {"policyName": name, "validationActions": ["Deny"]},
    }
