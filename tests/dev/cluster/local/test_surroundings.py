import os
import signal
import socket
import subprocess

import pytest

from dev.cluster import ClusterError, Options, Profile, processes
from dev.cluster.local import surroundings
from dev.cluster.local.layout import Layout

API = Options(profile=Profile.API)


@pytest.fixture
def _not_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)


@pytest.mark.usefixtures("_not_root")
@pytest.mark.parametrize("options", [Options(), Options(profile=Profile.API, kwok=1)])
def test_what_needs_root_is_refused_to_others_with_what_does_not(options: Options) -> None:
    with pytest.raises(ClusterError, match=r"run the same as root, or use CLUSTER=kind.*PROFILE=api does without"):
        surroundings.refuse_what_needs_root(options)


@pytest.mark.usefixtures("_not_root")
def test_an_api_server_needs_no_root() -> None:
    surroundings.refuse_what_needs_root(API)


def test_root_has_a_network_for_each_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)

    surroundings.refuse_what_needs_root(Options())

    assert surroundings.addresses(3).server == "https://198.18.48.2:6443"


@pytest.mark.usefixtures("_not_root")
@pytest.mark.parametrize("port", [6443, 2379], ids=["API server", "etcd"])
def test_a_number_whose_loopback_address_has_a_listener_is_taken(port: int) -> None:
    number = 15
    with socket.create_server((str(surroundings.addresses(number).node), port)):
        assert surroundings.are_taken(number)
    assert not surroundings.are_taken(number)


@pytest.mark.usefixtures("_not_root")
def test_what_is_killed_has_ended_only_when_its_process_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """A killed process has no command line, by which it was found, some time before it ends."""
    found, kills, kill = iter([True]), [], os.kill

    def dying_slowly(pid: int, number: int) -> None:
        kills.append(number)
        if len(kills) > 1:
            kill(pid, number)

    with subprocess.Popen(["sleep", "1000"]) as process:
        monkeypatch.setattr(surroundings, "_components", lambda _: {process.pid} if next(found, False) else set())
        monkeypatch.setattr(os, "kill", dying_slowly)

        killed, start = surroundings.remove(Layout("slow")), processes.started(process.pid)
        kill(process.pid, signal.SIGKILL)  # whether or not it has ended

    assert (killed, start) == (1, None)
