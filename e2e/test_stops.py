"""Pods that the operator stops by itself, on a real kubelet, and the warnings before."""

from typing import Any, Final
from urllib.request import urlopen

import pytest

from e2e.env import Env, Object, a_job, with_container, with_pod

_RETRIED: Final = {"retry": {"maxAttempts": 2, "backoff": {"initial": "100ms"}}, "timeouts": {"start": "8s"}}
_UNTIL_TOLD: Final = ["sh", "-c", "trap 'sleep 5; exit 0' TERM; while :; do sleep 0.1; done"]
"""Ends 5 s after SIGTERM: so long can a test see the stopped pod, which is gone soon after its end."""
_HELPER: Final = {"name": "helper", "image": "busybox:1.36", "command": _UNTIL_TOLD}


def _missing(kind: str) -> list[Object]:
    return [{"name": "TOKEN", "valueFrom": {kind: {"name": "not-there", "key": "token"}}}]


def _with_helper(job: Object) -> Object:
    """Return the same job, with a second container that runs until it gets SIGTERM."""
    job["spec"]["template"]["spec"]["containers"].append(_HELPER)
    return job


@pytest.mark.parametrize(
    ("container", "reason", "words"),
    [
        pytest.param({"image": "localhost/no-such-image:1"}, "ImagePullBackOff", "no-such-image", id="image"),
        pytest.param(
            {"env": _missing("configMapKeyRef")},
            "CreateContainerConfigError",
            'configmap "not-there" not found',
            id="ConfigMap",
        ),
        pytest.param(
            {"env": _missing("secretKeyRef")}, "CreateContainerConfigError", 'secret "not-there" not found', id="Secret"
        ),
    ],
)
def test_what_cannot_start_is_a_failure_with_its_own_reason_and_tried_again(
    env: Env, container: dict[str, Any], reason: str, words: str
) -> None:
    env.apply(with_container(a_job("stuck", "true", **_RETRIED), **container))
    job = env.reaches("stuck", "DeadLettered", reason="MaxAttempts", where={"counters.byClass.StartFailure": 2})
    for attempt in job["status"]["attempts"]:
        assert (attempt["class"], attempt["rule"], attempt["reason"]) == ("StartFailure", "stopped-start", reason)
        assert words in attempt["message"]
        assert "exitCode" not in attempt


def test_a_volume_that_does_not_come_is_a_failure_to_start_with_the_reason_of_the_kubelets_event(env: Env) -> None:
    volumes = [{"name": "token", "secret": {"secretName": "not-there"}}]
    job = with_pod(a_job("stuck", "true", **_RETRIED), volumes=volumes)
    env.apply(with_container(job, volumeMounts=[{"name": "token", "mountPath": "/token"}]))
    dead = env.reaches("stuck", "DeadLettered", where={"counters.byClass.StartFailure": 2})
    assert {attempt["rule"] for attempt in dead["status"]["attempts"]} == {"stopped-start"}
    for attempt in dead["status"]["attempts"]:
        assert attempt["reason"] == "FailedMount"
        assert 'secret "not-there" not found' in attempt["message"]
        assert attempt["finishTime"] > attempt["startTime"]


def test_a_secret_that_is_created_in_time_lets_the_pod_start(env: Env) -> None:
    env.apply(with_container(a_job("late", "test $TOKEN = x"), env=_missing("secretKeyRef")))
    env.until(lambda: _waits_for(env, "late") == "CreateContainerConfigError", "it waits", lambda: "", "late")
    env.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "not-there"}, "stringData": {"token": "x"}})
    env.reaches("late", "Succeeded", where={"counters.attempts": 1})


def test_a_name_that_no_image_can_have_is_the_end_at_once(idle_env: Env) -> None:
    idle_env.start_operator("--starting-after=1")
    idle_env.apply(with_container(a_job("nameless", "true"), image="Not An Image"))
    job = idle_env.reaches("nameless", "DeadLettered", reason="Permanent", where={"counters.attempts": 1})
    (attempt,) = job["status"]["attempts"]
    assert (attempt["rule"], attempt["reason"]) == ("image-name-invalid", "InvalidImageName")
    assert "Not An Image" in attempt["message"]
    letter = idle_env.until(idle_env.letters, "a letter is filed", lambda: "none", "nameless")[0]
    assert letter["spec"]["action"] == "fix-spec"


def test_a_running_init_container_is_work_and_not_a_failure_to_start(env: Env) -> None:
    init = {"name": "fetch", "image": "busybox:1.36", "command": ["sleep", "6"]}
    env.apply(with_pod(a_job("patient", "true", **_RETRIED), initContainers=[init]))
    env.reaches("patient", "Succeeded", where={"counters.attempts": 1})


@pytest.mark.parametrize(
    ("script", "phase", "rule", "exit_code"),
    [
        pytest.param("exit 0", "Succeeded", "succeeded", 0, id="done"),
        pytest.param("exit 65", "DeadLettered", "exit-data", 65, id="failed"),
    ],
)
def test_the_main_containers_end_decides_while_another_runs_on(
    idle_env: Env, script: str, phase: str, rule: str, exit_code: int
) -> None:
    idle_env.start_operator("--main-ended-after=2")
    idle_env.apply(_with_helper(a_job("helped", script)))
    found = idle_env.until(
        lambda: _stop_reasons(idle_env, "helped"), "the pod is stopped", lambda: "no stop reason", "helped"
    )
    assert found == ["main-ended"]
    job = idle_env.reaches("helped", phase)
    (attempt,) = job["status"]["attempts"]
    assert (attempt["rule"], attempt["exitCode"]) == (rule, exit_code)


def test_a_pod_with_a_native_sidecar_ends_by_itself(env: Env) -> None:
    sidecar = {**_HELPER, "restartPolicy": "Always"}
    env.apply(with_pod(a_job("helped", "sleep 1"), initContainers=[sidecar]))
    env.reaches("helped", "Succeeded")
    (pod,) = env.pods("helped")
    assert "queuedjob.dev/stop-reason" not in pod["metadata"]["annotations"]


def test_an_attempt_near_its_deadline_is_warned_of(idle_env: Env) -> None:
    idle_env.start_operator("--deadline-near-percent=2")
    idle_env.apply(a_job("slow", "sleep 4", timeouts={"attempt": "1m"}, type="report"))
    idle_env.reaches("slow", "Succeeded")
    (event,) = [e for e in idle_env.kubectl.list("events.events.k8s.io") if e["reason"] == "DeadlineNear"]
    assert (event["regarding"]["name"], event["type"]) == ("slow", "Warning")
    assert event["note"].startswith("attempt 1 has used 2 % of its deadline of 1m (timeouts.attempt)")
    assert idle_env.operator is not None
    with urlopen(f"{idle_env.operator.url}/metrics") as answer:  # noqa: S310 - our own operator
        lines = answer.read().decode().splitlines()
    assert 'queuedjob_deadline_near_total{queue="default",type="report"} 1.0' in lines


def _stop_reasons(env: Env, job: str) -> list[str]:
    annotations = (pod["metadata"].get("annotations", {}) for pod in env.pods(job))
    return [each["queuedjob.dev/stop-reason"] for each in annotations if "queuedjob.dev/stop-reason" in each]


def _waits_for(env: Env, job: str) -> str:
    """Return the reason that the kubelet gives for a pod's first container."""
    for pod in env.pods(job):
        for container in pod["status"].get("containerStatuses", ()):
            return str(container["state"].get("waiting", {}).get("reason", ""))
    return ""
