"""A release says what changed, in the words of the changelog, under the version of the code."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from dev.release_notes import NoNotes, main, notes, version_of
from queuedjob import __version__
from queuedjob.cli.main import queuedjob
from queuedjob.options import command

ROOT = Path(__file__).parents[2]
CHANGELOG = """# Changelog

## [Unreleased]

## [0.2.0] - 2026-12-24

### Added
- More.

## [0.1.0] - 2026-11-30
- All.
"""


def test_the_notes_are_the_section_of_the_version() -> None:
    assert notes("v0.2.0", "0.2.0", CHANGELOG) == "### Added\n- More.\n"
    assert notes("v0.1.0", "0.1.0", CHANGELOG) == "- All.\n"


@pytest.mark.parametrize(
    ("tag", "version", "words"),
    [
        ("v0.2.0", "0.1.0", "the tag must be v0.1.0"),
        ("0.1.0", "0.1.0", "the tag must be v0.1.0"),
        ("v0.3.0", "0.3.0", r"no section \[0.3.0\] with a text"),
        ("vUnreleased", "Unreleased", "with a text"),
    ],
)
def test_a_tag_without_notes_is_refused_with_what_to_mend(tag: str, version: str, words: str) -> None:
    with pytest.raises(NoNotes, match=words):
        notes(tag, version, CHANGELOG)


def test_this_release_has_no_notes_before_its_section_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["v99.0.0"]) == 1
    assert f"the tag must be v{__version__}" in capsys.readouterr().err


def test_a_package_without_a_version_is_an_error() -> None:
    with pytest.raises(NoNotes, match="names no __version__"):
        version_of("")


def test_the_operator_and_the_command_say_the_version() -> None:
    for program in (queuedjob, command(lambda _: None)):
        result = CliRunner().invoke(program, ["--version"], prog_name="queuedjob")
        assert (result.exit_code, result.output) == (0, f"queuedjob {__version__}\n")


def test_the_version_stands_in_one_place() -> None:
    named = re.compile(rf"version\W{{1,6}}{re.escape(__version__)}", re.IGNORECASE)
    files = [*ROOT.glob("*.toml"), *ROOT.glob("operator/**/*.py"), *ROOT.glob("Makefile"), *ROOT.glob("dev/**/*.py")]
    assert [path.name for path in files if named.search(path.read_text())] == []
    assert version_of((ROOT / "operator/queuedjob/__init__.py").read_text()) == __version__
