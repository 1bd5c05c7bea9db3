"""A request whose sender is dead, stopped, or has given it up does not arrive when a broken network heals.

Server and sender are processes in a network namespace of their own, whose packets the kernel drops.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest

from dev.cluster.waiting import until

pytestmark = pytest.mark.local

ROOT: Final = Path(__file__).parents[3]
NEVER: Final = "600"
"""Seconds: the sender does not give the request up within the test."""
PATIENCE: Final = 30.0
"""Seconds to wait for the kernel, which gives a connection up after 5 s by our option and after 15 minutes without."""

TWO_SENDERS: Final = ["GET /first", "GET /first"]
"""What has arrived from two senders when nothing of their POSTs has."""


class Network:
    """A network namespace with a server in it."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self._stack = stack
        self.server = self.run(
            "late_server", str(folder), inside=["unshare", "--net", "--"], script="ip link set lo up"
        )
        self.port = int(self.line(self.server))

    def run(self, module: str, *arguments: str, inside: Sequence[str], script: str = "true") -> subprocess.Popen[str]:
        argv = [*inside, "sh", "-c", f'{script} && exec "$@"', "sh", sys.executable, "-m"]
        process = subprocess.Popen(
            [*argv, f"tests.dev.real_clusters.{module}", *arguments],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT / 'operator'}:{ROOT}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._stack.callback(self._end, process)
        return process

    def sender(self, path: str, patience: str = NEVER) -> subprocess.Popen[str]:
        """Start a sender. It is connected, and sends its POST when `go` says so."""
        process = self.run("late_sender", str(self.folder / "kubeconfig"), path, patience, inside=self._inside())
        assert self.line(process) == "connected"
        return process

    def go(self, sender: subprocess.Popen[str]) -> None:
        assert sender.stdin is not None
        sender.stdin.write("\n")
        sender.stdin.flush()

    def line(self, process: subprocess.Popen[str]) -> str:
        assert process.stdout is not None
        return process.stdout.readline().strip()

    def drop(self) -> None:
        """Drop all packets between server and senders."""
        self._nft("add table inet t")
        self._nft("add chain inet t c { type filter hook input priority 0; }")
        for end in ("dport", "sport"):
            self._nft(f"add rule inet t c tcp {end} {self.port} drop")

    def heal(self) -> None:
        self._nft("delete table inet t")

    def _nft(self, command: str) -> None:
        subprocess.run([*self._inside(), "nft", command], check=True)

    def _inside(self) -> list[str]:
        return ["nsenter", f"--net=/proc/{self.server.pid}/ns/net"]

    def unacknowledged(self) -> list[str]:
        """Connections to the server with bytes that the kernel has still to bring there (proc(5), /proc/net/tcp)."""
        table = [line.split() for line in Path(f"/proc/{self.server.pid}/net/tcp").read_text().splitlines()[1:]]
        towards = [row for row in table if int(row[2].split(":")[1], 16) == self.port]
        return [f"{row[1]} in state {row[3]}" for row in towards if int(row[4].split(":")[0], 16)]

    def await_something_to_send(self) -> None:
        until("a request on its way", lambda: None if self.unacknowledged() else "there is none")

    def await_nothing_to_send(self) -> None:
        until("the kernel has nothing to send", lambda: ", ".join(self.unacknowledged()) or None, deadline=PATIENCE)

    def arrived(self) -> list[str]:
        """All requests that have arrived by the time that those of a new sender do."""
        self.go(self.sender("/control"))
        return list(iter(lambda: self.line(self.server), "POST /control"))

    @staticmethod
    def _end(process: subprocess.Popen[str]) -> None:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with ExitStack() as stack:
        yield Network(tmp_path_factory.mktemp("network"), stack)


def test_a_request_of_a_killed_process_does_not_arrive_when_the_network_heals(network: Network) -> None:
    sender = network.sender("/late")
    network.drop()
    network.go(sender)
    network.await_something_to_send()
    sender.kill()
    sender.wait()
    network.heal()
    network.await_nothing_to_send()
    assert network.arrived() == TWO_SENDERS


def test_a_request_that_was_given_up_does_not_arrive_when_the_network_heals(network: Network) -> None:
    sender = network.sender("/late", patience="0.5")
    network.drop()
    network.go(sender)
    assert network.line(sender) == "given up"
    network.heal()
    network.await_nothing_to_send()
    assert network.arrived() == TWO_SENDERS


def test_the_kernel_gives_up_a_request_of_a_process_that_is_stopped(network: Network) -> None:
    sender = network.sender("/late")
    network.drop()
    network.go(sender)
    network.await_something_to_send()
    sender.send_signal(signal.SIGSTOP)
    network.await_nothing_to_send()
    network.heal()
    sender.send_signal(signal.SIGCONT)
    assert network.arrived() == TWO_SENDERS


def test_a_request_arrives_late_if_its_sender_is_alive_and_the_network_heals_soon(network: Network) -> None:
    sender = network.sender("/late")
    network.drop()
    network.go(sender)
    network.await_something_to_send()
    network.heal()
    network.await_nothing_to_send()
    assert network.arrived() == ["GET /first", "POST /late", "GET /first"]
