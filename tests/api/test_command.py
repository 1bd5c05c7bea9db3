"""The command `queuedjob` with a real API server: it runs as a separate program, as a user calls it."""

import asyncio
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeAlias

import pytest
from click.testing import CliRunner

from queuedjob.cli.main import queuedjob
from queuedjob.kube.client import paths
from tests.api.conftest import ApiCluster
from tests.api.env import run_scenario
from tests.api.env.api_server import ApiServerEnv
from tests.api.env.env import Env
from tests.api.env.scripted_pods import RUNS_ON, by_number, ends, exited
from tests.api.kubectl import Kubectl
from tests.api.manifests import a_job as a_manifest

COMMAND: Final = Path(__file__).parents[2] / "bin/queuedjob"

Explain: TypeAlias = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def explain(cluster: ApiCluster) -> Explain:
    """`queuedjob explain`, as the administrator unless a kubeconfig is named."""

    def call(*arguments: str, kubeconfig: Path = cluster.kubeconfig) -> "subprocess.CompletedProcess[str]":
        environment = {"PATH": os.environ["PATH"], "KUBECONFIG": str(kubeconfig)}
        argv = [str(COMMAND), "explain", *arguments]
        return subprocess.run(argv, env=environment, capture_output=True, text=True, check=False, timeout=60)

    return call


async def told(explain: Explain, env: Env, *arguments: str) -> str:
    done = await asyncio.to_thread(explain, "job", "-n", env.namespace, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


async def as_json(explain: Explain, env: Env, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(await told(explain, env, "-o", "json", *arguments))
    return found


async def test_a_dead_job_is_explained_with_its_rule_its_letter_and_the_way_out(
    api_server_env: ApiServerEnv, explain: Explain
) -> None:
    async with api_server_env.env(ends(exited(65, "order 42 has no customer"))) as env:
        await env.steady_operator()
        await env.apply(run_scenario.a_job())
        await env.reaches("job", "DeadLettered")
        await env.is_at_rest()
        text = await told(explain, env)
        explanation = await as_json(explain, env)
    assert text.startswith(f"{env.namespace}/job  DeadLettered (Permanent)\n")
    assert "rule exit-data: Exit 65, EX_DATAERR: the input is wrong." in text
    assert "order 42 has no customer" in text
    assert f"kubectl describe dl {explanation['letter']['name']} -n {env.namespace}" in text
    assert (explanation["letter"]["phase"], explanation["letter"]["action"]) == ("Dead", "fix-spec")


async def test_a_wait_is_explained_with_the_attempt_to_come(api_server_env: ApiServerEnv, explain: Explain) -> None:
    async with api_server_env.env(ends(exited(75))) as env:
        await env.steady_operator()
        await env.apply(run_scenario.a_job(retry={"backoff": {"initial": "10m", "max": "10m", "jitterPercent": 0}}))
        job = await env.reaches("job", "Waiting", "Backoff")
        explanation = await as_json(explain, env)
        decision = await as_json(explain, env, "--exit-code", "75")
    assert (explanation["nextAttemptNumber"], explanation["nextAttemptTime"]) == (2, job["status"]["nextAttemptTime"])
    assert [attempt["rule"]["name"] for attempt in explanation["attempts"]] == ["exit-temporary"]
    assert explanation["limits"]["attempts"] == {"used": 1, "limit": 10}
    assert {term["field"]: term["value"] for term in explanation["terms"] if not term["default"]} == {
        "retry.backoff.initial": "10m",
        "retry.backoff.max": "10m",
        "retry.backoff.jitterPercent": 0,
    }
    assert decision["outcome"]["wait"] == "10m"


async def test_an_attempt_under_way_is_explained_by_its_pod(api_server_env: ApiServerEnv, explain: Explain) -> None:
    async with api_server_env.env(by_number(RUNS_ON)) as env:
        await env.steady_operator()
        await env.apply(run_scenario.a_job())
        await env.reaches("job", "Running")
        explanation = await as_json(explain, env)
    (attempt,) = explanation["attempts"]
    assert (attempt["number"], attempt["settled"], attempt["rule"]) == (1, False, None)
    assert any("It may run until its deadline strikes" in each["message"] for each in explanation["next"])


def test_a_job_that_nobody_has_looked_at_says_so(kubectl: Kubectl, explain: Explain) -> None:
    name = kubectl.apply(a_manifest()).object["metadata"]["name"]
    done = explain(name, "-n", kubectl.namespace)
    assert (done.returncode, done.stderr) == (0, "")
    assert "The operator has not looked at it yet" in done.stdout


def test_a_job_that_is_not_there_is_named_with_its_namespace(kubectl: Kubectl, explain: Explain) -> None:
    done = explain("no-such-job", "-n", kubectl.namespace)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"there is no QueuedJob no-such-job in namespace {kubectl.namespace}" in done.stderr


def test_a_cluster_without_our_kinds_is_told_from_a_job_that_is_not_there(
    kubectl: Kubectl, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a version that is not served, the API server gives the same answer as for a CRD that is not installed."""
    monkeypatch.setattr(paths, "_OURS", "/apis/queuedjob.dev/v0")
    arguments = ["explain", "j", "-n", kubectl.namespace, "--kubeconfig", str(kubectl.kubeconfig)]
    done = CliRunner().invoke(queuedjob, arguments)
    assert done.exit_code == 1
    assert "serves no QueuedJobs; are the CRDs installed" in done.stderr


def a_persons(kubectl: Kubectl, folder: Path, name: str, *may: str) -> Path:
    """The kubeconfig of a user who may only read these resources; without any, the user may do nothing."""
    kubectl("create", "serviceaccount", name).accepted()
    if may:
        kubectl("create", "role", name, "--verb=get,list", f"--resource={','.join(may)}").accepted()
        kubectl(
            "create", "rolebinding", name, f"--role={name}", f"--serviceaccount={kubectl.namespace}:{name}"
        ).accepted()
    token = kubectl("create", "token", name).out.strip()
    config = kubectl("config", "view", "--raw", "--minify", "--flatten", "-o", "json").object
    config["users"] = [{"name": config["users"][0]["name"], "user": {"token": token}}]
    file = folder / name
    file.write_text(json.dumps(config))
    return file


def test_who_may_not_read_jobs_is_told_so(kubectl: Kubectl, explain: Explain, tmp_path: Path) -> None:
    done = explain("j", "-n", kubectl.namespace, kubeconfig=a_persons(kubectl, tmp_path, "stranger"))
    assert (done.returncode, done.stdout) == (1, "")
    assert "you may not" in done.stderr
    assert "queuedjobs.queuedjob.dev" in done.stderr


def test_who_may_read_jobs_alone_is_told_what_the_status_says(
    kubectl: Kubectl, explain: Explain, tmp_path: Path
) -> None:
    name = kubectl.apply(a_manifest()).object["metadata"]["name"]
    who = a_persons(kubectl, tmp_path, "reader", "queuedjobs.queuedjob.dev")
    done = explain(name, "-n", kubectl.namespace, kubeconfig=who)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"You may not read pods in {kubectl.namespace}" in done.stdout
