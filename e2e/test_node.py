"""Jobs whose node is lost. The tests have a cluster of their own, since they take its node away from all pods."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import pytest

from dev.cluster import LocalCluster, Options, down, up_local
from dev.cluster.local import cgroups
from dev.harness import Kubectl, install
from dev.harness.checkout import cluster_of_tests
from e2e.disrupted import FIRST_RUNS_ON, is_disrupted
from e2e.env import Env, a_job, running_pod, with_pod

pytestmark = pytest.mark.local

NODE: Final = "node"
OUT_OF_SERVICE: Final = "node.kubernetes.io/out-of-service"
WORKER: Final = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """A cluster with a second node, where nothing runs: with no live node at all, Kubernetes evicts no pod."""
    name = cluster_of_tests(f"lone{WORKER}")
    yield up_local(name, Options(kwok=1, silence=8))
    down(name)


@pytest.fixture(scope="module")
def administrator(cluster: LocalCluster) -> Kubectl:
    kubectl = Kubectl.of(cluster)
    install(kubectl)
    return kubectl


def test_a_drained_job_spends_no_attempt_and_runs_once_there_is_a_node(idle_env: Env) -> None:
    env = idle_env
    env.start_operator("--starting-after=0.5")

    def drain(job: str) -> None:
        running_pod(env, job)
        env.kubectl.run("drain", NODE, "--timeout=60s")
        env.reaches(job, "Waiting", reason="Unschedulable", where={"counters.disruptions": 1})
        env.kubectl.run("uncordon", NODE)

    is_disrupted(env, a_job("d", FIRST_RUNS_ON), drain, rule="disruption-target", reason="EvictionByEvictionAPI")


def test_a_pod_that_ends_while_the_kubelet_is_away_is_classified_by_its_own_end(
    env: Env, cluster: LocalCluster
) -> None:
    script = "test $QUEUEDJOB_ATTEMPT -ge 2 || { trap 'exit 75' TERM; sleep 600 & wait; }"
    env.apply(a_job("k", script))
    pod = running_pod(env, "k")
    uid = env.kubectl.get("pod", pod)["metadata"]["uid"]
    with no_kubelet(cluster):
        for pid in of_pod(cluster, uid):
            if command(pid).startswith("sh -c"):
                strike(pid, signal.SIGTERM)
    job = env.reaches("k", "Succeeded", where={"counters.pods": 2, "counters.attempts": 2})
    assert job["status"]["counters"]["byClass"] == {"Transient": 1}


def test_a_job_of_a_node_that_was_switched_off_and_on_spends_no_attempt(env: Env, cluster: LocalCluster) -> None:
    def reboot(job: str) -> None:
        pod = running_pod(env, job)
        with no_kubelet(cluster):
            cluster.kill("containerd")
            uid = env.kubectl.get("pod", pod)["metadata"]["uid"]
            shims = [pid for pid in cgroups.processes(cluster.name) if "containerd-shim" in command(pid)]
            for pid in [*shims, *of_pod(cluster, uid)]:
                strike(pid, signal.SIGKILL)
            cluster.start("containerd")

    is_disrupted(env, a_job("r", FIRST_RUNS_ON), reboot, rule="container-lost", reason="ContainerLost")


def test_a_job_of_a_dead_node_waits_with_the_way_out_and_goes_on_once_that_is_taken(
    idle_env: Env, cluster: LocalCluster
) -> None:
    env = idle_env
    env.start_operator("--starting-after=0.5", "--terminating-after=0")
    gone = {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}
    at_once = {**gone, "operator": "Exists", "tolerationSeconds": 0}

    def die(job: str) -> None:
        pod = running_pod(env, job)
        with no_kubelet(cluster):
            shown = env.reaches(job, "Running", reason="PodTerminating", where={"counters.disruptions": 0})["status"]
            assert f"pod {pod} on node {NODE} was deleted and has not ended" in shown["message"]
            assert f"delete its Node object or taint it {OUT_OF_SERVICE}" in shown["message"]
            assert [each["metadata"]["name"] for each in env.pods(job)] == [pod]
            with out_of_service(env):
                env.reaches(job, "Waiting", reason="Unschedulable", where={"counters.disruptions": 1})

    job = with_pod(a_job("n", FIRST_RUNS_ON), tolerations=[at_once])
    is_disrupted(env, job, die, rule="disruption-target", reason="DeletionByTaintManager")


def test_a_job_of_a_dead_node_that_its_pod_tolerates_is_stopped_past_its_deadline(
    idle_env: Env, cluster: LocalCluster
) -> None:
    """Only the kubelet enforces a pod's deadline, and no controller deletes a pod that tolerates its dead node."""
    env = idle_env
    env.start_operator("--deadline-slack=1", "--terminating-after=0")
    for_ever = {"operator": "Exists", "effect": "NoExecute"}
    env.apply(with_pod(a_job("o", FIRST_RUNS_ON, timeouts={"attempt": "8s"}), tolerations=[for_ever]))
    pod = running_pod(env, "o")
    with no_kubelet(cluster):
        shown = env.reaches("o", "Running", reason="PodTerminating")["status"]
        assert f"pod {pod} on node {NODE} was deleted and has not ended" in shown["message"]
        assert f"delete its Node object or taint it {OUT_OF_SERVICE}" in shown["message"]
        kept = env.kubectl.get("pod", pod)
        assert kept["metadata"]["annotations"]["queuedjob.dev/stop-reason"] == "deadline"
        assert [each["metadata"]["name"] for each in env.pods("o")] == [pod]
    end = env.reaches("o", "Succeeded", where={"counters.attempts": 2})["status"]
    assert end["counters"]["byClass"] == {"Timeout": 1}


@contextmanager
def no_kubelet(cluster: LocalCluster) -> Iterator[None]:
    """Within this context, the node is silent; its containers go on running."""
    cluster.kill("kubelet")
    try:
        yield
    finally:
        cluster.start("kubelet")


@contextmanager
def out_of_service(env: Env) -> Iterator[None]:
    """Within this context, the node is tainted as out of service."""
    env.kubectl.run("taint", "node", NODE, f"{OUT_OF_SERVICE}=nodeshutdown:NoExecute")
    try:
        yield
    finally:
        env.kubectl.run("taint", "node", NODE, f"{OUT_OF_SERVICE}-")


def of_pod(cluster: LocalCluster, uid: str) -> list[int]:
    """Return the pids of a pod's processes on this machine."""
    return [pid for pid in cgroups.processes(cluster.name) if f"pod{uid}" in told_of(pid, "cgroup")]


def command(pid: int) -> str:
    """Return its command line."""
    return told_of(pid, "cmdline").replace("\0", " ")


def told_of(pid: int, file: str) -> str:
    """Return a file of the process in /proc; empty when the process has ended meanwhile, as a node's processes do."""
    try:
        return Path(f"/proc/{pid}/{file}").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def strike(pid: int, what: signal.Signals) -> None:
    """Send a signal; ignore a process that has ended: when a container's first process ends, the others end too."""
    with suppress(ProcessLookupError):
        os.kill(pid, what)
