"""kubectl, and waiting for the state that it shows."""

import json
import subprocess
from collections.abc import Callable
from typing import Any

from dev.cluster import LocalCluster
from dev.cluster.waiting import until


def kubectl(cluster: LocalCluster, *arguments: str, stdin: str | None = None) -> str:
    done = subprocess.run(
        [cluster.kubectl, f"--kubeconfig={cluster.kubeconfig}", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr}"
    return done.stdout


def a_pod(name: str, script: str, **spec: object) -> dict[str, Any]:
    container = {"name": "main", "image": "busybox:1.36", "command": ["sh", "-c", script]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {
            "containers": [container],
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 1,
            **spec,
        },
    }


def create(cluster: LocalCluster, body: dict[str, Any]) -> None:
    kubectl(cluster, "create", "-f", "-", stdin=json.dumps(body))


def pod(cluster: LocalCluster, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(kubectl(cluster, "get", "pod", name, "-o", "json"))
    return found


def wait_for_pod(cluster: LocalCluster, name: str, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    def missing() -> str | None:
        found = pod(cluster, name)
        return None if wanted(found) else json.dumps(found["status"], indent=1)

    until(f"pod {name}", missing)
    return pod(cluster, name)


def in_phase(phase: str) -> Callable[[dict[str, Any]], bool]:
    return lambda found: bool(found["status"]["phase"] == phase)
