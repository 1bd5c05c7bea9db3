"""The API server that these tests talk to, with our API installed."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.cluster import Options, Profile, Where, up
from tests.api.kubectl import Kubectl, wait_for
from tests.api.manifests import a_job, a_pod

ROOT = Path(__file__).parent.parent.parent
CLUSTER = "test-api"


@pytest.fixture(scope="session")
def kubectl() -> Iterator[Kubectl]:
    """kubectl in a namespace of this worker's own.

    The cluster is one of our own, left up for the next run; $QUEUEDJOB_TEST_KUBECONFIG, with $KUBECTL, names another.
    """
    if own := os.environ.get("QUEUEDJOB_TEST_KUBECONFIG"):
        call = Kubectl(Path(os.environ.get("KUBECTL", "kubectl")), Path(own))
    else:
        cluster = up(CLUSTER, Options(profile=Profile.API), where=Where.LOCAL)
        call = Kubectl(cluster.kubectl, cluster.kubeconfig)
    call("create", "namespace", call.namespace).accepted()
    install(call)
    yield call
    call("delete", "namespace", call.namespace, "--wait=false").accepted()


def install(kubectl: Kubectl) -> None:
    """CRDs, policies and roles; returns when all of them act. Any number of workers may do it at the same time."""
    folders = [f"--filename={ROOT / folder}" for folder in ("crds", "policies", "rbac")]
    kubectl("apply", "--server-side", "--force-conflicts", *folders).accepted()
    kubectl("wait", "--for=condition=Established", "--timeout=30s", f"--filename={ROOT / 'crds'}").accepted()
    refused = a_job(**a_pod(restartPolicy="Always"))
    wait_for("the policies refuse", lambda: "restartPolicy" in kubectl.apply(refused, "--dry-run=server").err)
