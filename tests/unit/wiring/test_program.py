"""The program around the operator."""

import asyncio

import pytest

from queuedjob import __main__ as program
from queuedjob.settings import Settings


def test_it_runs_on_asyncios_own_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """uvloop closes a socket twice where TLS is reset as it comes up, and with it whatever has its number by then."""
    loops: list[type] = []

    async def run(_: Settings) -> None:
        loops.append(type(asyncio.get_running_loop()))

    monkeypatch.setattr(program, "run", run)
    monkeypatch.setattr("queuedjob.telemetry.logs.configure", lambda *_, **__: None)
    program._start(Settings())
    assert [loop.__module__.partition(".")[0] for loop in loops] == ["asyncio"]
