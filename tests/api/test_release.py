"""`queuedjob release` with a real API server and its admission policies, as a separate program."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeAlias

import pytest
import yaml

from queuedjob.api import names
from tests.api.conftest import ApiCluster
from tests.api.kubectl import Kubectl, wait_for
from tests.api.manifests import Object, a_job, fresh_name
from tests.api.tampering import attempt, owner
from tests.api.test_pod_evidence import a_pod

COMMAND: Final = Path(__file__).parents[2] / "bin/queuedjob"

Release: TypeAlias = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def release(cluster: ApiCluster, kubectl: Kubectl, tmp_path: Path) -> Release:
    """`queuedjob release` as a ServiceAccount with a ClusterRole in the test's namespace."""

    def call(role: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        account = fresh_name(role)
        kubectl("create", "serviceaccount", account).accepted()
        held_by = f"--serviceaccount={kubectl.namespace}:{account}"
        kubectl("create", "rolebinding", account, f"--clusterrole={role}", held_by).accepted()
        user = f"--as=system:serviceaccount:{kubectl.namespace}:{account}"
        wait_for("the role acts", lambda: kubectl("auth", "can-i", "patch", "pods", user).status == 0)
        config: Any = yaml.safe_load(cluster.kubeconfig.read_text())
        config["users"][0]["user"] = {"token": kubectl("create", "token", account).out.strip()}
        file = tmp_path / f"{account}.kubeconfig"
        file.write_text(json.dumps(config))
        environment = {"PATH": os.environ["PATH"], "KUBECONFIG": str(file)}
        argv = [str(COMMAND), "release", *arguments, "-n", kubectl.namespace]
        return subprocess.run(argv, env=environment, capture_output=True, text=True, check=False, timeout=60)

    return call


def a_held_pod(kubectl: Kubectl) -> tuple[str, str]:
    """Create the pod of an attempt of a new job, and one that has lost its labels. Return the job and the pod."""
    job: Object = kubectl.apply(a_job()).object["metadata"]
    made = a_pod(**{**attempt(), "ownerReferences": [owner(job["uid"], job["name"])]})
    wait_for("pods may be created", lambda: kubectl.apply(made).status == 0)
    return job["name"], made["metadata"]["name"]


def finalizers(kubectl: Kubectl, pod: str) -> list[str]:
    found: list[str] = kubectl.get("pod", pod)["metadata"].get("finalizers") or []
    return found


def test_a_tenant_lets_the_pods_of_his_job_go(kubectl: Kubectl, release: Release) -> None:
    job, pod = a_held_pod(kubectl)
    refused = release("edit", job, "--yes")
    assert refused.returncode == 1
    assert "an operator seems to run: one created pod" in refused.stderr
    assert finalizers(kubectl, pod) == [names.FINALIZER]
    done = release("edit", job, "--yes", "--force", "-o", "json")
    assert done.returncode == 0, done.stderr
    assert [(each["name"], each["job"], each["result"]) for each in json.loads(done.stdout)["pods"]] == [
        (pod, job, "released")
    ]
    assert finalizers(kubectl, pod) == []


def test_the_write_of_a_status_is_a_sign_of_an_operator(kubectl: Kubectl, release: Release) -> None:
    job, _ = a_held_pod(kubectl)
    kubectl.write_status("queuedjob", job, {"phase": "Running"})
    refused = release("edit", job, "--yes")
    assert "an operator seems to run" in refused.stderr


def test_who_may_write_pods_but_not_delete_jobs_is_told_why_he_cannot(kubectl: Kubectl, release: Release) -> None:
    job, pod = a_held_pod(kubectl)
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "all-pods"}}
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["*"]}]
    kubectl.apply({**role, "rules": rules}).accepted()
    done = release("all-pods", job, "--yes", "--force")
    assert done.returncode == 1
    assert "0 released, 1 still held:" in done.stdout
    assert "ask a user who may delete queuedjobs.queuedjob.dev" in " ".join(done.stdout.split())
    assert finalizers(kubectl, pod) == [names.FINALIZER]
