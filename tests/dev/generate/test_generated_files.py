from pathlib import Path

import pytest

from dev.generate import generated_files


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(generated_files, "ROOT", tmp_path)
    assert generated_files.main([]) == 0
    return tmp_path


def test_what_was_just_written_is_verified(written: Path) -> None:
    assert {path.parent.name for path in written.glob("*/*.yaml")} == {"crds", "policies", "rbac"}
    assert [path.name for path in written.glob("docs/*")] == ["failure-classes.md"]
    assert generated_files.main(["--check"]) == 0


def test_a_changed_file_is_named_and_left_alone(written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed = written / "crds/queuedjobs.yaml"
    changed.write_text("edited by hand\n")
    assert generated_files.main(["--check"]) == 1
    assert "crds/queuedjobs.yaml is not what operator/queuedjob says" in capsys.readouterr().out
    assert changed.read_text() == "edited by hand\n"


def test_a_changed_outcome_of_a_golden_pair_is_named(written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pair = min((written / "tests/golden").glob("*.yaml"))
    pair.write_text(pair.read_text().replace("step: CreatePod", "step: Wait"))
    assert generated_files.main(["--check"]) == 1
    assert f"tests/golden/{pair.name} is not what operator/queuedjob says" in capsys.readouterr().out


def test_a_file_that_nothing_generates_any_more_is_named_then_removed(
    written: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    leftover = written / "crds/forgotten.yaml"
    leftover.touch()
    assert generated_files.main(["--check"]) == 1
    assert "crds/forgotten.yaml" in capsys.readouterr().out
    assert generated_files.main([]) == 0
    assert not leftover.exists()
