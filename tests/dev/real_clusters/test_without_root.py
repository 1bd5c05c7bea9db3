"""Profile `api` on the loopback network, as users other than root have it. Here root is treated as such a user."""

from collections.abc import Callable

import pytest

from dev.cluster import LocalCluster, Options, Profile, down, processes, up_local
from dev.cluster.local import surroundings
from tests.dev.real_clusters.kubernetes import a_pod, create, kubectl

API = Options(profile=Profile.API)


Up = Callable[[str], LocalCluster]


@pytest.fixture
def up(monkeypatch: pytest.MonkeyPatch, named: Callable[[str], str]) -> Up:
    monkeypatch.setattr(surroundings, "are_its_own", lambda: False)  # until the clusters of `named` are down again
    return lambda suffix: up_local(named(suffix), API)


def pids(cluster: LocalCluster) -> list[int]:
    return [cluster.pid(component.name) for component in cluster.plan.components]


def test_a_cluster_without_root_serves_pods_on_a_loopback_address_and_leaves_nothing(up: Up) -> None:
    cluster = up("plain")
    create(cluster, a_pod("p", "true"))

    assert "pod/p" in kubectl(cluster, "get", "pods", "-o", "name")
    assert cluster.addresses.server in kubectl(cluster, "config", "view")
    assert cluster.addresses.server.startswith("https://127.18.")
    assert cluster.audit_log.stat().st_size > 0

    ran = pids(cluster)
    down(cluster.name)

    assert [pid for pid in ran if processes.started(pid) is not None] == []
    assert not cluster.folder.exists()


def test_a_cluster_without_pid_files_is_replaced_by_the_next_up(up: Up) -> None:
    cluster = up("lost")
    ran = pids(cluster)
    for file in cluster.folder.glob("run/*.pid"):
        file.unlink()

    up_local(cluster.name, API).wait_until_ready()

    assert [pid for pid in ran if processes.started(pid) is not None] == []
