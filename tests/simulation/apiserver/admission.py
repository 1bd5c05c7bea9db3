"""Admission: nothing is created in a namespace that is being deleted, and no job that the admission policies forbid.

The policies are those of `queuedjob.api.manifests.admission`; their CEL is written again in Python here.
"""

import json
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

from queuedjob.api import names
from queuedjob.api.canonical import FREE_FIELDS
from queuedjob.api.kinds.queuedjob import JobTerms
from queuedjob.api.kinds.queuedjob_phases import DEAD, DONE
from queuedjob.api.manifests.admission.containers import TEMPLATE
from queuedjob.api.manifests.admission.freeze import FREE_WHEN_DONE, FREEZE, SPEC_FIELDS
from queuedjob.api.manifests.admission.per_class import PER_CLASS
from queuedjob.api.manifests.admission.sizes import LARGE, SIZES
from queuedjob.api.manifests.admission.terms import TERMS
from queuedjob.api.manifests.admission.user_rules import OWN_RULES
from queuedjob.api.manifests.admission.verbs import VERBS
from queuedjob.api.types import limits
from queuedjob.api.types.durations import OFF, OFF_WORDS, format_duration, parse_duration
from queuedjob.api.types.times import TIME_PATTERN
from tests.simulation.apiserver.refusals import Cause, denied_by_policy, forbidden, not_found
from tests.simulation.apiserver.resources import JOBS, NAMESPACES, PODS, SERVICE_ACCOUNTS, Resource
from tests.simulation.apiserver.storage import Body, Storage

_ONE_WORD: Final = re.compile("[A-Za-z0-9_.:/-]+")
_OURS: Final = f"{names.GROUP}/"
_DEFAULTS: Final = JobTerms()
_POWERS: Final = {
    "": Decimal(1),
    "m": Decimal("0.001"),
    "k": Decimal(1000),
    **{letter: Decimal(1000) ** n for n, letter in enumerate("KMGT", 1)},
    **{f"{letter}i": Decimal(1024) ** n for n, letter in enumerate("KMGT", 1)},
}
_DEEP: Final = re.compile(rf'([\[{{]("[^"]*": ?)?){{{limits.PAYLOAD_DEPTH + 1}}}')


def enter_namespace(storage: Storage, resource: Resource, namespace: str, name: str) -> None:
    """Refuse a new object in a namespace that is missing or is being deleted. Raises Refusal."""
    home = storage.get(NAMESPACES, "", namespace)
    if home is None:
        raise not_found(NAMESPACES, namespace)
    if home.deleting:
        cause = Cause("NamespaceTerminating", "metadata.namespace", f"namespace {namespace} is being terminated")
        why = f"unable to create new content in namespace {namespace} because it is being terminated"
        raise forbidden(resource, name, why, [cause])


def find_service_account(storage: Storage, pod: Body) -> None:
    """Check that the ServiceAccount of a pod exists; `default` is in every namespace. Raises Refusal."""
    account, namespace = pod["spec"]["serviceAccountName"], pod["metadata"]["namespace"]
    if account != "default" and storage.get(SERVICE_ACCOUNTS, namespace, account) is None:
        why = f'error looking up service account {namespace}/{account}: serviceaccount "{account}" not found'
        raise forbidden(PODS, pod["metadata"]["name"], why)


def judge_job(new: Body, old: Body | None) -> None:
    """Check all policies for a new job, or for a changed one. Raises Refusal."""
    if why := _no_verb(new, old):
        raise denied_by_policy(JOBS, new["metadata"]["name"], VERBS.full_name, why)
    spec = new["spec"]
    if old is not None and spec == old["spec"]:
        return
    pod = spec["template"]["spec"]
    for policy, why in (
        (SIZES, _too_large(spec)),
        (TEMPLATE, _no_pod(pod)),
        (FREEZE, "" if old is None else _frozen(spec, old)),
        (TERMS, _taken_over(spec["template"], pod) or _out_of_order(spec) or _unknown_main(spec, pod)),
        (OWN_RULES, _wrong_rule((spec.get("failurePolicy") or {}).get("rules") or [], pod)),
        (PER_CLASS, _wrong_class(spec.get("retry") or {})),
    ):
        if why:
            raise denied_by_policy(JOBS, new["metadata"]["name"], policy.full_name, why)


def _no_verb(new: Body, old: Body | None) -> str:
    """The reason why an annotation asks for nothing, as far as it is new."""
    key = names.RETRY_NOW_ANNOTATION
    value, before = (((it or {}).get("metadata") or {}).get("annotations") or {} for it in (new, old))
    if not value.get(key) or value.get(key) == before.get(key) or re.fullmatch(TIME_PATTERN, value[key]):
        return ""
    return (
        f"metadata.annotations: the value of {key} is no time; write one such as 2030-01-31T12:00:00Z "
        "(date -u +%FT%TZ), and a new one each time"
    )


def _frozen(new: Body, job: Body) -> str:
    """The reason why the spec of `job` may not become `new`; empty if it may."""
    old, status = job["spec"], job.get("status") or {}
    phase = status.get("phase", "")
    dead, done = phase in DEAD, phase in DONE
    if dead and not (status.get("deadLetterRef") or {}).get("uid"):
        return f"spec cannot change just now: the job is {phase} and its dead letter is being filed, try again"
    if done and (late := _changed(old, new, FREE_WHEN_DONE)):
        return (
            f"{late} cannot change, as the job is {phase}; only {', '.join(sorted(FREE_WHEN_DONE))} may; to run it "
            "again, create it under another name or delete it first"
        )
    if not (dead or done) and status.get("attempts") and (frozen := _changed(old, new, FREE_FIELDS)):
        return (
            f"{frozen} cannot change once an attempt has started; only "
            f"{', '.join(sorted(FREE_FIELDS & set(SPEC_FIELDS)))} may; to run something else, cancel this job and "
            "create another"
        )
    if not dead and old.get("cancel") and not new.get("cancel"):
        return (
            "spec.cancel cannot be unset, for the job is on its way out; to run it after all, create it under another "
            "name"
        )
    return ""


def _changed(old: Body, new: Body, free: frozenset[str]) -> str:
    """The fields that differ and may not be changed."""
    return ", ".join(f"spec.{f}" for f in SPEC_FIELDS if f not in free and old.get(f) != new.get(f))


def _taken_over(template: Body, pod: Body) -> str:
    retries = "retries are the operator's (spec.retry)"
    restarting = [
        *_names_of(pod["containers"], lambda c: c.get("restartPolicy", "Never") != "Never"),
        *_names_of(_inits(pod), lambda c: c.get("restartPolicy", "Never") not in {"Never", "Always"}),
    ]
    if restarting:
        return (
            f"spec.template.spec: restartPolicy of container {', '.join(restarting)} would restart it without "
            f"counting attempts; leave it out, {retries}; only an init container may have Always (a sidecar)"
        )
    if ruled := _names_of([*pod["containers"], *_inits(pod)], lambda c: "restartPolicyRules" in c):
        return (
            f"spec.template.spec: restartPolicyRules of container {', '.join(ruled)} would restart it without counting "
            "attempts; leave them out and say in spec.failurePolicy.rules what an exit code means"
        )
    if "activeDeadlineSeconds" in pod:
        return (
            "spec.template.spec.activeDeadlineSeconds is set by the operator, attempt by attempt; leave it out and use "
            "spec.timeouts.attempt"
        )
    metadata = template.get("metadata") or {}
    keys = (key for field in ("labels", "annotations", "finalizers") for key in metadata.get(field) or ())
    if ours := [key for key in keys if key.startswith(_OURS)]:
        return (
            f"spec.template.metadata: labels, annotations and finalizers below {_OURS} are the operator's; take out "
            f"{', '.join(ours)}"
        )
    return ""


def _too_large(spec: Body) -> str:
    text = _as_cel_formats(spec.get("payload", ""))
    payload = len(text.encode())
    whole = payload + sum(len(_as_cel_formats(spec[field]).encode()) for field in LARGE if field in spec)
    elsewhere = "put the data where the job can fetch it, and a reference to it here"
    if payload > limits.PAYLOAD:
        return f"spec.payload has {payload} bytes, over the limit of {limits.PAYLOAD} (128 KiB); {elsewhere}"
    if _DEEP.search(text):
        return (
            f"spec.payload is nested more than {limits.PAYLOAD_DEPTH} deep; make it flatter, or give the deep part as "
            "one string"
        )
    if whole > limits.SPEC:
        return (
            f"spec has {whole} bytes, over the limit of {limits.SPEC} (256 KiB) for the whole of it; {elsewhere}, and "
            "long scripts into the image or a ConfigMap"
        )
    return ""


def _as_cel_formats(value: object) -> str:
    return json.dumps(value, separators=(", ", ":"), ensure_ascii=False)


def _no_pod(pod: Body) -> str:
    """The reason why no pod can be made of the template, as far as the policy looks."""
    every = [*pod["containers"], *_inits(pod)]
    names, volumes = [c["name"] for c in every], [volume["name"] for volume in pod.get("volumes") or ()]
    if doubles := [name for name in names if names.count(name) > 1]:
        return (
            f"spec.template.spec: more than one container is named {doubles[0]}; give each container and init "
            "container a name of its own"
        )
    for kind in ("volumeMounts", "volumeDevices"):
        for c in every:
            for mount in c.get(kind) or ():
                if mount["name"] not in volumes and not mount["name"].startswith("queuedjob-"):
                    return (
                        f"spec.template.spec: container {c['name']} mounts {mount['name']}, which is none of "
                        "spec.template.spec.volumes; add it there, or take the mount out"
                    )
    for c in every:
        resources = c.get("resources") or {}
        requests, most = (resources.get(key) or {} for key in ("requests", "limits"))
        for key in requests.keys() & most.keys():
            if _quantity(requests[key]) > _quantity(most[key]):
                return (
                    f"spec.template.spec: container {c['name']} requests {requests[key]} of {key}, above its limit of "
                    f"{most[key]}; lower the request or raise the limit"
                )
    return ""


def _quantity(text: object) -> Decimal:
    number, power = re.fullmatch(r"([0-9.]+)(m|k|[KMGT]i?|)", str(text)).groups()  # type: ignore[union-attr]
    return Decimal(number) * _POWERS[power]


def _out_of_order(spec: Body) -> str:
    timeouts, backoff = spec.get("timeouts") or {}, (spec.get("retry") or {}).get("backoff") or {}
    attempt = timeouts.get("attempt", format_duration(_DEFAULTS.timeouts.attempt))
    ceiling = timeouts.get("max", "")
    if ceiling and parse_duration(ceiling) < parse_duration(attempt):
        said = "" if "attempt" in timeouts else ", the default"
        return (
            f"spec.timeouts.max ({ceiling}) is below spec.timeouts.attempt ({attempt}{said}); raise max or lower "
            "attempt"
        )
    heartbeat = timeouts.get("heartbeat", OFF)
    if heartbeat not in OFF_WORDS and parse_duration(heartbeat) > parse_duration(attempt):
        said = "" if "attempt" in timeouts else ", the default"
        return (
            f"spec.timeouts.heartbeat ({heartbeat}) is above spec.timeouts.attempt ({attempt}{said}), whose deadline "
            "would always strike first; lower heartbeat or raise attempt"
        )
    start = timeouts.get("start", OFF)
    if start not in OFF_WORDS and parse_duration(start) > parse_duration(attempt):
        said = "" if "attempt" in timeouts else ", the default"
        return (
            f"spec.timeouts.start ({start}) is above spec.timeouts.attempt ({attempt}{said}), whose deadline would "
            "strike first; lower start or raise attempt"
        )
    initial = backoff.get("initial", format_duration(_DEFAULTS.retry.backoff.initial))
    longest = backoff.get("max", format_duration(_DEFAULTS.retry.backoff.max))
    if parse_duration(longest) < parse_duration(initial):
        long_said, said = ("" if key in backoff else ", the default" for key in ("max", "initial"))
        return (
            f"spec.retry.backoff.max ({longest}{long_said}) is below spec.retry.backoff.initial ({initial}{said}); "
            "raise max or lower initial"
        )
    return ""


def _unknown_main(spec: Body, pod: Body) -> str:
    main, containers = spec.get("mainContainer"), [c["name"] for c in pod["containers"]]
    if main is not None and main not in containers:
        return (
            f"spec.mainContainer: {main} is none of spec.template.spec.containers; name one of {', '.join(containers)}"
        )
    return ""


def _wrong_rule(rules: list[Body], pod: Body) -> str:
    where, names = "spec.failurePolicy.rules: rule", [rule["name"] for rule in rules]
    if doubles := [name for name in names if names.count(name) > 1]:
        return (
            f"spec.failurePolicy.rules: more than one is named {doubles[0]}; give each a name of its own, for it tells "
            "which one decided"
        )
    if blind := [rule["name"] for rule in rules if not rule.keys() & {"exitCodes", "reasons", "messageMatches"}]:
        return (
            f"{where} {blind[0]} matches nothing; give it exitCodes, reasons or messageMatches (container only says "
            "whose end they look at)"
        )
    if on_success := [rule["name"] for rule in rules if 0 in rule.get("exitCodes", ())]:
        return (
            f"{where} {on_success[0]} has 0 among its exitCodes, which is success, and no rule overrides that; take it "
            "out, and have the program exit with another code"
        )
    if wordy := [(r["name"], word) for r in rules for word in r.get("reasons", ()) if not _ONE_WORD.fullmatch(word)]:
        name, word = wordy[0]
        return (
            f'{where} {name}: "{word}" is no reason, which is one word such as OOMKilled; use messageMatches for what '
            "is said in a text"
        )
    there = [c["name"] for c in (*pod["containers"], *_inits(pod))]
    if astray := [rule for rule in rules if "container" in rule and rule["container"] not in there]:
        return (
            f"{where} {astray[0]['name']}: {astray[0]['container']} is no container of spec.template.spec; name one of "
            f"{', '.join(there)}"
        )
    if vain := [rule["name"] for rule in rules if "retryAfter" in rule and rule["class"] == "Permanent"]:
        return f"{where} {vain[0]} has a retryAfter, but Permanent is never retried; leave one of them out"
    return ""


def _wrong_class(retry: Body) -> str:
    """The reason why an entry of retry.perClass makes no sense; empty if all make sense."""
    each_class, limit = retry.get("perClass") or [], retry.get("maxAttempts", _DEFAULTS.retry.max_attempts)
    if silent := [each["class"] for each in each_class if not each.keys() & {"maxAttempts", "backoff"}]:
        return f"spec.retry.perClass: {silent[0]} says nothing; give it maxAttempts or backoff"
    if greedy := [each for each in each_class if each.get("maxAttempts", 0) > limit]:
        said = "" if "maxAttempts" in retry else ", the default"
        return (
            f"spec.retry.perClass: maxAttempts of {greedy[0]['class']} ({greedy[0]['maxAttempts']}) is above "
            f"spec.retry.maxAttempts ({limit}{said}), which bounds all attempts together; raise retry.maxAttempts or "
            "lower it"
        )
    for each in each_class:
        if why := _steep(each.get("backoff") or {}):
            return f"spec.retry.perClass: backoff of {each['class']}: {why}; raise max or lower initial"
    return ""


def _steep(backoff: Body) -> str:
    initial = backoff.get("initial", format_duration(_DEFAULTS.retry.backoff.initial))
    longest = backoff.get("max", format_duration(_DEFAULTS.retry.backoff.max))
    if parse_duration(longest) >= parse_duration(initial):
        return ""
    long_said, said = ("" if key in backoff else ", the default" for key in ("max", "initial"))
    return f"max ({longest}{long_said}) is below initial ({initial}{said})"


def _inits(pod: Body) -> list[Body]:
    return pod.get("initContainers") or []


def _names_of(containers: Iterable[Body], holds: Any) -> list[str]:  # noqa: ANN401 - a predicate
    return [container["name"] for container in containers if holds(container)]
