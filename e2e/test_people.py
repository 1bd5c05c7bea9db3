"""What users do to jobs, and to pods without the operator."""

import subprocess
from datetime import UTC, datetime, timedelta
from typing import Final

from e2e.disrupted import FIRST_RUNS_ON, is_disrupted
from e2e.env import Env, a_job, running_pod, with_pod

STOPS_WITHIN: Final = 5.0
"""Seconds from SIGTERM to the end, whatever the operator is doing: a promise, far below Kubernetes' 30 s."""


def test_suspend_stops_the_attempt_without_counting_it_and_resume_runs_the_next(env: Env) -> None:
    env.apply(a_job("s", "test $QUEUEDJOB_ATTEMPT -ge 2 || sleep 600"))
    running_pod(env, "s")
    env.kubectl.run("patch", "qj", "s", "--type=merge", "-p", '{"spec":{"suspend":true}}')
    job = env.reaches("s", "Waiting", reason="Suspended", where={"counters.attempts": 0, "counters.pods": 1})
    assert job["status"]["attempts"][0]["class"] == "Stopped"
    env.kubectl.run("patch", "qj", "s", "--type=merge", "-p", '{"spec":{"suspend":false}}')
    job = env.reaches("s", "Succeeded", where={"counters.attempts": 1, "counters.pods": 2})
    assert "suspendTime" not in job["status"]


def test_a_person_who_cannot_wait_has_the_next_attempt_start_now_once(env: Env) -> None:
    job = a_job("r", "test $QUEUEDJOB_ATTEMPT -ge 3 || exit 75")
    job["spec"]["retry"] = {"backoff": {"initial": "1h", "max": "1h"}}
    env.apply(job)
    for attempts in (1, 2):
        env.reaches("r", "Waiting", reason="Backoff", where={"counters.attempts": attempts})
        asked = f"queuedjob.dev/retry-now=2030-01-31T12:00:0{attempts}Z"
        env.kubectl.run("annotate", "qj", "r", asked, "--overwrite")
    job = env.reaches("r", "Succeeded", where={"counters.attempts": 3, "counters.pods": 3})
    assert job["status"]["handled"] == {"retryNow": "2030-01-31T12:00:02Z"}


def test_cancel_stops_the_attempt_and_ends_the_job(env: Env) -> None:
    env.apply(a_job("c", "sleep 600"))
    running_pod(env, "c")
    env.kubectl.run("patch", "qj", "c", "--type=merge", "-p", '{"spec":{"cancel":true}}')
    env.reaches("c", "Cancelled", where={"counters.attempts": 0})
    assert env.letters() == []


def test_a_running_pod_that_a_user_deletes_spends_no_attempt(env: Env) -> None:
    def delete(job: str) -> None:
        env.kubectl.run("delete", "pod", running_pod(env, job), "--wait=false")

    is_disrupted(env, a_job("d", FIRST_RUNS_ON), delete, rule="deleted", reason="Deleted")


def test_a_running_pod_that_a_user_deletes_by_force_counts_once(env: Env) -> None:
    env.apply(a_job("f", "test $QUEUEDJOB_ATTEMPT -ge 2 || sleep 600"))
    env.kubectl.run("delete", "pod", running_pod(env, "f"), "--force", "--grace-period=0", "--wait=false")
    env.reaches("f", "Succeeded", where={"counters.attempts": 1, "counters.disruptions": 1, "counters.pods": 2})


def test_a_pod_deleted_before_it_had_a_node_spends_no_attempt(env: Env) -> None:
    env.apply(with_pod(a_job("n", "true"), nodeSelector={"no": "where"}))
    pod = env.until(lambda: env.pods("n"), "a pod is there", lambda: "none", "n")[0]["metadata"]["name"]
    env.kubectl.run("delete", "pod", pod, "--wait=false")
    env.until(lambda: _numbers(env, "n")[-1:] == ["2"], "attempt 2 has a pod", lambda: str(_numbers(env, "n")), "n")
    job = env.job("n")
    assert job["status"]["counters"].get("attempts", 0) == 0
    assert job["status"]["attempts"][0]["rule"] == "deleted-before-scheduling"


def test_the_operator_killed_while_a_pod_runs_takes_the_job_over_when_it_is_back(env: Env) -> None:
    env.apply(a_job("k", "sleep 3"))
    env.reaches("k", "Running")
    env.kill_operator()
    env.start_operator()
    env.reaches("k", "Succeeded", where={"counters.pods": 1, "counters.attempts": 1})
    assert env.operator is not None
    assert [line["unfinished"] for line in env.operator.said("jobs taken over")] == [0, 1]


def test_a_finished_pod_deleted_while_the_operator_is_down_still_counts_once(env: Env) -> None:
    env.apply(a_job("g", "test $QUEUEDJOB_ATTEMPT -ge 2 || { sleep 2; exit 75; }"))
    pod = running_pod(env, "g")
    env.kill_operator()

    def failed_long_ago() -> bool:
        """Wait over 5 s: up to then, a deletion and its cause cannot be told apart (policy/failure/pod_end.py)."""
        end = env.kubectl.get("pod", pod)["status"]["containerStatuses"][0]["state"].get("terminated")
        return end is not None and datetime.now(UTC) - datetime.fromisoformat(end["finishedAt"]) > timedelta(seconds=6)

    env.until(failed_long_ago, "the pod has failed 6 s ago", lambda: "it has not", "g")
    env.kubectl.run("delete", "pod", pod, "--wait=false")
    env.start_operator()
    job = env.reaches("g", "Succeeded", where={"counters.attempts": 2, "counters.byClass.Transient": 1})
    assert [a["number"] for a in job["status"]["attempts"]] == [1, 2]
    env.gone("pod", pod)


def test_a_namespace_with_running_jobs_goes_within_a_minute(env: Env) -> None:
    env.apply(*(a_job(f"job-{i}", "sleep 600") for i in range(3)))
    for i in range(3):
        running_pod(env, f"job-{i}")
    env.kubectl.run("delete", "namespace", env.namespace, "--wait=false")
    env.gone("namespace", env.namespace)


def test_a_stripped_label_is_put_back_and_the_job_goes_on(env: Env) -> None:
    env.apply(a_job("l", "sleep 4"))
    pod = running_pod(env, "l")
    env.kubectl.run("label", "pod", pod, "queuedjob.dev/job-", "queuedjob.dev/job-uid-")
    env.until(
        lambda: env.kubectl.get("pod", pod)["metadata"]["labels"].get("queuedjob.dev/job") == "l",
        "the label is back",
        lambda: "it is not",
        "l",
    )
    env.reaches("l", "Succeeded", where={"counters.pods": 1})


def test_sigterm_ends_the_operator_within_seconds_and_loses_nothing(env: Env) -> None:
    names = [f"t{n}" for n in range(8)]
    env.apply(*(a_job(name, "sleep 2") for name in names))
    running_pod(env, "t0")
    assert env.operator is not None
    try:
        status = env.operator.stop(within=STOPS_WITHIN)
    except subprocess.TimeoutExpired as late:
        raise AssertionError(env.operator.tail()) from late
    assert status == 0
    env.start_operator()
    for name in names:
        env.reaches(name, "Succeeded", where={"counters.pods": 1, "counters.attempts": 1})


def _numbers(env: Env, name: str) -> list[str]:
    return [pod["metadata"]["labels"]["queuedjob.dev/attempt"] for pod in env.pods(name)]
