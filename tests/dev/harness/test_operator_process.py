import subprocess
import sys
from pathlib import Path

import pytest

from dev.harness import OperatorError, operator_process, start_operator

LISTENING = '{"timestamp": "now", "level": "info", "event": "listening", "host": "127.0.0.1", "port": %d}'
READY = '{"timestamp": "now", "level": "info", "event": "ready"}'


def runs(monkeypatch: pytest.MonkeyPatch, *lines: str, then: str = "import signal; signal.pause()") -> None:
    """Replace the operator by a program that prints these lines, and then waits for a signal."""
    script = "".join(f"print({line!r}, flush=True)\n" for line in lines) + then
    monkeypatch.setattr(operator_process, "command_line", lambda *_: [sys.executable, "-c", script])


def test_the_operator_is_ready_once_its_own_log_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "operator.log"
    log.write_text(LISTENING % 1 + "\n" + READY + "\n")  # an earlier one's
    runs(monkeypatch, "no JSON", '"neither"', LISTENING % 2, READY)
    operator = start_operator(tmp_path, log)
    operator.kill()
    assert operator.port == 2
    assert operator.tail(1) == READY


def test_an_operator_that_ends_instead_is_an_error_with_its_last_log_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs(monkeypatch, "the kubeconfig is broken", then="raise SystemExit(3)")
    with pytest.raises(OperatorError, match=r"the operator ended with 3(?s:.*)the kubeconfig is broken"):
        start_operator(tmp_path, tmp_path / "operator.log")


def test_an_interrupted_start_leaves_no_operator_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []

    class Popen(subprocess.Popen[bytes]):
        def __init__(self, command: list[str], **options: object) -> None:
            super().__init__(command, **options)  # type: ignore[call-overload] # as they were given
            started.append(self)

    def interrupted(_pid: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, "Popen", Popen)
    runs(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        start_operator(tmp_path, tmp_path / "operator.log", on_start=interrupted)
    assert started[0].returncode is not None
