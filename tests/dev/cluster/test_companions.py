import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.cluster import Cluster, Where, owner
from dev.cluster.record import Record, write


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "600"]) as it:
        yield it
        it.kill()


@pytest.mark.usefixtures("state")
def test_a_process_that_works_with_a_cluster_is_found_and_ended_by_its_name(process: subprocess.Popen[bytes]) -> None:
    cluster = Cluster("c", Where.KIND, Path("kubeconfig"), Path("kubectl"))
    assert cluster.companion("operator") is None
    assert not cluster.stop("operator")

    cluster.stop_first("operator", process.pid)
    assert cluster.companion("operator") == process.pid
    assert cluster.stop("operator")
    assert process.wait() < 0
    assert cluster.companion("operator") is None


@pytest.mark.usefixtures("state")
def test_a_cluster_is_found_by_its_kubeconfig() -> None:
    write(Record("c", Where.KIND, "/some/kubeconfig", "kubectl", ready=True))
    found = owner(Path("/some/kubeconfig"))
    assert found is not None
    assert found.name == "c"
    assert owner(Path("/a/persons/own")) is None
