import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from dev.mutants.changes import ROOT, Mutant, mutants
from dev.mutants.report import reasons, score, survivors, table
from dev.mutants.trial import Result

POLICY: Final = '''\
"""A policy."""
from dataclasses import dataclass
from typing import Final, TypeAlias

Small: TypeAlias = int | None
LIMITS: Final = {"a": 3}
RULES: Final = (lambda it: it > 1,)


@dataclass(frozen=True)
class Limit:
    """How much."""

    most: int = 7

    @property
    def none(self) -> bool:
        return self.most == 0


def says(limit: Limit | None) -> str:
    return f"It is {limit}" if limit else explained("Nothing holds it.")
'''


@pytest.fixture
def wrong(tmp_path: Path) -> list[Mutant]:
    path = tmp_path / "limits.py"
    path.write_text(POLICY)
    return list(mutants(path, tmp_path))


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        pytest.param('LIMITS: Final = {"a": 3}', 'LIMITS: Final = {"a": 4}', id="a table"),
        pytest.param('LIMITS: Final = {"a": 3}', 'LIMITS: Final = {"XXaXX": 3}', id="a name in it"),
        pytest.param("RULES: Final = (lambda it: it > 1,)", "RULES: Final = (lambda it: it >= 1,)", id="its lambdas"),
        pytest.param("most: int = 7", "most: int = 8", id="a default"),
        pytest.param("return self.most == 0", "return self.most != 0", id="a property"),
    ],
)
def test_what_is_decided_is_changed_wherever_it_stands(wrong: list[Mutant], was: str, becomes: str) -> None:
    assert (was, becomes) in [it.change for it in wrong]


def test_a_change_stands_at_its_line_and_leaves_the_rest(wrong: list[Mutant]) -> None:
    later = next(it for it in wrong if it.change[1] == "most: int = 8")
    assert POLICY.splitlines()[later.line - 1].strip() == "most: int = 7"
    assert later.code == POLICY.replace("= 7", "= 8")


def test_what_nothing_depends_on_is_left_alone(wrong: list[Mutant]) -> None:
    changed = {it.change[0] for it in wrong}
    assert not [line for line in changed if "TypeAlias" in line or "dataclass" in line or line.startswith("def")]
    assert not [it for it in wrong if "XXNothing" in it.code or "explained(None)" in it.code]


def test_what_mypy_has_seen_is_no_mistake_to_be_made(wrong: list[Mutant]) -> None:
    assert not [it for it in wrong if it.change[1] == "most: int = None"]


def test_a_text_is_changed_once(wrong: list[Mutant]) -> None:
    assert [it.change[1] for it in wrong if '"A"' in it.code] == []


def test_an_argument_that_others_would_move_up_for_stays(tmp_path: Path) -> None:
    path = tmp_path / "calls.py"
    path.write_text("END = wait(until, why, late=soon)\n")
    assert [it.change[1] for it in mutants(path, tmp_path)] == [
        "END = None",
        "END = wait(None, why, late=soon)",
        "END = wait(until, None, late=soon)",
        "END = wait(until, why, late=None)",
        "END = wait(until, why, )",
    ]


def test_the_score_is_of_those_that_could_be_imported(wrong: list[Mutant]) -> None:
    tried = list(zip(wrong[:4], [Result.KILLED, Result.SURVIVED, Result.STILLBORN, Result.KILLED], strict=True))
    assert score(tried) == pytest.approx(66.7, abs=0.1)
    assert table(tried).splitlines()[-1] == "| **all** | 3 | 2 | 1 | 66.7 % |"


def test_a_survivor_is_shown_with_its_known_reason(wrong: list[Mutant]) -> None:
    one = next(it for it in wrong if it.change[1] == "most: int = 8")
    known = {("limits.py", "most: int = 7", "most: int = 8"): "nobody asks"}
    told = survivors([(one, Result.SURVIVED), (wrong[0], Result.KILLED)], known)
    assert told.splitlines() == [
        f"limits.py:{one.line}  equivalent: nobody asks",
        "  - most: int = 7",
        "  + most: int = 8",
    ]


def test_every_equivalent_is_of_a_line_that_is_there() -> None:
    policy = ROOT / "operator" / "queuedjob" / "policy"
    lines = {file: [it.strip() for it in (policy / file).read_text().splitlines()] for file, _, _ in reasons()}
    assert [(file, was) for file, was, _ in reasons() if was not in lines[file]] == []


# --- trials, in a project of their own

CODE: Final = """\
STEP = 2
WIDTH = 4 // STEP


def doubled(figure: int) -> int:
    return figure * STEP
"""

TEST: Final = """\
from queuedjob.policy.adding.sums import doubled


def test_it_doubles() -> None:
    assert doubled(2) == 4
"""

TRY: Final = """\
import json
from pathlib import Path
import hypothesis, pytest_asyncio
from dev.mutants.changes import mutants
from dev.mutants.trial import results
policy = Path("operator/queuedjob/policy")
all_of_them = mutants(policy / "adding/sums.py", policy)
tried = results([it for it in all_of_them if it.change[1] in {"STEP = 3", "STEP = None", "WIDTH = 5 // STEP"}], 2)
print(json.dumps([[*mutant.change, result] for mutant, result in tried]))
"""


def tried(folder: Path, test: str) -> subprocess.CompletedProcess[str]:
    for path, words in {
        "operator/queuedjob/policy/adding/sums.py": CODE,
        "tests/unit/policy/adding/test_sums.py": test,
    }.items():
        (folder / path).parent.mkdir(parents=True)
        (folder / path).write_text(words)
    environment = {**os.environ, "PYTHONPATH": f"{folder / 'operator'}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-c", TRY]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_a_mutant_is_killed_by_a_test_that_fails_and_lives_where_none_does(tmp_path: Path) -> None:
    results = {(was, becomes): result for was, becomes, result in json.loads(tried(tmp_path, TEST).stdout)}
    assert results["STEP = 2", "STEP = 3"] == "killed"
    assert results["STEP = 2", "STEP = None"] == "stillborn"
    assert results["WIDTH = 4 // STEP", "WIDTH = 5 // STEP"] == "survived"


def test_nothing_is_tried_where_the_tests_fail_anyway(tmp_path: Path) -> None:
    done = tried(tmp_path, TEST.replace("== 4", "== 5"))
    assert done.returncode == 1
    assert "the tests of policy/ fail as it is" in done.stderr
