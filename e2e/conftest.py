import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from dev.cluster import Cluster, LocalCluster, down, up
from dev.harness import Kubectl, install, selection
from dev.harness.checkout import cluster_of_tests
from dev.harness.identity import kubeconfig_of_operator
from e2e.admission import Admission
from e2e.env import World

CLUSTER: Final = cluster_of_tests("e2e")

_KEEP: Final = "QUEUEDJOB_KEEP_CLUSTER"
"""Set: the cluster stays up after the run, for a look or for the next one. It stays, too, when something failed."""


def pytest_configure(config: pytest.Config) -> None:
    selection.register(config)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Take the cluster down when all is well: by the process that started the workers, or is the only one."""
    if not hasattr(session.config, "workerinput") and exitstatus == 0 and _KEEP not in os.environ:
        down(CLUSTER)


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """One for all tests, and for all workers: what is up already is used."""
    return up(CLUSTER, where=selection.where())


@pytest.fixture(scope="session")
def administrator(cluster: Cluster) -> Kubectl:
    kubectl = Kubectl.of(cluster)
    install(kubectl)
    return kubectl


@contextmanager
def a_world(cluster: Cluster, administrator: Kubectl, folder: Path) -> Iterator[World]:
    """A namespace without an operator, until this ends."""
    namespace = f"e2e-{secrets.token_hex(4)}"
    administrator.run("create", "namespace", namespace)
    account = kubeconfig_of_operator(administrator, cluster.kubeconfig, namespace, [namespace], folder)
    world = World(
        cluster,
        administrator.within(namespace),
        namespace,
        account,
        folder,
        options=["--post-timeout", "2", "--late-margin", "1"],
    )
    yield world
    if world.operator is not None and world.operator.process.poll() is None:
        world.let_go()
        world.operator.stop()
    administrator.run("delete", "namespace", namespace, "--wait=false", "--ignore-not-found")


@pytest.fixture
def idle_world(cluster: Cluster, administrator: Kubectl, tmp_path: Path) -> Iterator[World]:
    """A namespace without an operator."""
    with a_world(cluster, administrator, tmp_path) as world:
        yield world


@pytest.fixture
def world(idle_world: World) -> World:
    """A namespace and an operator in it."""
    idle_world.start_operator()
    return idle_world


@pytest.fixture
def admission(cluster: Cluster, administrator: Kubectl, tmp_path: Path) -> Iterator[Admission]:
    """A webhook server that denies what it is asked about. Tests that ask for it are marked `local`."""
    assert isinstance(cluster, LocalCluster)
    server = Admission(cluster, administrator, tmp_path)
    yield server
    server.stop()
