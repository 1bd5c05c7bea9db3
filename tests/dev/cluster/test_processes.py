import fcntl
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dev.cluster import companions, processes
from dev.cluster.waiting import until


def test_a_process_is_known_by_pid_and_start_time(tmp_path: Path) -> None:
    note = tmp_path / "note"
    with subprocess.Popen(["sleep", "1000"]) as process:
        processes.note(note, process.pid)
        assert processes.noted(note) == process.pid

        pid, start = note.read_text().split()
        note.write_text(f"{pid} {int(start) + 1}\n")

        assert processes.noted(note) is None
        process.kill()


def test_a_zombie_has_ended() -> None:
    with subprocess.Popen(["true"]) as process:
        until("the end of `true`", lambda: None if processes.started(process.pid) is None else "it runs")


_HOLDS_A_LOCK = """
import fcntl, sys, threading, time
lock = open(sys.argv[1], "w")
fcntl.flock(lock, fcntl.LOCK_EX)
for _ in range(40):
    threading.Thread(target=time.sleep, args=(1000,)).start()
print("it is held", flush=True)
"""


def test_a_process_that_has_ended_holds_nothing_any_more(tmp_path: Path) -> None:
    """The first thread of a killed process may end before the other threads do."""
    for turn in range(20):  # each turn may meet that moment
        path = tmp_path / str(turn)
        command = [sys.executable, "-c", _HOLDS_A_LOCK, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process, path.open("w") as lock:
            assert process.stdout is not None
            process.stdout.readline()
            process.kill()
            give_up = time.monotonic() + 30
            while processes.started(process.pid) is not None:  # no pause: the other threads would end in it
                assert time.monotonic() < give_up, "a process that was killed does not end"
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


@pytest.mark.parametrize("text", ["", "12", "12 ", "a b", "1 2 3"])
def test_half_a_note_names_no_process(tmp_path: Path, text: str) -> None:
    (tmp_path / "note").write_text(text)

    assert processes.noted(tmp_path / "note") is None


def test_a_process_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    note, ready = tmp_path / "note", tmp_path / "ready"
    script = 'trap "" TERM; touch "$1"; while :; do sleep 0.05; done'
    with subprocess.Popen(["sh", "-c", script, "deaf", str(ready)]) as process:
        until("the process", lambda: None if ready.exists() else "not there yet")
        processes.note(note, process.pid)

        assert processes.stop_noted(note, patience=0.2)

        assert process.wait() == -9


@pytest.mark.usefixtures("state")
def test_every_companion_of_a_cluster_gets_sigterm() -> None:
    with subprocess.Popen(["sleep", "1000"]) as one, subprocess.Popen(["sleep", "1000"]) as other:
        companions.note("demo", "operator", one.pid)
        companions.note("demo", "table", other.pid)

        companions.stop("demo")

        assert (one.wait(), other.wait()) == (-15, -15)
