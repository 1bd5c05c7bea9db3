"""The operator's own user: a ServiceAccount bound to the ClusterRole that users install, never an administrator."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from e2e.harness.kubectl import Kubectl

SYSTEM: Final = "queuedjob-system"
ROLE: Final = "queuedjob-operator"


def kubeconfig_of_operator(kubectl: Kubectl, admin: Path, name: str, namespaces: Sequence[str], folder: Path) -> Path:
    """A kubeconfig of a ServiceAccount `name`, allowed what the operator needs, in `namespaces` only where given.

    `admin` is the kubeconfig that tells where the API server is. The token lives for a day.
    """
    account = {"kind": "ServiceAccount", "name": name, "namespace": SYSTEM}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": ROLE}
    rbac = "rbac.authorization.k8s.io/v1"
    bindings: list[dict[str, Any]] = [
        {
            "apiVersion": rbac,
            "kind": "RoleBinding",
            "metadata": {"name": name, "namespace": namespace},
            "subjects": [account],
            "roleRef": role,
        }
        for namespace in namespaces
    ] or [
        {
            "apiVersion": rbac,
            "kind": "ClusterRoleBinding",
            "metadata": {"name": name},
            "subjects": [account],
            "roleRef": role,
        }
    ]
    kubectl.apply(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SYSTEM}},
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": SYSTEM}},
        *bindings,
    )
    token = kubectl.run("create", "token", name, "--namespace", SYSTEM, "--duration=24h").strip()
    config = json.loads(
        kubectl.run("config", "view", "--raw", "--minify", "--flatten", "-o", "json", f"--kubeconfig={admin}")
    )
    config["users"] = [{"name": name, "user": {"token": token}}]
    config["contexts"] = [{"name": name, "context": {"cluster": config["clusters"][0]["name"], "user": name}}]
    config["current-context"] = name
    path = folder / f"{name}.kubeconfig"
    path.write_text(json.dumps(config))
    path.chmod(0o600)
    return path
