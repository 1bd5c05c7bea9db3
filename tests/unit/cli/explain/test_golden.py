"""The text of `queuedjob explain JOB`: one golden file for each state that users ask about."""

import io
from pathlib import Path
from typing import Final

import pytest
from rich.console import Console

from queuedjob.cli.explain.explanation import explanation_of
from queuedjob.cli.explain.layout import of_job
from queuedjob.cli.output import as_text
from tests.unit.cli.explain.states import STATES, State

GOLDEN: Final = Path(__file__).parent / "golden"


def told(state: State) -> str:
    explanation = explanation_of(state.facts, state.spec, state.letter)
    return as_text(of_job(explanation), Console(file=io.StringIO(), width=110, highlight=False))


@pytest.mark.parametrize("name", STATES)
def test_a_job_is_explained(name: str) -> None:
    assert told(STATES[name]) == (GOLDEN / f"{name}.txt").read_text()


def test_no_golden_text_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(STATES)
