"""Check that docs/conformance.md names code and tests that exist, and each number of the failure catalogue once."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[3]
TEXT: Final = (ROOT / "docs/conformance.md").read_text()
FOLDERS: Final = {
    "unit": "tests/unit",
    "api": "tests/api",
    "dev": "tests/dev",
    "e2e": "e2e",
    "simulation": "tests/simulation",
    "chaos": "dev/chaos",
}
TROUBLES: Final = {"simulation", "chaos"}
"""For these folders, rows name troubles and promises, not tests."""
CATALOGUE: Final = [
    *(
        f"{part}{number}"
        for part, first, last in (
            ("A", 1, 21),
            ("B", 22, 24),
            ("C", 25, 31),
            ("D", 32, 34),
            ("E", 35, 44),
            ("F", 45, 50),
            ("G", 51, 62),
            ("H", 63, 74),
            ("I", 75, 79),
            ("J", 1, 24),
        )
        for number in range(first, last + 1)
    ),
    *(f"K.{letter}" for letter in "abcdefghijklmn"),
]


def rows(heading: str) -> list[list[str]]:
    """The cells of the table below a heading."""
    part = TEXT.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in part.splitlines() if line.startswith("| ")][1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


NUMBERS: Final = rows("The failure catalogue")
HOSTILE: Final = rows("Hostile surroundings")
RULES: Final = rows("The order of reads and writes")
ALL: Final = [*NUMBERS, *HOSTILE, *RULES]


def names(column: int) -> list[str]:
    return sorted(set(chain.from_iterable(re.findall(r"`([^`]+)`", row[column]) for row in ALL)))


@cache
def defined(file: Path) -> frozenset[str]:
    """The names that a module defines; methods and attributes of its classes as Class.name."""
    return frozenset(_names_in(ast.parse(file.read_text()).body))


def _names_in(body: list[ast.stmt], within: str = "") -> Iterator[str]:
    for node in body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield within + name
            case ast.ClassDef(name=name):
                yield within + name
                yield from _names_in(node.body, f"{within}{name}.")
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
                yield within + name


def exists(folder: str, reference: str) -> bool:
    path, _, name = reference.partition("::")
    file = ROOT / folder / path
    return file.is_file() and name in defined(file)


def test_every_number_of_the_catalogue_has_one_row() -> None:
    assert [row[0] for row in NUMBERS] == CATALOGUE


def test_no_two_rows_have_one_number() -> None:
    numbers = [row[0] for row in (*NUMBERS, *HOSTILE)]
    assert numbers == list(dict.fromkeys(numbers))


@pytest.mark.parametrize("row", ALL, ids=lambda row: f"{row[0]} {row[1]}")
def test_a_row_names_its_state_its_code_and_its_test(row: list[str]) -> None:
    assert len(row) == 5
    _, _, state, code, test = row
    kind, _, why = state.partition(":")
    assert kind in {"holds", "partly", "to come"}
    if kind == "holds":
        assert code
        assert test
        assert not why
    if kind == "partly":
        assert why


@pytest.mark.parametrize("reference", names(3))
def test_the_code_that_is_named_exists(reference: str) -> None:
    assert exists("operator/queuedjob", reference)


@pytest.mark.parametrize("reference", names(4))
def test_the_test_that_is_named_exists(reference: str) -> None:
    folder, _, rest = reference.partition("/")
    assert exists(FOLDERS[folder], rest)
    assert folder in TROUBLES or rest.rpartition("::")[2].startswith("test_")
