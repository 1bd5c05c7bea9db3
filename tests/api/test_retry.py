"""`queuedjob retry` with a real API server: it runs as a separate program, as a user calls it."""

import asyncio
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

import pytest

from queuedjob.api.names import RETRY_NOW_ANNOTATION
from queuedjob.kube.objects.patches import add
from tests.api.conftest import ApiCluster
from tests.api.env import run_scenario
from tests.api.env.api_server import ApiServerEnv
from tests.api.env.env import Env
from tests.api.env.scripted_pods import RUNS_ON, SUCCEEDS, by_number, ends, exited
from tests.api.kubectl import Kubectl
from tests.api.manifests import a_job

COMMAND: Final = Path(__file__).parents[2] / "bin/queuedjob"

Retry: TypeAlias = Callable[..., "subprocess.CompletedProcess[str]"]

_PATIENT: Final = {"backoff": {"initial": "1h", "max": "1h"}}


@pytest.fixture
def retry(cluster: ApiCluster) -> Retry:
    """`queuedjob retry`, as the administrator."""

    def call(*arguments: str) -> "subprocess.CompletedProcess[str]":
        environment = {"PATH": os.environ["PATH"], "KUBECONFIG": str(cluster.kubeconfig)}
        argv = [str(COMMAND), "retry", *arguments]
        return subprocess.run(argv, env=environment, capture_output=True, text=True, check=False, timeout=60)

    return call


async def retried(retry: Retry, env: Env) -> "subprocess.CompletedProcess[str]":
    return await asyncio.to_thread(retry, "job", "-n", env.namespace)


@pytest.mark.parametrize("annotated", [False, True])
async def test_a_wait_ends_once_for_each_call(api_server_env: ApiServerEnv, retry: Retry, *, annotated: bool) -> None:
    async with api_server_env.env(ends(exited(75), exited(75), SUCCEEDS)) as env:
        await env.steady_operator()
        await env.apply(run_scenario.a_job(retry=_PATIENT))
        for tries in (1, 2):
            due = await _waits_after(env, tries)
            if annotated and tries == 1:
                await env.patch_job("job", add("/metadata/annotations", {"mine": "kept"}))
            done = await retried(retry, env)
            assert done.returncode == 0, done.stderr
            assert f"{env.namespace}/job: its wait until {due[:-1]}" in done.stdout
        job = await env.reaches("job", "Succeeded")
        assert job["status"]["counters"]["attempts"] == 3
        assert job["metadata"]["annotations"].get("mine") == ("kept" if annotated else None)
        assert job["status"]["handled"]["retryNow"] == job["metadata"]["annotations"][RETRY_NOW_ANNOTATION]
        assert len(await env.events("RetryNow")) == 2


async def _waits_after(env: Env, attempts: int) -> str:
    """Wait until the job waits after so many attempts. Return the time of the next one, to the second."""

    def due() -> str | None:
        status = (env.history.job("job") or {}).get("status") or {}
        waits = status.get("reason") == "Backoff" and status["counters"]["attempts"] == attempts
        return status["nextAttemptTime"].partition(".")[0].removesuffix("Z") + "Z" if waits else None

    found: str = await env.until(f"the job waits after {attempts} attempts", due)
    return found


async def test_what_was_asked_for_before_the_wait_began_does_not_end_it(api_server_env: ApiServerEnv) -> None:
    async with api_server_env.env(ends(exited(75))) as env:
        await env.steady_operator()
        job = run_scenario.a_job(retry=_PATIENT)
        asked = {RETRY_NOW_ANNOTATION: "2030-01-31T12:00:00Z"}
        await env.apply({**job, "metadata": {**job["metadata"], "annotations": asked}})
        job = await env.reaches("job", "Waiting", "Backoff")
        assert job["status"]["handled"] == {"retryNow": "2030-01-31T12:00:00Z"}
        await env.is_at_rest()
        assert len(env.history.pods) == 1, env.tell()


async def test_a_job_whose_attempt_runs_is_not_annotated(api_server_env: ApiServerEnv, retry: Retry) -> None:
    async with api_server_env.env(by_number(RUNS_ON)) as env:
        await env.steady_operator()
        await env.apply(run_scenario.a_job())
        await env.reaches("job", "Running")
        done = await retried(retry, env)
        assert done.returncode == 1
        assert "waits for no attempt: an attempt is under way" in done.stderr
        job = env.history.job("job")
        assert job is not None
        assert RETRY_NOW_ANNOTATION not in job["metadata"].get("annotations", {})


@pytest.mark.parametrize(
    ("spec", "status", "why"),
    [
        ({}, {"phase": "Succeeded"}, "it is Succeeded, for good"),
        ({}, {"phase": "DeadLettered"}, "it is DeadLettered; change its spec to run it again"),
        ({"suspend": True}, {"phase": "Waiting"}, "spec.suspend is true; set it to false first"),
        ({"cancel": True}, {"phase": "Waiting"}, "it is on its way out"),
        ({"notBeforeTime": "2100-01-31T12:00:00Z"}, {"phase": "Waiting"}, "spec.notBeforeTime is 2100-01-31T12:00:00Z"),
    ],
)
def test_a_job_that_waits_for_no_attempt_says_what_to_do(
    kubectl: Kubectl, retry: Retry, spec: dict[str, object], status: dict[str, object], why: str
) -> None:
    name = kubectl.apply(a_job(**spec)).object["metadata"]["name"]
    kubectl.write_status("queuedjob", name, status)
    done = retry(name, "-n", kubectl.namespace)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"waits for no attempt: {why}" in done.stderr


def test_a_job_that_is_not_there_is_named(kubectl: Kubectl, retry: Retry) -> None:
    done = retry("nowhere", "-n", kubectl.namespace)
    assert done.returncode == 1
    assert f"there is no QueuedJob nowhere in namespace {kubectl.namespace}" in done.stderr


def test_the_answer_is_json_for_programs(kubectl: Kubectl, retry: Retry) -> None:
    name = kubectl.apply(a_job()).object["metadata"]["name"]
    kubectl.write_status("queuedjob", name, {"phase": "Waiting", "reason": "QuotaExceeded"})
    done = retry(name, "-n", kubectl.namespace, "-o", "json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["name"], told["due"]) == (name, None)
    assert kubectl.get("qj", name)["metadata"]["annotations"][RETRY_NOW_ANNOTATION] == told["value"]
