from pathlib import Path

import pytest

from dev.cluster import Where, record
from dev.cluster.local import machine_folders


@pytest.fixture
def folders(state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Two folders: one exists on the machine, the other does not."""
    there, missing = tmp_path / "there", tmp_path / "missing"
    there.mkdir()
    monkeypatch.setattr(machine_folders, "FOLDERS", (there, missing))
    state.mkdir()
    return there, missing


def a_cluster(name: str) -> None:
    record.write(record.Record(name, Where.LOCAL, "/kubeconfig", "/kubectl"))


def test_folders_that_had_to_be_made_go_with_the_last_cluster(folders: tuple[Path, Path]) -> None:
    there, missing = folders
    a_cluster("a")
    machine_folders.ensure()
    assert missing.is_dir()

    machine_folders.remove_if_last("a")

    assert there.is_dir()
    assert not missing.exists()


def test_created_folders_stay_while_another_cluster_is_left(folders: tuple[Path, Path]) -> None:
    _, missing = folders
    a_cluster("a")
    machine_folders.ensure()
    a_cluster("b")

    machine_folders.remove_if_last("a")

    assert missing.is_dir()


def test_a_created_folder_that_another_program_uses_stays(folders: tuple[Path, Path]) -> None:
    _, missing = folders
    machine_folders.ensure()
    (missing / "theirs").touch()

    machine_folders.remove_if_last("a")

    assert (missing / "theirs").exists()


def test_taking_down_nothing_removes_nothing(folders: tuple[Path, Path]) -> None:
    there, _ = folders

    machine_folders.remove_if_last("a")

    assert there.is_dir()
