"""The operator as a process of this machine."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_READY_WITHIN: Final = 60.0
_ENDS_WITHIN: Final = 15.0
_LISTENING: Final = re.compile(r'"event": ?"listening".*"port": ?(\d+)|"port": ?(\d+).*"event": ?"listening"')
_ROOT: Final = Path(__file__).parents[2]


@dataclass(slots=True)
class OperatorProcess:
    """A running operator, its log, and where it tells about itself."""

    process: subprocess.Popen[bytes]
    log: Path
    port: int

    @property
    def url(self) -> str:
        """Where its probes and metrics are."""
        return f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        """SIGKILL, as a crash."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM; returns its exit status. Raises TimeoutExpired where it does not end in time."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(_ENDS_WITHIN)

    def tail(self, lines: int = 40) -> str:
        """Its last lines."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def start_operator(
    kubeconfig: Path, log: Path, arguments: Sequence[str] = (), *, within: float = _READY_WITHIN
) -> OperatorProcess:
    """Start `python -m queuedjob` and return once it is ready. Raises RuntimeError with the end of its log.

    `within`: seconds that it may take.
    """
    command = [sys.executable, "-m", "queuedjob", "--kubeconfig", str(kubeconfig), "--listen", "127.0.0.1:0"]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*command, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=_ROOT / "operator",
            start_new_session=True,
        )
    until = time.monotonic() + within
    while time.monotonic() < until and process.poll() is None:
        said = log.read_text(errors="replace")
        port = _LISTENING.search(said)
        if port and '"event":"ready"' in said.replace('": "', '":"'):
            return OperatorProcess(process, log, int(port[1] or port[2]))
        time.sleep(0.05)
    process.kill()
    process.wait()
    raise RuntimeError(f"the operator was not ready within {within:.0f} s; {log}:\n{log.read_text()[-4000:]}")
