"""The manifests of examples/ match the demo's lessons. Whether the API server accepts them, the demo itself shows."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from dev.demo.lessons import CURE, EXAMPLES, LESSONS, YOUR_TURN, Lesson
from queuedjob.api.kinds.queuedjob import JobSpec

ROOT = Path(__file__).parents[3]
ALL = [*(lesson.file for lesson in LESSONS), CURE.file, YOUR_TURN]


def manifest(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / file).read_text())
    return found


def test_the_demo_applies_the_folder_so_every_manifest_in_it_is_a_lesson() -> None:
    assert [ROOT / lesson.file for lesson in LESSONS] == sorted((ROOT / EXAMPLES).glob("*.yaml"))


def test_every_manifest_is_the_demos_or_left_to_the_user() -> None:
    assert {ROOT / file for file in ALL} == set((ROOT / EXAMPLES).rglob("*.yaml"))


@pytest.mark.parametrize("file", ALL, ids=str)
def test_a_manifest_opens_with_its_lesson(file: Path) -> None:
    assert (ROOT / file).read_text().startswith("# ")


@pytest.mark.parametrize("file", ALL, ids=str)
def test_a_manifest_fits_any_namespace_and_has_only_what_the_kind_knows(file: Path) -> None:
    job = manifest(file)
    assert set(job) == {"apiVersion", "kind", "metadata", "spec"}
    assert set(job["metadata"]) == {"name"}
    JobSpec.model_validate(job["spec"])


@pytest.mark.parametrize("lesson", [*LESSONS, CURE], ids=lambda lesson: str(lesson.file))
def test_a_manifest_says_itself_where_its_job_ends(lesson: Lesson) -> None:
    text = (ROOT / lesson.file).read_text()
    assert manifest(lesson.file)["metadata"]["name"] == lesson.job
    said = next(line for line in text.splitlines() if line.startswith(("# Ends as: ", "# Stays: ")))
    assert lesson.expected.phase in said
    if lesson.expected.attempts:
        assert f"after {len(lesson.expected.attempts)} attempt" in said


def test_the_cure_changes_what_was_wrong_and_nothing_else() -> None:
    dead = next(lesson for lesson in LESSONS if lesson.job == CURE.job)
    before, after = manifest(dead.file), manifest(CURE.file)
    assert before["spec"].pop("payload") != after["spec"].pop("payload")
    assert before == after
