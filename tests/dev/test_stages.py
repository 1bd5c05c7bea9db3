from pathlib import Path

import pytest

from dev import stages
from dev.stages import Result, summary

TWO = {"lint": "style", "unit": "decisions"}


def test_the_summary_names_what_failed_and_what_did_not_run() -> None:
    text = summary(TWO, [Result("lint", passed=False, seconds=1.25)])
    assert "FAILED      1.2 s  lint     style" in text
    assert "not run            unit     decisions" in text
    assert text.endswith("Once more, alone: make lint\n0 passed, 1 failed")


def test_the_summary_of_a_good_run_ends_in_the_count() -> None:
    assert summary(TWO, [Result("lint", passed=True, seconds=1), Result("unit", passed=True, seconds=2)]).endswith(
        "2 passed, 0 failed"
    )


def test_nothing_runs_after_a_stage_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Makefile").write_text("lint:\n\t@false\nunit:\n\t@touch ran\n")
    monkeypatch.setattr(stages, "ROOT", tmp_path)
    assert [r.passed for r in stages.run(TWO)] == [False]
    assert not (tmp_path / "ran").exists()


def test_a_stage_may_carry_settings_of_its_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Makefile").write_text("chaos:\n\t@test $(MINUTES) = 3\n")
    monkeypatch.setattr(stages, "ROOT", tmp_path)
    results = stages.run({"chaos MINUTES=3": "everything breaks"})
    assert [result.passed for result in results] == [True]


def test_every_stage_is_a_make_target() -> None:
    makefile = (stages.ROOT / "Makefile").read_text()
    assert [stage for stage in stages.STAGES if f"\n{stage.split()[0]}: " not in makefile] == []
