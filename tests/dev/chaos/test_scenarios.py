import asyncio
from pathlib import Path
from typing import Any

import pytest

from dev.chaos import case as cases
from dev.chaos.api import Api, RefusedError
from dev.chaos.case import Case
from dev.chaos.load import KINDS, LET_GO, STUBBORN
from dev.chaos.scenarios import run_scenario
from tests.dev.chaos.builders import a_pod_run

WITHIN = 10.0


class Server(Api):
    """Shows one phase after the other, and keeps the requests."""

    def __init__(self, *phases: str) -> None:
        self.phases = list(phases)
        self.told: list[Any] = []
        self.refuses = False

    async def create(self, _path: str, _body: dict[str, Any]) -> dict[str, Any]:
        self.told.append("create")
        return {"metadata": {"uid": "job"}}

    async def patch(self, _path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        if self.refuses:
            raise RefusedError("PATCH: 422 frozen")
        self.told.append(body["spec"])
        return body

    async def get(self, _path: str) -> dict[str, Any] | None:
        now = self.phases.pop(0) if len(self.phases) > 1 else self.phases[0]
        phase, _, reason = now.partition(" ")
        return {"status": {"phase": phase, "reason": reason}} if phase else None


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "_LOOK", 0.0)


def a_case(kind: str, server: Server, folder: Path) -> Case:
    (folder / LET_GO).mkdir()
    return Case(server, next(each for each in KINDS if each.name == kind), f"{kind}-1", folder)


def heard(folder: Path, *, told: bool = False) -> None:
    lines = a_pod_run("pod", ends=None, told=told)
    (folder / "job").write_text("".join(f"{x.at} {x.redrives} {x.attempt} {x.pod} {x.word}\n" for x in lines))


async def told(case: Case) -> None:
    async with asyncio.timeout(WITHIN):
        await run_scenario(case)


async def test_a_job_that_runs_by_itself_is_watched_to_its_end(tmp_path: Path) -> None:
    server = Server("Pending", "Running AttemptRunning", "Succeeded Succeeded")
    case = a_case("steady", server, tmp_path)
    await told(case)
    assert case.seen == ["Pending", "Running AttemptRunning", "Succeeded Succeeded"]
    assert case.waits_for == "nothing"


async def test_a_job_is_cancelled_while_its_attempt_runs(tmp_path: Path) -> None:
    heard(tmp_path)
    server = Server("Running", "Cancelled Cancelled")
    await told(a_case("cancelled", server, tmp_path))
    assert server.told == ["create", {"cancel": True}]


async def test_a_paused_job_is_let_go_before_it_is_resumed(tmp_path: Path) -> None:
    heard(tmp_path)
    server = Server("Waiting Suspended", "Succeeded Succeeded")
    await told(a_case("paused", server, tmp_path))
    assert server.told == ["create", {"suspend": True}, {"suspend": False}]
    assert (tmp_path / LET_GO / "job").exists()


async def test_a_stubborn_job_is_resumed_while_its_stopped_attempt_works_on(tmp_path: Path) -> None:
    heard(tmp_path, told=True)
    server = Server("Succeeded Succeeded")
    await told(a_case(STUBBORN, server, tmp_path))
    assert server.told == ["create", {"suspend": True}, {"suspend": False}]


async def test_a_job_that_ends_otherwise_is_not_waited_for(tmp_path: Path) -> None:
    case = a_case("steady", Server("Running", "DeadLettered Permanent"), tmp_path)
    await told(case)
    assert str(case) == "steady-1 waits for Succeeded, in vain; seen so far: Running, DeadLettered Permanent"


async def test_a_refusal_of_the_api_server_is_shown_by_the_case(tmp_path: Path) -> None:
    heard(tmp_path)
    server = Server("Running")
    server.refuses = True
    case = a_case("cancelled", server, tmp_path)
    await told(case)
    assert case.waits_for == "nothing any more: PATCH: 422 frozen"
