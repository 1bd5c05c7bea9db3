import subprocess
from pathlib import Path

import pytest

from e2e.cluster import companions, processes
from e2e.cluster.waiting import until


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


@pytest.mark.parametrize("text", ["", "12", "12 ", "a b", "1 2 3"])
def test_half_a_note_names_nobody(tmp_path: Path, text: str) -> None:
    (tmp_path / "note").write_text(text)

    assert processes.noted(tmp_path / "note") is None


def test_who_does_not_hear_is_killed(tmp_path: Path) -> None:
    note, ready = tmp_path / "note", tmp_path / "ready"
    script = 'trap "" TERM; touch "$1"; while :; do sleep 0.05; done'
    with subprocess.Popen(["sh", "-c", script, "deaf", str(ready)]) as process:
        until("the process", lambda: None if ready.exists() else "not there yet")
        processes.note(note, process.pid)

        assert processes.stop_noted(note, patience=0.2)

        assert process.wait() == -9


@pytest.mark.usefixtures("state")
def test_every_companion_of_a_cluster_is_told_to_end() -> None:
    with subprocess.Popen(["sleep", "1000"]) as one, subprocess.Popen(["sleep", "1000"]) as other:
        companions.note("demo", "operator", one.pid)
        companions.note("demo", "table", other.pid)

        companions.stop("demo")

        assert (one.wait(), other.wait()) == (-15, -15)
