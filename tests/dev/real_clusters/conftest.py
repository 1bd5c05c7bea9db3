"""Clusters for the tests of the cluster tooling."""

import os
from collections.abc import Callable, Iterator

import pytest

from dev.cluster import LocalCluster, Options, Profile, down, up_local
from dev.harness import selection
from dev.harness.checkout import cluster_of_tests

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
"""When several workers run the tests of a module, no worker takes down the cluster of another."""


def pytest_configure(config: pytest.Config) -> None:
    selection.register(config)


@pytest.fixture(scope="module")
def node_cluster() -> Iterator[LocalCluster]:
    name = cluster_of_tests(f"node{WORKER}")
    yield up_local(name, Options(kwok=2))
    down(name)


@pytest.fixture(scope="module")
def api_cluster() -> Iterator[LocalCluster]:
    name = cluster_of_tests(f"api{WORKER}")
    yield up_local(name, Options(profile=Profile.API))
    down(name)


@pytest.fixture
def named() -> Iterator[Callable[[str], str]]:
    """Return a function that makes cluster names; those clusters go down when the test ends, however it ends."""
    names: list[str] = []

    def name(suffix: str) -> str:
        names.append(cluster_of_tests(suffix))
        return names[-1]

    yield name
    for each in names:
        down(each)
