"""The program around the operator."""

import asyncio

import pytest

from queuedjob import __main__ as program
from queuedjob.settings import Settings


def test_the_program_runs_on_asyncios_own_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """uvloop closes a socket twice if TLS is reset during its setup; by then another socket may have its number."""
    loops: list[type] = []

    async def run(_: Settings) -> None:
        loops.append(type(asyncio.get_running_loop()))

    monkeypatch.setattr(program, "run", run)
    monkeypatch.setattr("queuedjob.telemetry.logs.configure", lambda *_, **__: None)
    program._start(Settings())
    assert [loop.__module__.partition(".")[0] for loop in loops] == ["asyncio"]
