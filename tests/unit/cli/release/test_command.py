"""`queuedjob release` as it is called: what it asks, what it prints, how it ends."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result

from queuedjob.cli import cluster
from queuedjob.cli.cluster import Cluster, Target
from queuedjob.cli.main import queuedjob
from queuedjob.kube.client.client import Client
from queuedjob.policy.time_math import ServerNow
from queuedjob.ports import Response
from tests.builders import NOON
from tests.unit.cli.release.test_held import DENIED, a_job, a_page, a_pod
from tests.unit.kube.client.scripted import ScriptedTransport, answer

NO_JOBS = a_page()
RELEASED = answer(200, a_pod(finalizers=[]))


class Script:
    """A cluster that answers from a script."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.transport = ScriptedTransport()

    def run(self, *arguments: str, answers: Sequence[Response] = (), typed: str = "") -> Result:
        self.transport = transport = ScriptedTransport(*answers)
        now = ServerNow(NOON, NOON + timedelta(seconds=1))

        @asynccontextmanager
        async def opened(_target: Target) -> AsyncIterator[Cluster]:
            yield Cluster(Client(transport), "billing", "https://api.example", lambda: now)

        self._monkeypatch.setattr(cluster, "opened", opened)
        return CliRunner(env={"COLUMNS": "110"}).invoke(queuedjob, ["release", *arguments], input=typed)

    @property
    def patched(self) -> list[str]:
        """The paths of the pods that were patched."""
        return [request.path for request in self.transport.asked if request.method == "PATCH"]


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    return Script(monkeypatch)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param([], "Name JOBs, or say --all", id="nothing named"),
        pytest.param(["j", "--all"], "one of them", id="both"),
        pytest.param(["j", "-A"], "-A goes with --all only", id="a job of all namespaces"),
        pytest.param(["--all", "-A", "-n", "x"], "without -n", id="one namespace and all of them"),
        pytest.param(["--all", "-o", "json"], "say --yes", id="JSON cannot ask"),
    ],
)
def test_a_wrong_call_ends_with_2_and_asks_no_cluster(script: Script, arguments: list[str], words: str) -> None:
    done = script.run(*arguments)
    assert (done.exit_code, script.transport.asked) == (2, [])
    assert words in done.stderr


def test_it_shows_what_is_lost_and_asks_before_it_releases(script: Script) -> None:
    done = script.run("--all", answers=[a_page(a_pod("a"), a_pod("b")), NO_JOBS, RELEASED, RELEASED], typed="y\n")
    assert done.exit_code == 0
    assert [line.split() for line in done.stdout.splitlines()[1:3]] == [
        ["billing", "a", "invoice"],
        ["billing", "b", "invoice"],
    ]
    assert "runs the job once more" in " ".join(done.stdout.split())
    assert "Release these 2 pods on https://api.example?" in done.stdout
    assert done.stdout.endswith("2 released\n")


@pytest.mark.parametrize("typed", ["n\n", "\n", ""], ids=["no", "enter", "no terminal"])
def test_nothing_is_released_without_a_yes(script: Script, typed: str) -> None:
    done = script.run("--all", answers=[a_page(a_pod()), NO_JOBS], typed=typed)
    assert (done.exit_code, script.patched) == (1, [])


def test_only_pods_of_the_named_jobs_are_released(script: Script) -> None:
    other: dict[str, Any] = a_pod("other")
    del other["metadata"]["ownerReferences"]
    done = script.run("invoice", "--yes", answers=[a_page(a_pod("mine"), other), NO_JOBS, RELEASED])
    assert (done.exit_code, script.patched) == (0, ["/api/v1/namespaces/billing/pods/mine"])


def test_where_nothing_is_held_there_is_nothing_to_ask(script: Script) -> None:
    done = script.run("--all", answers=[a_page(a_pod(finalizers=[]))])
    assert (done.exit_code, done.stdout) == (0, "No pod is held: nothing to release.\n")


def test_beside_an_operator_that_seems_to_run_nothing_is_released(script: Script) -> None:
    job = a_job(("status", "2026-03-01T11:59:20Z"))
    done = script.run("--all", "--yes", answers=[a_page(a_pod()), a_page(job)])
    assert (done.exit_code, script.patched) == (1, [])
    assert "wrote the status of QueuedJob billing/invoice at 2026-03-01T11:59:20Z, 40s ago" in done.stderr
    assert "wait until 5m have passed since, or say --force" in done.stderr


def test_force_releases_all_the_same(script: Script) -> None:
    done = script.run("--all", "--yes", "--force", answers=[a_page(a_pod()), RELEASED])
    assert (done.exit_code, len(script.patched)) == (0, 1)


def test_a_pod_that_cannot_be_released_stops_no_other_and_ends_with_1(script: Script) -> None:
    answers = [a_page(a_pod("a"), a_pod("b")), NO_JOBS, DENIED, RELEASED]
    done = script.run("--all", "--yes", answers=answers)
    assert done.exit_code == 1
    assert "1 released, 1 still held:" in done.stdout
    assert "billing/a: " in done.stdout


def test_the_json_answer_names_every_pod_and_what_became_of_it(script: Script) -> None:
    done = script.run(
        "--all", "--yes", "-o", "json", answers=[a_page(a_pod("a"), a_pod("b")), NO_JOBS, DENIED, RELEASED]
    )
    found = json.loads(done.stdout)
    assert done.exit_code == 1
    assert (found["released"], found["failed"]) == (1, 1)
    assert [(pod["name"], pod["job"], pod["result"]) for pod in found["pods"]] == [
        ("a", "invoice", "failed"),
        ("b", "invoice", "released"),
    ]
    assert "leave it" in found["pods"][0]["message"]
