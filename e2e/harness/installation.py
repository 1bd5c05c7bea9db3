"""Installing CRDs, policies and RBAC, and waiting until the policies refuse what they should."""

import json
import time
from pathlib import Path
from typing import Any, Final

from e2e.harness.kubectl import Kubectl, KubectlError

_ROOT: Final = Path(__file__).parents[2]
MANIFESTS: Final = tuple(_ROOT / folder for folder in ("crds", "policies", "rbac"))
_DEADLINE: Final = 60.0

_REFUSED: Final[dict[str, Any]] = {
    "apiVersion": "queuedjob.dev/v1alpha1",
    "kind": "QueuedJob",
    "metadata": {"name": "policy-probe", "namespace": "default"},
    "spec": {
        "mainContainer": "missing",
        "template": {"spec": {"containers": [{"name": "main", "image": "busybox"}]}},
    },
}
"""Nothing but the policy refuses it: the schema does not compare two fields."""


def install(kubectl: Kubectl) -> None:
    """Apply CRDs, policies and roles; return when the API server serves the kinds and the policies refuse.

    Raises TimeoutError that says what was seen instead.
    """
    files = [f"--filename={folder}" for folder in MANIFESTS]
    kubectl.run("apply", "--server-side", "--force-conflicts", *files)
    until, seen = time.monotonic() + _DEADLINE, "nothing"
    while time.monotonic() < until:
        try:
            kubectl.run("get", "deadletters", "--all-namespaces", "--chunk-size=1")
            seen = kubectl.run("create", "--dry-run=server", "-f", "-", stdin=json.dumps(_REFUSED))
        except KubectlError as error:
            if "mainContainer" in str(error):
                return
            seen = str(error)
        time.sleep(0.1)
    raise TimeoutError(f"after {_DEADLINE:.0f} s the admission policies do not refuse a wrong job; last answer: {seen}")
