"""The API server that these tests talk to, with our API installed."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.cluster import Options, Profile, Where, up
from e2e.harness import Kubectl as Administrator
from e2e.harness import install
from tests.api.kubectl import Kubectl, wait_for
from tests.api.manifests import a_job

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
    install(Administrator(call.program, call.kubeconfig))
    wait_for_the_freeze(call)
    yield call
    call("delete", "namespace", call.namespace, "--wait=false").accepted()


def wait_for_the_freeze(kubectl: Kubectl) -> None:
    """`install` has seen one of the policies act; the other is asked about changes only."""
    job = a_job()
    name = job["metadata"]["name"]
    kubectl.apply(job).accepted()
    kubectl.write_status("queuedjob", name, {"phase": "Succeeded"})
    change = {"spec": {"queue": "other"}}
    wait_for("changes are judged", lambda: kubectl.patch("queuedjob", name, change, "--dry-run=server").status != 0)
