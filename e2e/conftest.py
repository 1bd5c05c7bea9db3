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
from e2e.env import Env

CLUSTER: Final = cluster_of_tests("e2e")

_KEEP: Final = "QUEUEDJOB_KEEP_CLUSTER"
"""If set, the cluster stays up after the run, to be examined or used again. It also stays up after a failure."""


def pytest_configure(config: pytest.Config) -> None:
    selection.register(config)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Take the cluster down when all tests pass, in the process that started the workers or is the only one."""
    if not hasattr(session.config, "workerinput") and exitstatus == 0 and _KEEP not in os.environ:
        down(CLUSTER)


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """One cluster for all tests, and for all workers: a cluster that is up already is used."""
    return up(CLUSTER, where=selection.where())


@pytest.fixture(scope="session")
def administrator(cluster: Cluster) -> Kubectl:
    kubectl = Kubectl.of(cluster)
    install(kubectl)
    return kubectl


@contextmanager
def an_env(cluster: Cluster, administrator: Kubectl, folder: Path) -> Iterator[Env]:
    """Yield a namespace without an operator; delete it at the end."""
    namespace = f"e2e-{secrets.token_hex(4)}"
    administrator.run("create", "namespace", namespace)
    account = kubeconfig_of_operator(administrator, cluster.kubeconfig, namespace, [namespace], folder)
    env = Env(
        cluster,
        administrator.within(namespace),
        namespace,
        account,
        folder,
        options=["--post-timeout", "2", "--late-margin", "1"],
    )
    yield env
    if env.operator is not None and env.operator.process.poll() is None:
        env.let_go()
        env.operator.stop()
    administrator.run("delete", "namespace", namespace, "--wait=false", "--ignore-not-found")


@pytest.fixture
def idle_env(cluster: Cluster, administrator: Kubectl, tmp_path: Path) -> Iterator[Env]:
    """A namespace without an operator."""
    with an_env(cluster, administrator, tmp_path) as env:
        yield env


@pytest.fixture
def env(idle_env: Env) -> Env:
    """A namespace and an operator in it."""
    idle_env.start_operator()
    return idle_env


@pytest.fixture
def admission(cluster: Cluster, administrator: Kubectl, tmp_path: Path) -> Iterator[Admission]:
    """A webhook server that denies every request. Tests that use it are marked `local`."""
    assert isinstance(cluster, LocalCluster)
    server = Admission(cluster, administrator, tmp_path)
    yield server
    server.stop()
