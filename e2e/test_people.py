"""What people do to jobs, and to pods behind the operator's back."""

import subprocess
from datetime import UTC, datetime, timedelta
from typing import Final

from e2e.disrupted import FIRST_RUNS_ON, is_disrupted
from e2e.env import World, a_job, running_pod, with_pod

STOPS_WITHIN: Final = 5.0
"""Seconds from SIGTERM to the end, whatever is in hand: a promise, far below the 30 s that Kubernetes gives."""


def test_suspend_stops_the_attempt_without_counting_it_and_resume_runs_the_next(world: World) -> None:
    world.apply(a_job("s", "test $QUEUEDJOB_ATTEMPT -ge 2 || sleep 600"))
    running_pod(world, "s")
    world.kubectl.run("patch", "qj", "s", "--type=merge", "-p", '{"spec":{"suspend":true}}')
    job = world.reaches("s", "Waiting", reason="Suspended", where={"counters.attempts": 0, "counters.pods": 1})
    assert job["status"]["attempts"][0]["class"] == "Stopped"
    world.kubectl.run("patch", "qj", "s", "--type=merge", "-p", '{"spec":{"suspend":false}}')
    job = world.reaches("s", "Succeeded", where={"counters.attempts": 1, "counters.pods": 2})
    assert "suspendTime" not in job["status"]


def test_cancel_stops_the_attempt_and_ends_the_job(world: World) -> None:
    world.apply(a_job("c", "sleep 600"))
    running_pod(world, "c")
    world.kubectl.run("patch", "qj", "c", "--type=merge", "-p", '{"spec":{"cancel":true}}')
    world.reaches("c", "Cancelled", where={"counters.attempts": 0})
    assert world.letters() == []


def test_a_running_pod_that_somebody_deletes_spends_no_attempt(world: World) -> None:
    def delete(job: str) -> None:
        world.kubectl.run("delete", "pod", running_pod(world, job), "--wait=false")

    is_disrupted(world, a_job("d", FIRST_RUNS_ON), delete, rule="deleted", reason="Deleted")


def test_a_running_pod_that_somebody_deletes_by_force_counts_once(world: World) -> None:
    world.apply(a_job("f", "test $QUEUEDJOB_ATTEMPT -ge 2 || sleep 600"))
    world.kubectl.run("delete", "pod", running_pod(world, "f"), "--force", "--grace-period=0", "--wait=false")
    world.reaches("f", "Succeeded", where={"counters.attempts": 1, "counters.disruptions": 1, "counters.pods": 2})


def test_a_pod_deleted_before_it_had_a_node_spends_no_attempt(world: World) -> None:
    world.apply(with_pod(a_job("n", "true"), nodeSelector={"no": "where"}))
    pod = world.until(lambda: world.pods("n"), "a pod is there", lambda: "none", "n")[0]["metadata"]["name"]
    world.kubectl.run("delete", "pod", pod, "--wait=false")
    world.until(
        lambda: _numbers(world, "n")[-1:] == ["2"], "attempt 2 has a pod", lambda: str(_numbers(world, "n")), "n"
    )
    job = world.job("n")
    assert job["status"]["counters"].get("attempts", 0) == 0
    assert job["status"]["attempts"][0]["rule"] == "deleted-before-scheduling"


def test_the_operator_killed_while_a_pod_runs_takes_the_job_over_when_it_is_back(world: World) -> None:
    world.apply(a_job("k", "sleep 3"))
    world.reaches("k", "Running")
    world.kill_operator()
    world.start_operator()
    world.reaches("k", "Succeeded", where={"counters.pods": 1, "counters.attempts": 1})
    assert world.operator is not None
    assert [line["unfinished"] for line in world.operator.said("jobs taken over")] == [0, 1]


def test_a_finished_pod_deleted_while_the_operator_is_down_still_counts_once(world: World) -> None:
    world.apply(a_job("g", "test $QUEUEDJOB_ATTEMPT -ge 2 || { sleep 2; exit 75; }"))
    pod = running_pod(world, "g")
    world.kill_operator()

    def failed_long_ago() -> bool:
        """Within 5 s of the end, a deletion and its cause cannot be told apart (policy/failure/evidence.py)."""
        end = world.kubectl.get("pod", pod)["status"]["containerStatuses"][0]["state"].get("terminated")
        return end is not None and datetime.now(UTC) - datetime.fromisoformat(end["finishedAt"]) > timedelta(seconds=6)

    world.until(failed_long_ago, "the pod has failed 6 s ago", lambda: "it has not", "g")
    world.kubectl.run("delete", "pod", pod, "--wait=false")
    world.start_operator()
    job = world.reaches("g", "Succeeded", where={"counters.attempts": 2, "counters.byClass.Transient": 1})
    assert [a["number"] for a in job["status"]["attempts"]] == [1, 2]
    world.gone("pod", pod)


def test_a_namespace_with_running_jobs_goes_within_a_minute(world: World) -> None:
    world.apply(*(a_job(f"job-{i}", "sleep 600") for i in range(3)))
    for i in range(3):
        running_pod(world, f"job-{i}")
    world.kubectl.run("delete", "namespace", world.namespace, "--wait=false")
    world.gone("namespace", world.namespace)


def test_a_stripped_label_is_put_back_and_the_job_goes_on(world: World) -> None:
    world.apply(a_job("l", "sleep 4"))
    pod = running_pod(world, "l")
    world.kubectl.run("label", "pod", pod, "queuedjob.dev/job-", "queuedjob.dev/job-uid-")
    world.until(
        lambda: world.kubectl.get("pod", pod)["metadata"]["labels"].get("queuedjob.dev/job") == "l",
        "the label is back",
        lambda: "it is not",
        "l",
    )
    world.reaches("l", "Succeeded", where={"counters.pods": 1})


def test_sigterm_ends_the_operator_within_seconds_and_loses_nothing(world: World) -> None:
    names = [f"t{n}" for n in range(8)]
    world.apply(*(a_job(name, "sleep 2") for name in names))
    running_pod(world, "t0")
    assert world.operator is not None
    try:
        status = world.operator.stop(within=STOPS_WITHIN)
    except subprocess.TimeoutExpired as late:
        raise AssertionError(world.operator.tail()) from late
    assert status == 0
    world.start_operator()
    for name in names:
        world.reaches(name, "Succeeded", where={"counters.pods": 1, "counters.attempts": 1})


def _numbers(world: World, name: str) -> list[str]:
    return [pod["metadata"]["labels"]["queuedjob.dev/attempt"] for pod in world.pods(name)]
