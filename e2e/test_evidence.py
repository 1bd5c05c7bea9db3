"""What a pod's end is judged by, on a real kubelet: whatever admission adds, and whatever the kubelet tells late."""

import json
from collections.abc import Iterator

import pytest

from e2e.env import Env, Object, a_job, running_pod, with_container, with_pod

_ONCE = {"retry": {"maxAttempts": 1}}
_SECOND_SUCCEEDS = "test $QUEUEDJOB_ATTEMPT -ge 2 && exit 0; "


@pytest.fixture
def injected(env: Env) -> Iterator[Env]:
    """The namespace, whose pods get another container at index 0, as a service mesh adds its proxy."""
    proxy = (
        'Object.spec.containers{name: "proxy", image: "busybox:1.36", '
        'command: ["sh", "-c", "trap \'exit 0\' TERM; i=0; while test $i -lt 40; do sleep 0.1; i=$((i+1)); done"]}'
    )
    expression = f'[JSONPatch{{op: "add", path: "/spec/containers/0", value: {proxy}}}]'
    mutation = {"patchType": "JSONPatch", "jsonPatch": {"expression": expression}}
    here = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": env.namespace}}}
    rules = [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}]
    policy = {
        "failurePolicy": "Fail",
        "reinvocationPolicy": "Never",
        "matchConstraints": {"resourceRules": rules, **here},
        "mutations": [mutation],
    }
    binding = {"policyName": env.namespace, "matchResources": here}
    for kind, spec in (("MutatingAdmissionPolicy", policy), ("MutatingAdmissionPolicyBinding", binding)):
        metadata = {"name": env.namespace}
        env.apply({"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": metadata, "spec": spec})
    env.until(lambda: _is_injected(env), "the policy acts", lambda: "not yet")
    yield env
    env.kubectl.run("delete", "mutatingadmissionpolicies,mutatingadmissionpolicybindings", env.namespace)


def _is_injected(env: Env) -> bool:
    asked = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "asked"}}
    container = {"name": "main", "image": "busybox:1.36"}
    made = env.kubectl.run(
        "create", "--dry-run=server", "-o", "jsonpath={.spec.containers[0].name}", "-f", "-",
        stdin=json.dumps({**asked, "spec": {"containers": [container]}}),
    )  # fmt: skip
    return made == "proxy"


def test_a_container_that_admission_puts_first_is_not_the_main_one(injected: Env) -> None:
    """The proxy exits with 0 after four seconds; main has ended long before, and its end decides."""
    env = injected
    env.apply(a_job("failed", "exit 65"), a_job("done", "exit 0"))
    failed = env.reaches("failed", "DeadLettered")
    (attempt,) = failed["status"]["attempts"]
    assert (attempt["rule"], attempt["exitCode"]) == ("exit-data", 65)
    done = env.reaches("done", "Succeeded")
    (attempt,) = done["status"]["attempts"]
    assert (attempt["rule"], attempt["exitCode"]) == ("succeeded", 0)
    for job in ("failed", "done"):
        (pod,) = env.pods(job)
        assert [each["name"] for each in pod["spec"]["containers"]] == ["proxy", "main"]


@pytest.mark.parametrize(
    ("check", "rule", "words"),
    [
        pytest.param(
            {"lifecycle": {"postStart": {"exec": {"command": ["sh", "-c", "sleep 2; exit 1"]}}}},
            "post-start-event",
            "PostStartHook failed",
            id="postStart",
        ),
        pytest.param(
            {"startupProbe": {"exec": {"command": ["false"]}, "periodSeconds": 1, "failureThreshold": 2}},
            "startup-event",
            "Startup probe failed",
            id="startupProbe",
        ),
    ],
)
def test_a_job_that_the_kubelet_killed_did_not_succeed_though_it_answers_with_0(
    env: Env, check: Object, rule: str, words: str
) -> None:
    script = "trap 'exit 0' TERM; while :; do sleep 0.1; done"
    env.apply(with_container(a_job("killed", script, **_ONCE), **check))
    dead = env.reaches("killed", "DeadLettered", reason="MaxAttempts")
    (attempt,) = dead["status"]["attempts"]
    assert (attempt["class"], attempt["rule"], attempt["exitCode"]) == ("StartFailure", rule, 0)
    assert f"Killed by the kubelet ({words}" in attempt["message"]


def test_a_deletion_that_the_deadline_overtakes_is_no_timeout(env: Env) -> None:
    script = f"{_SECOND_SUCCEEDS}trap '' TERM; while :; do sleep 0.1; done"
    job = a_job("overtaken", script, timeouts={"attempt": "7s"})
    env.apply(with_pod(job, terminationGracePeriodSeconds=10))
    pod = running_pod(env, "overtaken")
    env.kubectl.run("delete", "pod", pod, "--wait=false")
    done = env.reaches("overtaken", "Succeeded", where={"counters.disruptions": 1, "counters.timeouts": 0})
    first = done["status"]["attempts"][0]
    assert (first["class"], first["rule"], first.get("counted")) == ("Disruption", "deleted", None)


def test_of_a_long_line_the_end_is_kept_and_of_a_progress_bar_the_last_state(env: Env) -> None:
    """The checkpoint is a termination message, so the kubelet does not read the log: the operator does."""
    bar = "i=0; while test $i -lt 6000; do printf '%060d %%\\r' $i; i=$((i+1)); done"
    said = "echo '{\"checkpoint\": 7}' > /dev/termination-log"
    script = f"{said}; {bar}; printf '\\033[31mno cat in the picture\\n'; exit 1"
    env.apply(a_job("bar", script, **_ONCE))
    dead = env.reaches("bar", "DeadLettered")
    (attempt,) = dead["status"]["attempts"]
    assert attempt["message"] == "Container main exited with 1: no cat in the picture"
