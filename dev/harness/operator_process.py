"""The operator as a process of this machine."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dev.cluster.waiting import tries

_READY_WITHIN: Final = 60.0
_ENDS_WITHIN: Final = 15.0
_SOURCES: Final = Path(__file__).parents[2] / "operator"


class OperatorError(RuntimeError):
    """The operator did not start; the message has the end of its log."""


@dataclass(slots=True)
class OperatorProcess:
    """A running operator, its log, and the port of its probes and metrics."""

    process: subprocess.Popen[bytes]
    log: Path
    port: int

    @property
    def url(self) -> str:
        """The base URL of its probes and metrics."""
        return f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        """Send SIGKILL, as a crash does."""
        self.process.kill()
        self.process.wait()

    def stop(self, *, within: float = _ENDS_WITHIN) -> int:
        """Send SIGTERM and return the exit status. Raises TimeoutExpired when the end takes over `within` seconds."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(within)

    def said(self, event: str) -> list[dict[str, Any]]:
        """Return the lines with this event of the operator's log, which includes earlier operators' lines."""
        lines = (log_line(line) for line in self.log.read_text(errors="replace").splitlines())
        return [line for line in lines if line.get("event") == event]

    def tail(self, lines: int = 40) -> str:
        """Return the last lines of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def command_line(kubeconfig: Path, arguments: Sequence[str] = ()) -> list[str]:
    """Return the command of this checkout's operator, as the user of that kubeconfig, listening on any free port."""
    program = [sys.executable, "-m", "queuedjob", "--kubeconfig", str(kubeconfig), "--listen", "127.0.0.1:0"]
    return [*program, *arguments]


def environment() -> dict[str, str]:
    """Return the environment that `command_line` needs."""
    return {**os.environ, "PYTHONPATH": str(_SOURCES)}


def start_operator(
    kubeconfig: Path,
    log: Path,
    arguments: Sequence[str] = (),
    *,
    within: float = _READY_WITHIN,
    on_start: Callable[[int], None] = lambda _: None,
) -> OperatorProcess:
    """Start the operator in a session of its own, append its output to `log`, and return once it is ready.

    `within`: seconds that it may take. `on_start` is called at once with the pid. Any exception during the wait, also
    ^C, ends the operator. Raises OperatorError.
    """
    with log.open("ab") as output:
        earlier = output.tell()
        process = subprocess.Popen(
            command_line(kubeconfig, arguments),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment(),
            start_new_session=True,
        )
    try:
        on_start(process.pid)
        return OperatorProcess(process, log, _wait_until_ready(process, log, earlier, within))
    except BaseException:  # ^C too: no caller would know of the process
        process.kill()
        process.wait()
        raise


def _wait_until_ready(process: subprocess.Popen[bytes], log: Path, earlier: int, within: float) -> int:
    """Return the operator's port once it is ready. An earlier operator wrote the first `earlier` bytes of the log."""
    for _ in tries(within):
        if process.poll() is not None:
            break
        port = _port_once_ready(log, earlier)
        if port is not None:
            return port
    status = process.poll()
    what = f"was not ready within {within:.0f} s" if status is None else f"ended with {status}"
    raise OperatorError(f"the operator {what}; {log}:\n{log.read_text(errors='replace')[-4000:]}")


def _port_once_ready(log: Path, earlier: int) -> int | None:
    with log.open("rb") as file:
        file.seek(earlier)
        lines = file.read().decode(errors="replace").splitlines()
    events: dict[object, dict[str, Any]] = {}
    for line in lines:
        said = log_line(line)
        events.setdefault(said.get("event"), said)
    port = events.get("listening", {}).get("port")
    return port if "ready" in events and isinstance(port, int) else None


def log_line(line: str) -> dict[str, Any]:
    """Return the fields of a line of the operator's log; empty for a line that is incomplete, or a library's."""
    try:
        said = json.loads(line)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
