"""One seed gives one history: in any process, after any other history, with any PYTHONHASHSEED."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.case import Case
from tests.simulation.result import run_case

ROOT = Path(__file__).parent.parent.parent.parent
SEEDS = range(7000, 7024)
PROGRAM = """
from tests.simulation.case import Case
from tests.simulation.result import run_case
for seed in {seeds}:
    print(seed, run_case(Case(seed)).trace)
"""


def traces(hash_seed: int, seeds: list[int]) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed), "PYTHONPATH": f"{ROOT / 'operator'}:{ROOT}"}
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(seeds=seeds)], env=environment, stdout=subprocess.PIPE, text=True
    )


def test_a_seed_has_the_same_history_in_every_process() -> None:
    first, second = traces(1, list(SEEDS)), traces(2, list(reversed(SEEDS)))
    said = [sorted(process.communicate()[0].splitlines()) for process in (first, second)]
    assert len(said[0]) == len(SEEDS)
    assert said[0] == said[1]


def test_other_dice_for_the_schedule_make_another_history() -> None:
    assert run_case(Case(7001)).trace != run_case(Case(7001, schedule=1)).trace


@pytest.mark.parametrize("text", ["17", "17+2", "17:without=429,kill", "17+3:without=kill:jobs=0,2", "17:jobs="])
def test_a_case_is_what_its_text_says(text: str) -> None:
    assert str(Case.parse(text)) == text


@pytest.mark.parametrize("text", ["", "x", "1:nothing=2"])
def test_any_other_text_is_no_case(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Case.parse(text)
