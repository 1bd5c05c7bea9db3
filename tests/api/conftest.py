"""The API server of these tests: one cluster for all workers of a run, with our API installed."""

import hashlib
import os
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from dev.cluster import Options, Profile, down, up_local
from dev.cluster.locks import locked
from dev.harness import Kubectl, install
from dev.harness.checkout import cluster_of_tests
from dev.harness.installation import MANIFESTS
from tests.api.env import captured_logs
from tests.api.env.api_server import ApiServerEnv
from tests.api.env.users import USERS
from tests.api.kubectl import Kubectl as Caller
from tests.api.kubectl import wait_for
from tests.api.manifests import a_job, a_letter

CLUSTER: Final = cluster_of_tests("tests")

_KEEP: Final = "QUEUEDJOB_KEEP_CLUSTER"
"""If set, the cluster stays up after the run, for inspection or for the next run. It also stays up after a failure."""

_COMPACT: Final = """
import json, urllib.error, urllib.request
try:
    urllib.request.urlopen("http://127.0.0.1:2379/v3/kv/compaction", json.dumps({"revision": 50}).encode())
except urllib.error.HTTPError as refused:
    assert b"has been compacted" in refused.read()
"""
"""etcd's own HTTP gateway (Documentation/dev-guide/api_grpc_gateway)."""

_KUBELET: Final = "kubelet"


@dataclass(frozen=True, slots=True)
class ApiCluster:
    """A running API server. `kubectl` runs as its administrator."""

    kubectl: Kubectl
    program: Path
    """The path of the kubectl program."""
    kubeconfig: Path
    kubelet_token: str
    audit_log: Path
    run_inside: Callable[[Sequence[str]], object]
    """Runs a command where etcd is reachable."""
    client_ca_file: Path
    """The authorities whose client certificates the API server accepts. It reads the file again when it changes."""

    def namespace(self, stem: str = "api") -> str:
        """Create a fresh namespace. Namespaces are not deleted: that costs the API server more than the tests do. They
        disappear with the cluster."""
        name = f"{stem}-{uuid.uuid4().hex[:10]}"
        self.kubectl.run("create", "namespace", name)
        return name

    def forget_the_beginning(self) -> None:
        """Compact the first revisions of etcd, which no test has seen."""
        self.run_inside([sys.executable, "-c", _COMPACT])


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Take the cluster down if no test failed. Only the process that started the workers, or the only process, does
    this."""
    if not hasattr(session.config, "workerinput") and exitstatus == 0 and _KEEP not in os.environ:
        down(CLUSTER)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many fault points each scenario ran, and at which writes."""
    reports = [report for key in ("passed", "failed") for report in terminalreporter.getreports(key)]
    told = [value for report in reports for name, value in report.user_properties if name == "points"]
    if told:
        terminalreporter.section("points at which something went wrong")
        for scenario, points, writes in sorted(told):
            terminalreporter.write_line(f"{points:4} {scenario}: {', '.join(writes)}")
        terminalreporter.write_line(f"{sum(points for _, points, _ in told):4} in all")


@pytest.fixture(scope="session")
def cluster() -> ApiCluster:
    """The cluster. The first worker brings it up."""
    captured_logs.configure()
    found = up_local(CLUSTER, Options(profile=Profile.API))
    kubectl = Kubectl(found.kubectl, found.kubeconfig)
    with locked(found.folder / "install.lock", "the installation of our API"):
        installed, wanted = found.folder / "installed", _fingerprint()
        if not installed.exists() or installed.read_text() != wanted:
            install(kubectl)
            _make_kubelet_user(kubectl)
            installed.write_text(wanted)
    token = kubectl.run("create", "token", _KUBELET, "--namespace", USERS, "--duration=24h").strip()
    return ApiCluster(
        kubectl,
        found.kubectl,
        found.kubeconfig,
        token,
        found.audit_log,
        run_inside=found.run_in_namespace,
        client_ca_file=found.folder / "pki" / "ca.crt",
    )


@pytest.fixture(scope="session")
def kubectl(cluster: ApiCluster) -> Caller:
    """kubectl in this worker's own namespace, for tests of what a user types and reads."""
    call = Caller(cluster.program, cluster.kubeconfig)
    call("create", "namespace", call.namespace).accepted()
    _wait_for_the_freeze(call)
    return call


def _wait_for_the_freeze(kubectl: Caller) -> None:
    """Wait until the policies for changes work. `install` has waited for one policy only; the others apply only to
    changes."""
    job = a_job()
    name = job["metadata"]["name"]
    kubectl.apply(job).accepted()
    kubectl.write_status("queuedjob", name, {"phase": "Succeeded"})
    change = {"spec": {"queue": "other"}}
    wait_for("changes are judged", lambda: kubectl.patch("queuedjob", name, change, "--dry-run=server").status != 0)
    letter = a_letter()
    kubectl.apply(letter).accepted()
    noted, filed = {"spec": {"checkpoint": 1}}, letter["metadata"]["name"]
    wait_for("letters are kept", lambda: kubectl.patch("deadletter", filed, noted, "--dry-run=server").status != 0)


@pytest.fixture
async def api_server_env(cluster: ApiCluster) -> AsyncIterator[ApiServerEnv]:
    """The cluster for tests that run operators in their own event loop."""
    async with ApiServerEnv.open(cluster.kubeconfig, cluster.kubelet_token) as it:
        yield it


def _fingerprint() -> str:
    files = sorted(file for folder in MANIFESTS for file in folder.glob("*.yaml"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _make_kubelet_user(kubectl: Kubectl) -> None:
    """Create a user that may do to pods what a kubelet and a scheduler may do."""
    rbac = "rbac.authorization.k8s.io"
    kubectl.apply(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": USERS}},
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": _KUBELET, "namespace": USERS}},
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "ClusterRole",
            "metadata": {"name": "test-kubelet"},
            "rules": [
                {"apiGroups": [""], "resources": ["pods"], "verbs": ["delete"]},
                {"apiGroups": [""], "resources": ["pods/binding"], "verbs": ["create"]},
                {"apiGroups": [""], "resources": ["pods/status"], "verbs": ["patch"]},
            ],
        },
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "test-kubelet"},
            "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": "test-kubelet"},
            "subjects": [{"kind": "ServiceAccount", "name": _KUBELET, "namespace": USERS}],
        },
    )
