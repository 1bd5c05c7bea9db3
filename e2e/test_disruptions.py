"""Disruptions of pods by the cluster: one costs a job no attempt, only a backoff, and too many of them end the job."""

from typing import Any

import pytest

from dev.cluster.local.configuration import BUSYBOX
from e2e.disrupted import FIRST_RUNS_ON, is_disrupted
from e2e.env import Env, Object, a_job, running_pod, with_container, with_pod


def test_an_eviction_by_the_api_spends_no_attempt(env: Env) -> None:
    def evict(job: str) -> None:
        pod = running_pod(env, job)
        body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": env.namespace}}
        env.post(f"/api/v1/namespaces/{env.namespace}/pods/{pod}/eviction", body)

    is_disrupted(env, a_job("e", FIRST_RUNS_ON), evict, rule="disruption-target", reason="EvictionByEvictionAPI")


@pytest.mark.local
def test_a_preempted_job_spends_no_attempt_and_runs_once_there_is_room(idle_env: Env) -> None:
    """Preemption is by memory: the kubelet's refusal below is by CPU, and both tests may run at the same time."""
    env = idle_env
    env.start_operator("--starting-after=0.5")
    half = more_than_half(env, "memory")
    important = f"{env.namespace}-important"

    def preempt(job: str) -> None:
        running_pod(env, job)
        group = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass"}
        env.apply({**group, "metadata": {"name": important}, "value": 1000})
        try:
            env.apply(a_pod("preemptor", half, priorityClassName=important))
            env.reaches(job, "Waiting", reason="Unschedulable", where={"counters.disruptions": 1})
        finally:
            env.kubectl.run("delete", "priorityclass", important)
            env.kubectl.run("delete", "pod", "preemptor", "--force", "--grace-period=0", "--ignore-not-found")

    job = with_container(a_job("p", FIRST_RUNS_ON), resources={"requests": half})
    is_disrupted(env, job, preempt, rule="disruption-target", reason="PreemptionByScheduler")


def test_a_pod_that_the_kubelet_has_no_room_for_spends_no_attempt(env: Env) -> None:
    half, node = more_than_half(env, "cpu"), a_node(env)["metadata"]["name"]
    env.apply(a_pod("filler", half, nodeName=node))
    env.until(lambda: runs(env, "filler"), "the filler runs", lambda: "it does not", "filler", kind="pod")

    def make_room(job: str) -> None:
        env.until(lambda: env.job(job)["status"].get("counters", {}).get("disruptions"), "", lambda: "not refused", job)
        env.kubectl.run("delete", "pod", "filler", "--force", "--grace-period=0")

    job = with_pod(with_container(a_job("o", "true"), resources={"requests": half}), nodeName=node)
    is_disrupted(env, job, make_room, rule="kubelet-rejection", reason="OutOfcpu")


def test_more_disruptions_than_allowed_end_the_job_as_dead(env: Env) -> None:
    job = with_container(a_job("m", "true", retry={"maxDisruptions": 1}), resources={"requests": {"cpu": "100000"}})
    env.apply(with_pod(job, nodeName=a_node(env)["metadata"]["name"]))
    dead = env.reaches("m", "DeadLettered", reason="MaxDisruptions", where={"counters.disruptions": 2})["status"]
    assert "attempts" not in dead["counters"]
    assert [a["reason"] for a in dead["attempts"]] == ["OutOfcpu", "OutOfcpu"]
    letter = env.until(env.letters, "a letter is filed", lambda: "none", "m")[0]["spec"]
    assert (letter["reason"], letter["class"]) == ("MaxDisruptions", "Disruption")


def a_node(env: Env) -> Object:
    """Return a node that takes pods."""
    nodes = env.kubectl.list("nodes")
    return next(node for node in nodes if "taints" not in node["spec"])


def more_than_half(env: Env, resource: str) -> dict[str, str]:
    """Return a request that fits onto that node once, but not twice."""
    has = a_node(env)["status"]["allocatable"][resource]
    if resource == "cpu":
        millis = int(has.removesuffix("m")) if has.endswith("m") else 1000 * int(has)
        return {"cpu": f"{millis * 6 // 10}m"}
    return {"memory": f"{int(has.removesuffix('Ki')) * 6 // 10}Ki"}


def a_pod(name: str, requests: dict[str, str], **spec: Any) -> Object:  # noqa: ANN401 - fields of a pod's spec
    """Return a pod of another owner, which does nothing but use resources."""
    sleeps = {"name": "main", "image": BUSYBOX, "command": ["sleep", "600"], "resources": {"requests": requests}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"containers": [sleeps], **spec}}


def runs(env: Env, pod: str) -> bool:
    return bool(env.kubectl.get("pod", pod)["status"]["phase"] == "Running")
