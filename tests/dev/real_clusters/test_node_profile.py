import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from dev.cluster import ClusterError, LocalCluster
from dev.cluster.commands import tail
from dev.cluster.waiting import until
from tests.dev.real_clusters.kubernetes import a_pod, create, in_phase, kubectl, pod, wait_for_pod

pytestmark = pytest.mark.local


def test_a_pod_runs_to_its_end(node_cluster: LocalCluster) -> None:
    create(node_cluster, a_pod("ends", "echo hello; exit 0"))

    wait_for_pod(node_cluster, "ends", in_phase("Succeeded"))

    assert kubectl(node_cluster, "logs", "ends") == "hello\n"


def test_a_pod_dies_at_its_memory_limit(node_cluster: LocalCluster) -> None:
    body = a_pod("eats", "exec tail /dev/zero")
    body["spec"]["containers"][0]["resources"] = {"limits": {"memory": "32Mi"}}
    create(node_cluster, body)

    failed = wait_for_pod(node_cluster, "eats", in_phase("Failed"))

    assert failed["status"]["containerStatuses"][0]["state"]["terminated"]["reason"] == "OOMKilled"


def test_pods_on_simulated_nodes_succeed_and_others_never_land_there(node_cluster: LocalCluster) -> None:
    create(
        node_cluster,
        a_pod("simulated", "exit 1", nodeSelector={"type": "kwok"}, tolerations=[{"operator": "Exists"}]),
    )
    wait_for_pod(node_cluster, "simulated", in_phase("Succeeded"))

    create(node_cluster, a_pod("stranger", "true", nodeSelector={"type": "kwok"}))

    stranger = wait_for_pod(node_cluster, "stranger", lambda found: bool(found["status"].get("conditions")))
    assert stranger["status"]["conditions"][0]["reason"] == "Unschedulable"


def test_the_audit_log_shows_who_did_what(node_cluster: LocalCluster) -> None:
    create(node_cluster, a_pod("audited", "true"))

    lines = [json.loads(line) for line in node_cluster.audit_log.read_text().splitlines()]

    by_us = [
        line["user"]["username"]
        for line in lines
        if line["verb"] == "create"
        and line.get("objectRef", {}).get("name") == "audited"
        # the scheduler's binding is a create of a subresource
        and "subresource" not in line["objectRef"]
    ]
    assert by_us == ["admin"]


def test_nothing_in_the_cluster_reaches_the_host(node_cluster: LocalCluster) -> None:
    with socket.create_server(("0.0.0.0", 0)) as server:  # noqa: S104 - what a careless program would do
        port = server.getsockname()[1]
        call = f"import socket; socket.create_connection(('{node_cluster.addresses.host}', {port}), 5)"

        with pytest.raises(subprocess.CalledProcessError) as refused:
            node_cluster.run_in_namespace([sys.executable, "-c", call])

        assert "ConnectionRefusedError" in str(refused.value.stderr)


def test_a_server_of_a_test_can_run_in_the_cluster(node_cluster: LocalCluster, tmp_path: Path) -> None:
    (tmp_path / "answer").write_text("from inside")
    log = tmp_path / "log"
    serve = [sys.executable, "-u", "-m", "http.server", "8099", "--directory", str(tmp_path)]
    process = node_cluster.popen_in_namespace(serve, log=log)
    try:
        until("the server", lambda: None if b"Serving" in log.read_bytes() else tail(log))
        call = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:8099/answer').read().decode())"

        assert node_cluster.run_in_namespace([sys.executable, "-c", call]).stdout == "from inside\n"
    finally:
        process.kill()
        process.wait()


def test_every_component_can_be_killed_and_started_again_while_a_pod_runs_on(node_cluster: LocalCluster) -> None:
    create(node_cluster, a_pod("survives", "while sleep 1; do :; done"))
    before = wait_for_pod(node_cluster, "survives", in_phase("Running"))["status"]["containerStatuses"][0]

    for component in node_cluster.plan.components:
        node_cluster.restart(component.name)
    node_cluster.wait_until_ready()

    create(node_cluster, a_pod("after", "true"))
    wait_for_pod(node_cluster, "after", in_phase("Succeeded"))
    after = pod(node_cluster, "survives")["status"]["containerStatuses"][0]
    assert after["containerID"] == before["containerID"]
    assert "running" in after["state"]
    assert after["restartCount"] == 0


def test_a_killed_component_stays_dead_until_it_is_started(node_cluster: LocalCluster) -> None:
    node_cluster.kill("kube-scheduler")
    create(node_cluster, a_pod("waits", "true"))
    try:
        with pytest.raises(ClusterError, match="kube-scheduler has ended"):
            node_cluster.wait_until_ready()
        assert "nodeName" not in pod(node_cluster, "waits")["spec"]
    finally:
        node_cluster.start("kube-scheduler")
    wait_for_pod(node_cluster, "waits", in_phase("Succeeded"))


def test_each_component_has_its_log(node_cluster: LocalCluster) -> None:
    for component in node_cluster.plan.components:
        assert node_cluster.log(component.name).stat().st_size > 0


def test_a_component_that_is_not_there_is_named_with_those_that_are(node_cluster: LocalCluster) -> None:
    with pytest.raises(ClusterError, match=r"no component 'apiserver'; it has etcd, kube-apiserver"):
        node_cluster.kill("apiserver")
