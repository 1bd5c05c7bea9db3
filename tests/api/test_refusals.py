"""Manifests that the API server must refuse, and the message that names the field and what the user can do."""

import json
from typing import Any

import pytest

from tests.api.kubectl import Kubectl
from tests.api.manifests import Object, a_container, a_job, a_letter, a_pod

DURATION = "must be a duration of h, m, s and ms, such as 1h30m"
RULE = {"name": "bad-input", "exitCodes": [3], "class": "Permanent"}
LABEL = "must be a DNS label: lower-case letters, digits and -"
TIME = "must be a time of RFC 3339 with its time zone, such as 2030-01-31T09:00:00Z"


def rules(*changes: Object) -> Object:
    """A failure policy with one rule for each change."""
    changed = [{key: value for key, value in {**RULE, **change}.items() if value is not None} for change in changes]
    return {"failurePolicy": {"rules": changed}}


def per_class(*entries: Object, **retry: Any) -> Object:  # noqa: ANN401 - any JSON
    """A retry with `entries` in perClass and the fields `retry`."""
    return {"retry": {**retry, "perClass": list(entries)}}


def template(**fields: Any) -> Object:  # noqa: ANN401 - any JSON
    return {"template": fields}


SPECS: dict[str, tuple[Object, list[str]]] = {
    # --- a typo, by name
    "an unknown field of the spec": ({"retires": 3}, ['unknown field "spec.retires"']),
    "an unknown field of the pod": (a_pod(serviceAcount="x"), ['unknown field "spec.template.spec.serviceAcount"']),
    "an unknown field of a container": (
        a_container(comand=["true"]),
        ['unknown field "spec.template.spec.containers[0].comand"'],
    ),
    "a name in the template's metadata": (
        template(metadata={"name": "x"}),
        ['unknown field "spec.template.metadata.name"'],
    ),
    "ephemeral containers": (a_pod(ephemeralContainers=[]), ['unknown field "spec.template.spec.ephemeralContainers"']),
    "a field of a later release": ({"priority": 1}, ['unknown field "spec.priority"']),
    # --- single values
    "no template": ({"template": None}, ["spec.template: Required value"]),
    "a template without a pod": ({"template": {"spec": None}}, ["spec.template.spec: Required value"]),
    "no container": (a_pod(containers=[]), ["spec.template.spec.containers", "at least 1 items"]),
    "a container without a name": (
        a_pod(containers=[{"image": "busybox"}]),
        ["spec.template.spec.containers[0].name: Required value"],
    ),
    "a container without an image": (
        a_pod(containers=[{"name": "main"}]),
        ["spec.template.spec.containers[0].image: Required value"],
    ),
    "a container of no image": (a_container(image=""), ["spec.template.spec.containers[0].image", "at least 1 chars"]),
    "an init container without an image": (
        a_pod(initContainers=[{"name": "first"}]),
        ["spec.template.spec.initContainers[0].image: Required value"],
    ),
    "a container whose name is no label": (
        a_pod(containers=[{"name": "Main_1", "image": "busybox"}]),
        ["spec.template.spec.containers[0].name", LABEL],
    ),
    "a quantity that is none": (
        a_container(resources={"limits": {"cpu": "lots"}}),
        ["spec.template.spec.containers[0].resources.limits.cpu", '"lots"'],
    ),
    "a pull policy that is none": (
        a_container(imagePullPolicy="Sometimes"),
        ["imagePullPolicy", 'supported values: "Always", "IfNotPresent", "Never"'],
    ),
    "a queue that is no label": ({"queue": "Not A Label"}, ["spec.queue", LABEL]),
    "a type that is no label": ({"type": "a_b"}, ["spec.type", LABEL]),
    "a type that is too long": ({"type": "a" * 64}, ["spec.type", "may not be more than 63"]),
    "a main container that is no label": ({"mainContainer": "Main"}, ["spec.mainContainer", LABEL]),
    "suspend as a word": ({"suspend": "yes"}, ["spec.suspend", "must be of type boolean"]),
    "cancel as a word": ({"cancel": "yes"}, ["spec.cancel", "must be of type boolean"]),
    "a payload that is a list": ({"payload": [1]}, ["spec.payload", "must be of type object"]),
    "an empty idempotency key": ({"idempotencyKey": ""}, ["spec.idempotencyKey", "at least 1 chars"]),
    "a long idempotency key": ({"idempotencyKey": "k" * 254}, ["spec.idempotencyKey", "may not be more than 253"]),
    "an idempotency key of two lines": (
        {"idempotencyKey": "a\nb"},
        ["spec.idempotencyKey", "must be printable ASCII characters on one line"],
    ),
    "a time in words": ({"notBeforeTime": "tomorrow"}, ["spec.notBeforeTime", TIME]),
    "a time that no calendar has": ({"notBeforeTime": "2030-02-30T00:00:00Z"}, ["spec.notBeforeTime", TIME]),
    "a year that arithmetic overflows from": (
        {"notBeforeTime": "9999-12-31T23:59:59Z"},
        ["spec.notBeforeTime", TIME, "in the years 1900 to 2199"],
    ),
    "a fraction behind a comma": ({"notBeforeTime": "2030-01-01T00:00:00,5Z"}, ["spec.notBeforeTime", TIME]),
    "no attempts": ({"retry": {"maxAttempts": 0}}, ["spec.retry.maxAttempts", "greater than or equal to 1"]),
    "too many attempts": ({"retry": {"maxAttempts": 1001}}, ["spec.retry.maxAttempts", "less than or equal to 1000"]),
    "attempts as a word": ({"retry": {"maxAttempts": "5"}}, ["spec.retry.maxAttempts", "must be of type integer"]),
    "fewer than no disruptions": ({"retry": {"maxDisruptions": -1}}, ["spec.retry.maxDisruptions", "equal to 0"]),
    "too many disruptions": ({"retry": {"maxDisruptions": 10001}}, ["spec.retry.maxDisruptions", "equal to 10000"]),
    "jitter below nothing": ({"retry": {"backoff": {"jitterPercent": -1}}}, ["jitterPercent", "equal to 0"]),
    "jitter above everything": ({"retry": {"backoff": {"jitterPercent": 101}}}, ["jitterPercent", "equal to 100"]),
    "a fraction of a percent": ({"retry": {"backoff": {"jitterPercent": 0.5}}}, ["jitterPercent", "type integer"]),
    "no crashes": ({"poisonPill": {"crashes": 0}}, ["spec.poisonPill.crashes", "greater than or equal to 1"]),
    "too many crashes": ({"poisonPill": {"crashes": 101}}, ["spec.poisonPill.crashes", "less than or equal to 100"]),
    "less than no history": ({"podHistoryLimit": -1}, ["spec.podHistoryLimit", "greater than or equal to 0"]),
    "too much history": ({"podHistoryLimit": 101}, ["spec.podHistoryLimit", "less than or equal to 100"]),
    # --- rules
    "a rule without a name": (rules({"name": None}), ["spec.failurePolicy.rules[0].name: Required value"]),
    "a rule whose name is no label": (rules({"name": "Bad Input"}), ["spec.failurePolicy.rules[0].name", LABEL]),
    "a rule that matches nothing": (
        rules({"exitCodes": None}),
        ["spec.failurePolicy.rules: rule bad-input matches nothing", "give it exitCodes, reasons or messageMatches"],
    ),
    "a rule that only names a container": (
        rules({"exitCodes": None, "container": "main"}),
        ["rule bad-input matches nothing", "(container only says whose end they look at)"],
    ),
    "a rule of no exit code": (rules({"exitCodes": []}), ["rules[0].exitCodes", "at least 1 items"]),
    "a rule for success": (
        rules({"exitCodes": [3, 0]}),
        [
            "spec.failurePolicy.rules: rule bad-input has 0 among its exitCodes",
            "which is success, and no rule overrides that",
            "have the program exit with another code",
        ],
    ),
    "an exit code below them all": (rules({"exitCodes": [-1]}), ["exitCodes[0]", "greater than or equal to 0"]),
    "an exit code that none can be": (rules({"exitCodes": [256]}), ["exitCodes[0]", "less than or equal to 255"]),
    "a rule without a class": (rules({"class": None}), ["spec.failurePolicy.rules[0].class: Required value"]),
    "a class that no rule can prove": (
        rules({"class": "HeartbeatLost"}),
        ["rules[0].class", 'supported values: "Transient", "RateLimited", "Timeout", "Crash", "Permanent"'],
    ),
    "an action that is none": (rules({"action": "shout"}), ["rules[0].action", '"alert-developer", "skip"']),
    "a rule of no reason": (rules({"reasons": []}), ["rules[0].reasons", "at least 1 items"]),
    "an empty reason": (rules({"reasons": [""]}), ["rules[0].reasons[0]", "at least 1 chars"]),
    "a reason of several words": (
        rules({}, {"name": "hungry", "reasons": ["OOMKilled", "out of memory"]}),
        [
            'spec.failurePolicy.rules: rule hungry: "out of memory" is no reason',
            "one word such as OOMKilled",
            "use messageMatches",
        ],
    ),
    "a pattern of nothing": (rules({"messageMatches": ""}), ["rules[0].messageMatches", "at least 1 chars"]),
    "a pattern that is too long": (
        rules({"messageMatches": "a" * 1025}),
        ["rules[0].messageMatches", "may not be more than 1024"],
    ),
    "a pattern that cannot be read": (
        rules({"messageMatches": "(no such host"}),
        ["spec.failurePolicy.rules[0].messageMatches", "error parsing regexp: missing", "write it in RE2 syntax"],
    ),
    "a container that the template does not have": (
        rules({"container": "porxy"}),
        ["spec.failurePolicy.rules: rule bad-input: porxy is no container of spec.template.spec", "name one of main"],
    ),
    "a container beside init containers": (
        {**rules({"container": "porxy"}), **a_pod(initContainers=[{"name": "proxy", "image": "busybox"}])},
        ["porxy is no container of", "name one of main, proxy"],
    ),
    "a wait of more than a day": (
        rules({"class": "Transient", "retryAfter": "25h"}),
        ["spec.failurePolicy.rules[0].retryAfter", DURATION, "from 0s to 24h"],
    ),
    "a wait before what is never retried": (
        rules({"retryAfter": "1m"}),
        ["rule bad-input has a retryAfter, but Permanent is never retried", "leave one of them out"],
    ),
    "two rules of one name": (
        rules({}, {"exitCodes": [4]}),
        ["spec.failurePolicy.rules", "more than one is named bad-input", "give each a name of its own"],
    ),
    # --- single classes
    "a class that has no attempts": (
        per_class({"class": "Disruption", "maxAttempts": 3}),
        ["spec.retry.perClass[0].class", 'supported values: "Timeout", "HeartbeatLost", "Crash", "RateLimited"'],
    ),
    "attempts of no class": (per_class({"maxAttempts": 3}), ["spec.retry.perClass[0].class: Required value"]),
    "a class twice": (
        per_class({"class": "Crash", "maxAttempts": 2}, {"class": "Crash", "maxAttempts": 3}),
        ['spec.retry.perClass[1]: Duplicate value: {"class":"Crash"}'],
    ),
    "no attempts of a class": (
        per_class({"class": "Crash", "maxAttempts": 0}),
        ["spec.retry.perClass[0].maxAttempts", "greater than or equal to 1"],
    ),
    "a class of which nothing is said": (
        per_class({"class": "Crash", "maxAttempts": 2}, {"class": "Unknown"}),
        ["spec.retry.perClass: Unknown says nothing", "give it maxAttempts or backoff"],
    ),
    "more attempts of a class than in all": (
        per_class({"class": "Unknown", "maxAttempts": 8}, maxAttempts=7),
        ["maxAttempts of Unknown (8) is above spec.retry.maxAttempts (7)", "raise retry.maxAttempts or lower it"],
    ),
    "more attempts of a class than by default": (
        per_class({"class": "Unknown", "maxAttempts": 11}),
        ["maxAttempts of Unknown (11) is above spec.retry.maxAttempts (10, the default)"],
    ),
    "a longest wait of a class below its first": (
        per_class({"class": "Unknown", "backoff": {"initial": "20s", "max": "10s"}}),
        ["spec.retry.perClass: backoff of Unknown: max (10s) is below initial (20s)", "raise max or lower initial"],
    ),
    "a first wait of a class above the default of its longest": (
        per_class({"class": "Unknown", "backoff": {"initial": "10m"}}),
        ["backoff of Unknown: max (5m, the default) is below initial (10m)"],
    ),
    # --- what the operator cannot carry
    "a payload over its limit": (
        {"payload": {"text": "x" * 131_072}},
        [
            "spec.payload has 131083 bytes, over the limit of 131072 (128 KiB)",
            "put the data where the job can fetch it",
        ],
    ),
    "a payload whose characters take several bytes": (
        {"payload": {"text": "é" * 65_536}},
        ["spec.payload has 131083 bytes, over the limit of 131072"],
    ),
    "a payload that is lists in lists": (
        {"payload": {"a": json.loads("[" * 40 + "]" * 40)}},
        ["spec.payload is nested more than 32 deep", "make it flatter"],
    ),
    "a payload that is objects in objects": (
        {"payload": json.loads('{"a key": ' * 33 + "1" + "}" * 33)},
        ["spec.payload is nested more than 32 deep"],
    ),
    "too many containers": (
        a_pod(containers=[{"name": f"c{i}", "image": "busybox"} for i in range(33)]),
        ["spec.template.spec.containers: Too many: 33: must have at most 32 items"],
    ),
    "too many volumes": (
        a_pod(volumes=[{"name": f"v{i}", "emptyDir": {}} for i in range(129)]),
        ["spec.template.spec.volumes: Too many: 129: must have at most 128 items"],
    ),
    "too many entries of another list": (
        a_container(env=[{"name": f"E{i}"} for i in range(513)]),
        ["spec.template.spec.containers[0].env: Too many: 513: must have at most 512 items"],
    ),
    "too many rules": (
        rules(*[{"name": f"r{i}"} for i in range(21)]),
        ["spec.failurePolicy.rules: Too many: 21: must have at most 20 items"],
    ),
    "too many exit codes together": (
        rules(*[{"name": f"r{i}", "exitCodes": list(range(1, 256))} for i in range(3)]),
        ["spec.failurePolicy.rules", "the exitCodes of all rules of a job are at most 512 together", "leave out"],
    ),
    "too many reasons together": (
        rules(*[{"name": f"r{i}", "reasons": [f"R{n}" for n in range(33)]} for i in range(2)]),
        ["spec.failurePolicy.rules", "the reasons of all rules of a job are at most 64 together", "leave out"],
    ),
    "patterns that are too long together": (
        rules(*[{"name": f"r{i}", "messageMatches": "x" * 1000} for i in range(9)]),
        ["spec.failurePolicy.rules", "all messageMatches of a job have at most 8192 characters together", "shorten"],
    ),
    "patterns that take too long to compile": (
        rules({"messageMatches": r"\pL" * 20}, {"name": "other", "messageMatches": r"\PN" * 10 + "a{2}b{3}c{4}"}),
        ["spec.failurePolicy.rules", "at most 32 classes of Unicode", "counted repetitions", "use [a-z] or ."],
    ),
    # --- over two fields
    "a longest deadline below the first": (
        {"timeouts": {"attempt": "3h", "max": "2h"}},
        ["spec.timeouts.max (2h) is below spec.timeouts.attempt (3h)", "raise max or lower attempt"],
    ),
    "a longest deadline below the default of the first": (
        {"timeouts": {"max": "600s"}},
        ["spec.timeouts.max (600s) is below spec.timeouts.attempt (30m, the default)"],
    ),
    "a start above the deadline": (
        {"timeouts": {"attempt": "1m", "start": "61s"}},
        ["spec.timeouts.start (61s) is above spec.timeouts.attempt (1m)", "lower start or raise attempt"],
    ),
    "a start above the default of the deadline": (
        {"timeouts": {"start": "1h"}},
        ["spec.timeouts.start (1h) is above spec.timeouts.attempt (30m, the default)"],
    ),
    "a heartbeat above the deadline": (
        {"timeouts": {"attempt": "1m", "heartbeat": "61s"}},
        ["spec.timeouts.heartbeat (61s) is above spec.timeouts.attempt (1m)", "lower heartbeat or raise attempt"],
    ),
    "a heartbeat above the default of the deadline": (
        {"timeouts": {"heartbeat": "1h"}},
        ["spec.timeouts.heartbeat (1h) is above spec.timeouts.attempt (30m, the default)"],
    ),
    "a heartbeat that no kubelet could keep up with": (
        {"timeouts": {"heartbeat": "2999ms"}},
        ["spec.timeouts.heartbeat", DURATION, "from 3s to 87600h, or never"],
    ),
    "a longest wait below the first": (
        {"retry": {"backoff": {"initial": "20s", "max": "10s"}}},
        ["spec.retry.backoff.max (10s) is below spec.retry.backoff.initial (20s)", "raise max or lower initial"],
    ),
    "a first wait above the default of the longest": (
        {"retry": {"backoff": {"initial": "10m"}}},
        ["spec.retry.backoff.max (5m, the default) is below spec.retry.backoff.initial (10m)"],
    ),
    "a main container that is not there": (
        {"mainContainer": "worker"},
        ["spec.mainContainer: worker is none of spec.template.spec.containers", "name one of main"],
    ),
    "an init container as the main one": (
        {"mainContainer": "first", **a_pod(initContainers=[{"name": "first", "image": "busybox"}])},
        ["spec.mainContainer: first is none of", "name one of main"],
    ),
    # --- over the template
    "two containers of one name": (
        a_pod(containers=[{"name": "main", "image": "busybox"}] * 2),
        ["spec.template.spec: more than one container is named main", "a name of its own"],
    ),
    "an init container of a container's name": (
        a_pod(initContainers=[{"name": "main", "image": "busybox"}]),
        ["spec.template.spec: more than one container is named main"],
    ),
    "a mount without its volume": (
        a_container(volumeMounts=[{"name": "data", "mountPath": "/data"}]),
        ["container main mounts data, which is none of spec.template.spec.volumes", "add it there"],
    ),
    "a device without its volume": (
        a_container(volumeDevices=[{"name": "disk", "devicePath": "/dev/x"}]),
        ["container main mounts disk, which is none of spec.template.spec.volumes"],
    ),
    "a request above its limit": (
        a_container(resources={"requests": {"memory": "2Gi", "cpu": "1"}, "limits": {"memory": "1025Mi", "cpu": 2}}),
        ["container main requests 2Gi of memory, above its limit of 1025Mi", "lower the request or raise the limit"],
    ),
    "a request without quotes above its limit": (
        a_container(resources={"requests": {"cpu": 1.5}, "limits": {"cpu": "1400m"}}),
        ["container main requests 1.5 of cpu, above its limit of 1400m"],
    ),
    "a pod that restarts": (
        a_pod(restartPolicy="OnFailure"),
        ["spec.template.spec.restartPolicy", "must be Never", "leave it out, retries are the operator's (spec.retry)"],
    ),
    "a container that restarts": (
        a_container(restartPolicy="OnFailure"),
        ["restartPolicy of container main", "leave it out", "spec.retry"],
    ),
    "a container that always restarts": (a_container(restartPolicy="Always"), ["restartPolicy of container main"]),
    "an init container that restarts on failure": (
        a_pod(initContainers=[{"name": "first", "image": "busybox", "restartPolicy": "OnFailure"}]),
        ["restartPolicy of container first", "only an init container may have Always (a sidecar)"],
    ),
    "restart rules": (
        a_container(
            restartPolicy="Never",
            restartPolicyRules=[{"action": "Restart", "exitCodes": {"operator": "In", "values": [42]}}],
        ),
        ["restartPolicyRules of container main", "spec.failurePolicy.rules"],
    ),
    "restart rules of an init container": (
        a_pod(initContainers=[{"name": "first", "image": "busybox", "restartPolicyRules": [{"action": "Restart"}]}]),
        ["restartPolicyRules of container first", "spec.failurePolicy.rules"],
    ),
    "a deadline in the pod": (
        a_pod(activeDeadlineSeconds=60),
        ["spec.template.spec.activeDeadlineSeconds", "leave it out and use spec.timeouts.attempt"],
    ),
    "labels of ours": (
        template(metadata={"labels": {"queuedjob.dev/job": "x", "app": "y"}}),
        ["spec.template.metadata", "below queuedjob.dev/ are the operator's; take out queuedjob.dev/job"],
    ),
    "annotations of ours": (
        template(metadata={"annotations": {"queuedjob.dev/stop-reason": "x"}}),
        ["spec.template.metadata", "take out queuedjob.dev/stop-reason"],
    ),
    "a finalizer of ours": (
        template(metadata={"finalizers": ["queuedjob.dev/outcome"]}),
        ["spec.template.metadata", "take out queuedjob.dev/outcome"],
    ),
}


@pytest.mark.parametrize(("spec", "words"), SPECS.values(), ids=SPECS.keys())
def test_a_job_is_refused_by_field_and_way_out(kubectl: Kubectl, spec: Object, words: list[str]) -> None:
    kubectl.apply(a_job(**spec)).refused_with(*words)


VERBS = {
    "a word": "now",
    "a day": "2030-01-31",
    "no time zone": "2030-01-31T12:00:00",
    "a line break": "2030-01-31T12:00:00Z\n",
    "a long text": f"2030-01-31T12:00:00.{'0' * 100}Z",
}
NO_TIME = [
    "metadata.annotations: the value of queuedjob.dev/retry-now is no time",
    "write one such as 2030-01-31T12:00:00Z",
]


def retrying_now(value: str) -> Object:
    job = a_job()
    return {**job, "metadata": {**job["metadata"], "annotations": {"queuedjob.dev/retry-now": value}}}


@pytest.mark.parametrize("value", VERBS.values(), ids=VERBS.keys())
def test_an_annotation_that_asks_for_nothing_is_refused_and_one_that_was_there_is_not_asked_again(
    kubectl: Kubectl, value: str
) -> None:
    job = retrying_now(value)
    kubectl.apply(job).refused_with(*NO_TIME)
    kubectl.apply(retrying_now("")).accepted()
    made = kubectl.apply(retrying_now("2030-01-31T12:00:00.25+01:00")).object["metadata"]["name"]
    kubectl("annotate", "qj", made, f"queuedjob.dev/retry-now={value}", "--overwrite").refused_with(*NO_TIME)
    kubectl("annotate", "qj", made, "queuedjob.dev/retry-now=2030-01-31T12:00:01Z", "--overwrite").accepted()
    kubectl("annotate", "qj", made, "queuedjob.dev/retry-now-").accepted()


PATTERNS = {
    "(no such host": "error parsing regexp: missing closing ): `(no such host`",
    "[a-": "error parsing regexp: missing closing ]: `[a-`",
    "*": "error parsing regexp: missing argument to repetition operator: `*`",
    "(?=later)": "error parsing regexp: invalid or unsupported Perl syntax: `(?=`",
    r"(a)\1": r"error parsing regexp: invalid escape sequence: `\1`",
    r"C:\Users": r"error parsing regexp: invalid escape sequence: `\U`",
    "a{1001}": "error parsing regexp: invalid repeat count: `{1001}`",
}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_that_cannot_be_read_is_refused_by_its_field_and_by_what_is_wrong_with_it(
    kubectl: Kubectl, pattern: str
) -> None:
    sound = {"name": "sound", "messageMatches": "host"}
    job = a_job(**rules(sound, {"messageMatches": pattern}))
    kubectl.apply(job).refused_with(
        "spec.failurePolicy.rules[1].messageMatches", PATTERNS[pattern], "write it in RE2 syntax (https://"
    )


DURATIONS = {
    "timeouts.attempt": "from 1s to 87600h",
    "timeouts.max": "from 1s to 87600h",
    "timeouts.heartbeat": "from 3s to 87600h, or never",
    "timeouts.total": "from 1s to 87600h, or never",
    "retry.backoff.initial": "from 0s to 87600h",
    "retry.backoff.max": "from 0s to 87600h",
    "poisonPill.window": "from 1s to 87600h",
    "ttlAfterFinished": "from 0s to 87600h, or never",
}


def at(path: str, value: object) -> Object:
    """A spec with `value` at a path."""
    for key in reversed(path.split(".")):
        value = {key: value}
    assert isinstance(value, dict)
    return value


@pytest.mark.parametrize(("path", "bounds"), DURATIONS.items(), ids=DURATIONS.keys())
def test_what_is_no_duration_is_refused_with_an_example_and_the_bounds(
    kubectl: Kubectl, path: str, bounds: str
) -> None:
    for wrong in ("1d", "-1s", "1h 30m", "90", "", "87601h", "Off"):
        kubectl.apply(a_job(**at(path, wrong))).refused_with(f"spec.{path}", DURATION, bounds)
    kubectl.apply(a_job(**at(path, 30))).refused_with(f"spec.{path}", "must be of type string")
    kubectl.apply(a_job(**at(path, "1s" * 17))).refused_with(f"spec.{path}", "may not be more than 32")


@pytest.mark.parametrize("path", [path for path, bounds in DURATIONS.items() if "or never" not in bounds])
def test_what_cannot_be_off_is_refused(kubectl: Kubectl, path: str) -> None:
    kubectl.apply(a_job(**at(path, "off"))).refused_with(f"spec.{path}", DURATION)


@pytest.mark.parametrize("path", [path for path, bounds in DURATIONS.items() if "from 1s" in bounds])
def test_a_deadline_of_nothing_is_refused(kubectl: Kubectl, path: str) -> None:
    for wrong in ("0s", "999ms"):
        kubectl.apply(a_job(**at(path, wrong))).refused_with(f"spec.{path}", "from 1s")


@pytest.mark.parametrize("path", ["timeouts.growth", "retry.backoff.multiplier"])
def test_a_factor_is_an_integer_or_a_quoted_decimal_from_1(kubectl: Kubectl, path: str) -> None:
    for wrong, words in {
        "0.5": 'must be an integer or a quoted decimal from 1 to 999, such as 2 or "1.5"',
        "x": "must be an integer or a quoted decimal",
        0: "greater than or equal to 1",
        1000: "less than or equal to 999",
        1.5: "must be of type integer,string",
        True: "must be of type integer,string",
    }.items():
        kubectl.apply(a_job(**at(path, wrong))).refused_with(f"spec.{path}", words)


@pytest.mark.parametrize("make", [a_job, a_letter], ids=["QueuedJob", "DeadLetter"])
def test_a_name_that_no_label_can_carry_is_refused_in_words_that_stand_alone(kubectl: Kubectl, make: Any) -> None:  # noqa: ANN401 - either builder
    made = make()
    made["metadata"]["name"] = "a" * 64
    kubectl.apply(made).refused_with(
        f"metadata.name: the name of a {made['kind']} has at most 63 characters", "choose a shorter one"
    )


@pytest.mark.parametrize("key", ["labels", "annotations"])
def test_labels_and_annotations_over_their_limit_are_refused_and_may_be_taken_back(kubectl: Kubectl, key: str) -> None:
    words = ("metadata.labels and metadata.annotations have 4", "over the limit of 32768 (32 KiB)", "take out what")
    many = {f"key{i:04}": "x" * 60 for i in range(600)}
    made = a_job()
    made["metadata"][key] = many
    kubectl.apply(made, "--server-side").refused_with(*words)
    job = a_job()
    name = job["metadata"]["name"]
    kubectl.apply(job).accepted()
    kubectl.patch("queuedjob", name, {"metadata": {key: many}}).refused_with(*words)
    kubectl.patch("queuedjob", name, {"metadata": {key: {"a": "b"}}}).accepted()


def test_a_spec_over_its_limit_is_refused(kubectl: Kubectl) -> None:
    """Client-side apply would be refused before that, for its annotation that holds the spec a second time."""
    words = ("spec has 300", "over the limit of 262144 (256 KiB) for the whole of it", "scripts into the image")
    kubectl.apply(a_job(**a_container(args=["x" * 100_000] * 3)), "--server-side").refused_with(*words)


LETTERS: dict[str, tuple[Object, list[str]]] = {
    "a letter about no job": ({"jobRef": None}, ["spec.jobRef: Required value"]),
    "a letter without its job": ({"job": None}, ["spec.job: Required value"]),
    "a letter without a reason": ({"reason": None}, ["spec.reason: Required value"]),
    "a resolution that is none": (
        {"resolution": {"state": "Ignored"}},
        ["spec.resolution.state", 'supported values: "Resolved"'],
    ),
}


@pytest.mark.parametrize(("spec", "words"), LETTERS.values(), ids=LETTERS.keys())
def test_a_letter_is_refused_by_field(kubectl: Kubectl, spec: Object, words: list[str]) -> None:
    kubectl.apply(a_letter(**spec)).refused_with(*words)


@pytest.mark.parametrize(
    "change",
    [
        {"reason": "Permanent"},
        {"class": "Crash"},
        {"job": {"spec": {"payload": {"order": 43}}}},
        {"job": {"spec": {"payload": None}}},
        {"job": {"spec": {"template": {"spec": {"containers": [{"name": "main", "image": "other"}]}}}}},
        {"jobRef": {"redrives": 1}},
        {"message": None},
        {"checkpoint": {"at": 801}},
        {"checkpoint": {"of": [1]}},
        {"checkpoint": None},
    ],
    ids=json.dumps,
)
def test_a_letter_is_a_record(kubectl: Kubectl, change: Object) -> None:
    letter = a_letter(message="it died", checkpoint={"at": 800, "of": []})
    kubectl.apply(letter).accepted()
    refused = kubectl.patch("deadletter", letter["metadata"]["name"], {"spec": change})
    refused.refused_with("a dead letter is a record: only spec.resolution may change")


def test_a_letter_without_a_checkpoint_gets_none_and_can_be_resolved(kubectl: Kubectl) -> None:
    letter = a_letter()
    kubectl.apply(letter).accepted()
    name = letter["metadata"]["name"]
    refused = kubectl.patch("deadletter", name, {"spec": {"checkpoint": 800}})
    refused.refused_with("a dead letter is a record: only spec.resolution may change")
    kubectl.patch("deadletter", name, {"spec": {"resolution": {"state": "Resolved"}}}).accepted()
