"""Installs CRDs, policies and RBAC, and waits until the policies refuse wrong specs."""

import json
from pathlib import Path
from typing import Any, Final

from dev.cluster.waiting import tries
from dev.harness.kubectl import Kubectl, KubectlError

_ROOT: Final = Path(__file__).parents[2]
MANIFESTS: Final = tuple(_ROOT / folder for folder in ("crds", "policies", "rbac"))
_DEADLINE: Final = 60.0

_REFUSED: Final[dict[str, dict[str, Any]]] = {
    "spec.mainContainer": {"mainContainer": "missing"},
    "spec.failurePolicy.rules": {"failurePolicy": {"rules": [{"name": "blind", "class": "Crash"}]}},
    "spec.retry.perClass": {"retry": {"perClass": [{"class": "Crash"}]}},
}
"""Specs that only a policy refuses, one for each policy on new jobs, by the field that its refusal names."""


def install(kubectl: Kubectl) -> None:
    """Apply CRDs, policies and roles; return when the API server serves the kinds and the policies refuse wrong specs.

    Raises TimeoutError with what was seen instead.
    """
    files = [f"--filename={folder}" for folder in MANIFESTS]
    kubectl.run("apply", "--server-side", "--force-conflicts", *files)
    for field, spec in _REFUSED.items():
        _await_refusal(kubectl, field, spec)


def _await_refusal(kubectl: Kubectl, field: str, spec: dict[str, Any]) -> None:
    body = {
        "apiVersion": "queuedjob.dev/v1alpha1",
        "kind": "QueuedJob",
        "metadata": {"name": "policy-probe", "namespace": "default"},
        "spec": {"template": {"spec": {"containers": [{"name": "main", "image": "busybox"}]}}, **spec},
    }
    seen = "nothing"
    for _ in tries(_DEADLINE):
        try:
            kubectl.run("get", "--raw", "/apis/queuedjob.dev/v1alpha1/deadletters?limit=1")
            seen = kubectl.run("create", "--dry-run=server", "-f", "-", stdin=json.dumps(body))
        except KubectlError as error:
            if field in str(error):
                return
            seen = str(error)
    raise TimeoutError(f"after {_DEADLINE:.0f} s no admission policy refuses a wrong {field}; last answer: {seen}")
