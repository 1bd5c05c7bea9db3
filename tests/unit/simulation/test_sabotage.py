"""Each sabotage still applies to the operator, and each section of docs/protocol.md has a sabotage that breaks it."""

import re
import shutil
from pathlib import Path
from typing import Final

import pytest

from tests.simulation.sabotage.patches import ROOT, DoesNotApply, Sabotage, all_of_them, read

SABOTAGES: Final = all_of_them()
SECTIONS: Final = re.findall(r"^## (.+)$", (ROOT / "docs/protocol.md").read_text(), re.MULTILINE)
BESIDE_THE_PROTOCOL: Final = ("Classification", "Retries")
"""Rules on the class of an end and on waits: they are not about the order of reads and writes."""


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A folder with a copy of the operator."""
    shutil.copytree(ROOT / "operator", tmp_path / "operator", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def sources(folder: Path) -> dict[str, str]:
    return {str(file.relative_to(folder)): file.read_text() for file in folder.glob("operator/**/*.py")}


@pytest.mark.parametrize("sabotage", SABOTAGES, ids=lambda it: it.name)
def test_a_sabotage_still_applies_to_the_operator(sabotage: Sabotage, copied: Path) -> None:
    before = sources(copied)
    sabotage.apply(copied)
    changed = {file: text for file, text in sources(copied).items() if text != before[file]}
    assert changed
    for file, text in changed.items():
        compile(text, file, "exec")


def test_a_patch_that_fits_no_more_says_so(copied: Path) -> None:
    sabotage = SABOTAGES[0]
    sabotage.apply(copied)
    with pytest.raises(DoesNotApply, match=sabotage.name):
        sabotage.apply(copied)


def test_a_patch_that_does_not_say_what_it_breaks_is_none(tmp_path: Path) -> None:
    patch = tmp_path / "mute.patch"
    patch.write_text("--- a/operator/queuedjob/ports.py\n")
    with pytest.raises(ValueError, match=r"mute\.patch"):
        read(patch)


def test_each_sabotage_has_one_row_in_the_documentation_with_its_rule() -> None:
    tables = (ROOT / "docs/reliability.md").read_text().split("### Sabotage")[1].split("### Chaos")[0]
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", tables, re.MULTILINE)
    assert sorted(rows) == [(it.name, f"{it.section}: {it.rule}") for it in SABOTAGES]


def test_every_rule_of_the_protocol_is_broken_by_some_sabotage() -> None:
    assert {it.section for it in SABOTAGES} == {*SECTIONS, *BESIDE_THE_PROTOCOL}
