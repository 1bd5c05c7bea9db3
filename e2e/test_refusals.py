"""Every line of the table "When the API server refuses the pod", produced on a real API server."""

import base64
import hashlib
from typing import Any

import pytest

from dev.harness import Kubectl
from e2e.admission import Admission, policy_that_denies, webhook_at
from e2e.env import Env, a_job, with_container


def test_a_used_up_quota_is_a_visible_wait_that_ends_when_there_is_room(env: Env) -> None:
    env.kubectl.run("create", "quota", "tight", "--hard=pods=0")
    env.apply(a_job("q", "true"))
    job = env.reaches("q", "Waiting", reason="QuotaExceeded", where={"counters.attempts": 0})
    assert "exceeded quota: tight" in job["status"]["message"]
    env.kubectl.run("delete", "quota", "tight")
    env.reaches("q", "Succeeded", where={"counters.attempts": 1})


def test_a_pod_that_pod_security_forbids_is_the_specs_fault(env: Env) -> None:
    _label_namespace(env, "pod-security.kubernetes.io/enforce=restricted")
    env.apply(with_container(a_job("p", "true"), securityContext={"privileged": True}))
    _is_dead_without_a_pod(env, "p", "violates PodSecurity")


def test_a_template_that_only_the_pods_validation_refuses_is_the_specs_fault(env: Env) -> None:
    env.apply(with_container(a_job("v", "true"), volumeMounts=[{"name": "queuedjob-missing", "mountPath": "/data"}]))
    _is_dead_without_a_pod(env, "v", "volumeMounts")


def test_a_limit_range_that_forbids_the_pod_is_a_wait_that_a_user_may_end(env: Env) -> None:
    env.apply(
        {
            "apiVersion": "v1",
            "kind": "LimitRange",
            "metadata": {"name": "small"},
            "spec": {"limits": [{"type": "Container", "max": {"memory": "8Mi"}}]},
        }
    )
    env.apply(with_container(a_job("l", "true"), resources={"limits": {"memory": "64Mi"}}))
    job = env.reaches("l", "Waiting", reason="PodRefused", where={"counters.attempts": 0})
    assert "maximum memory usage per Container is 8Mi" in job["status"]["message"]
    env.kubectl.run("delete", "limitrange", "small")
    env.reaches("l", "Succeeded")


def test_a_missing_service_account_is_a_wait_that_its_creation_ends(env: Env) -> None:
    job = a_job("sa", "true")
    job["spec"]["template"]["spec"]["serviceAccountName"] = "to-come"
    env.apply(job)
    waiting = env.reaches("sa", "Waiting", reason="PodRefused")
    assert 'serviceaccount "to-come" not found' in waiting["status"]["message"]
    env.kubectl.run("create", "serviceaccount", "to-come")
    env.reaches("sa", "Succeeded")


def test_a_policy_that_denies_is_a_wait_that_its_removal_ends(env: Env, administrator: Kubectl) -> None:
    with policy_that_denies(administrator, env.namespace):
        env.apply(a_job("d", "true"))
        job = env.reaches("d", "Waiting", reason="PodRefused", where={"counters.attempts": 0})
        assert "no pods on a holiday" in job["status"]["message"]
    env.reaches("d", "Succeeded")


@pytest.mark.local
def test_a_webhook_that_denies_with_any_code_is_a_wait(env: Env, admission: Admission) -> None:
    with admission.denying(env.namespace, code=400):
        env.apply(a_job("w", "true"))
        job = env.reaches("w", "Waiting", reason="PodRefused", where={"counters.attempts": 0})
        assert "not today" in job["status"]["message"]
    env.reaches("w", "Succeeded", where={"counters.attempts": 1})


def test_a_webhook_that_does_not_answer_is_a_wait_and_spends_nothing(env: Env, administrator: Kubectl) -> None:
    with webhook_at(administrator, env.namespace, url="https://127.0.0.1:1/"):
        env.apply(a_job("f", "true"))
        job = env.reaches("f", "Waiting", reason="WebhookFailed", where={"counters.attempts": 0})
        assert "failed calling webhook" in job["status"]["message"]
    env.reaches("f", "Succeeded", where={"counters.attempts": 1, "counters.pods": 1})


def test_a_permission_that_we_lack_is_a_wait_that_names_it(env: Env) -> None:
    administrator, namespace = env.kubectl, env.namespace
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "no-pods"},
        "rules": [
            {"apiGroups": ["queuedjob.dev"], "resources": ["*"], "verbs": ["*"]},
            {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]},
        ],
    }
    whole = administrator.get("rolebinding", namespace)
    less: dict[str, Any] = {
        **whole,
        "metadata": {"name": namespace, "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "no-pods"},
    }
    administrator.apply(role)
    administrator.run("delete", "rolebinding", namespace)
    administrator.apply(less)
    env.apply(a_job("n", "true"))
    job = env.reaches("n", "Waiting", reason="OperatorNotPermitted", where={"counters.attempts": 0})
    assert 'cannot create resource "pods"' in job["status"]["message"]
    administrator.run("delete", "rolebinding", namespace)
    administrator.apply({**less, "roleRef": whole["roleRef"]})
    env.reaches("n", "Succeeded", where={"counters.attempts": 1})


def test_a_foreign_pod_of_that_name_is_a_wait_that_its_removal_ends(idle_env: Env) -> None:
    env = idle_env
    env.apply(a_job("t", "true"))
    name = env.kubectl.run("get", "qj", "t", "-o", "jsonpath={.metadata.uid}")
    foreign = f"{_pod_name('t', name)}"
    env.kubectl.run("run", foreign, "--image=busybox:1.36", "--restart=Never", "--", "sleep", "600")
    env.start_operator()
    env.reaches("t", "Waiting", reason="PodNameTaken", where={"counters.attempts": 0})
    env.kubectl.run("delete", "pod", foreign, "--grace-period=0", "--force")
    env.reaches("t", "Succeeded", where={"counters.attempts": 1})


def _is_dead_without_a_pod(env: Env, name: str, words: str) -> None:
    job = env.reaches(name, "DeadLettered", reason="Permanent", where={"counters.attempts": 1})
    attempt = job["status"]["attempts"][0]
    assert "podUID" not in attempt
    assert words in attempt["message"]
    letter = env.until(env.letters, "a letter is filed", lambda: "none", name)[0]
    assert letter["spec"]["action"] == "fix-spec"
    assert env.pods(name) == []


def _label_namespace(env: Env, label: str) -> None:
    env.kubectl.run("label", "namespace", env.namespace, label)


def _pod_name(job: str, uid: str) -> str:
    """Return the pod's name as users can compute it: the hash is part of the API (docs/api.md)."""
    digest = hashlib.sha256(f"{uid}/0".encode()).digest()
    return f"{job}-{base64.b32encode(digest).decode().lower()[:10]}-1"
