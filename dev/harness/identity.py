"""The operator's own user: a ServiceAccount bound to the ClusterRole that users install, never an administrator."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from dev.harness.kubectl import Kubectl

SYSTEM: Final = "queuedjob-system"
"""The namespace of the operator's ServiceAccounts."""

ROLE: Final = "queuedjob-operator"
_RBAC: Final = "rbac.authorization.k8s.io"
_LIFETIME: Final = "720h"
"""The requested duration of a token: an operator that is left running works for a month. An API server may cut it."""


def may_lead(kubectl: Kubectl, name: str) -> None:
    """Let the ServiceAccount `name` stand for the Lease, and see who holds it."""
    binding = _binding("RoleBinding", f"{name}-lease", SYSTEM, role=f"{ROLE}-lease", account=name)
    kubectl.apply(binding)


def kubeconfig_of_operator(kubectl: Kubectl, admin: Path, name: str, namespaces: Sequence[str], folder: Path) -> Path:
    """Write and return a kubeconfig for a ServiceAccount `name` with the operator's permissions.

    The account has them only in `namespaces`, where given, and loses its earlier bindings of the same name. The address
    of the API server is that of the kubeconfig `admin`. Raises KubectlError, for example for an unknown namespace.
    """
    _bind(kubectl, name, namespaces)
    token = kubectl.run("create", "token", name, "--namespace", SYSTEM, f"--duration={_LIFETIME}").strip()
    config = json.loads(
        kubectl.run("config", "view", "--raw", "--minify", "--flatten", "-o", "json", f"--kubeconfig={admin}")
    )
    config["users"] = [{"name": name, "user": {"token": token}}]
    config["contexts"] = [{"name": name, "context": {"cluster": config["clusters"][0]["name"], "user": name}}]
    config["current-context"] = name
    return _write(folder / f"{name}.kubeconfig", json.dumps(config))


def _bind(kubectl: Kubectl, name: str, namespaces: Sequence[str]) -> None:
    wanted = [_binding("RoleBinding", name, namespace) for namespace in namespaces]
    wanted = wanted or [_binding("ClusterRoleBinding", name)]
    for found in kubectl.list(
        "clusterrolebindings,rolebindings", "--all-namespaces", f"--field-selector=metadata.name={name}"
    ):
        if not any(_place(found) == _place(each) for each in wanted):
            kind, namespace = _place(found)
            kubectl.run("delete", kind, name, *([f"--namespace={namespace}"] if namespace else []))
    kubectl.apply(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SYSTEM}},
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": SYSTEM}},
        *wanted,
    )


def _binding(kind: str, name: str, namespace: str = "", *, role: str = ROLE, account: str = "") -> dict[str, Any]:
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": kind,
        "metadata": {"name": name} | ({"namespace": namespace} if namespace else {}),
        "subjects": [{"kind": "ServiceAccount", "name": account or name, "namespace": SYSTEM}],
        "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": role},
    }


def _place(binding: dict[str, Any]) -> tuple[str, str]:
    return binding["kind"], binding["metadata"].get("namespace", "")


def _write(path: Path, text: str) -> Path:
    """Write the file at once, since an operator may be reading the old one, and readable only by its owner."""
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    return part.replace(path)
