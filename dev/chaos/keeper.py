"""Keeps the operator running, as a Deployment would, and kills it for the faults."""

import asyncio
import signal
import subprocess
from pathlib import Path
from typing import Final

from dev.harness.operator_process import command_line, environment

_ENDS_WITHIN: Final = 15.0
"""Seconds in which a terminated operator must end; Kubernetes gives 30."""


class Keeper:
    """One operator, started again whenever it has ended; all its processes append to `log`."""

    def __init__(self, kubeconfig: Path, log: Path, options: list[str]) -> None:
        self._command = command_line(kubeconfig, options)
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self.log = log
        self.starts = 0
        self.surprises: list[str] = []
        """How the operator ended without a fault, or in a way that the fault does not explain."""

    def start(self) -> None:
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment(),
                start_new_session=True,
            )
        self.starts += 1

    async def kill(self) -> None:
        """Send SIGKILL."""
        process = self._running()
        process.kill()
        await asyncio.to_thread(process.wait)

    async def terminate(self) -> None:
        """Send SIGTERM; the operator must end by itself, with 0."""
        process = self._running()
        process.terminate()
        try:
            status = await asyncio.to_thread(process.wait, _ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            self.surprises.append(f"the operator did not end within {_ENDS_WITHIN:.0f} s of SIGTERM")
            await self.kill()
        else:
            if status not in {0, -signal.SIGTERM}:
                self.surprises.append(f"the operator ended with {status} on SIGTERM")

    async def freeze(self, seconds: float) -> None:
        """Send SIGSTOP, and SIGCONT after `seconds`."""
        process = self._running()
        process.send_signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            process.send_signal(signal.SIGCONT)

    def look_after(self) -> None:
        """Start the operator again when it ended by itself, which it never should. Not to be called during a fault."""
        status = self._running().poll()
        if status is not None:
            self.surprises.append(f"the operator ended by itself with {status}")
            self.start()

    def end(self) -> None:
        """Kill the operator, in any state."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "start() comes first"
        return self._process
