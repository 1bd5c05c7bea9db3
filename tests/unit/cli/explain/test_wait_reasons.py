"""Every reason for a wait has a way out, or the wait ends without one."""

import re
from pathlib import Path
from string import Formatter
from typing import Final

import pytest

from queuedjob.cli.explain.wait_reasons import WAYS_OUT
from queuedjob.policy.job import reasons

ROOT: Final = Path(__file__).parents[4]
BY_THEMSELVES: Final = {
    reasons.SUSPENDED,
    reasons.RESUMED,
    reasons.RERUN,
    reasons.NOT_BEFORE,
    reasons.BACKOFF,
    reasons.RETRYING,
}
"""Reasons that need no way out: the next steps show the time of the next attempt, or what holds the job back."""


def documented() -> set[str]:
    states = (ROOT / "docs/states.md").read_text().split("\n## Why a job waits\n", 1)[1].split("\n## ", 1)[0]
    first_cells = re.findall(r"^\| ([^|]+) \|", states, re.MULTILINE)[1:]
    return {reason for cell in first_cells for reason in re.findall(r"[A-Z]\w+", cell)}


def test_every_documented_reason_has_a_way_out() -> None:
    assert documented() - BY_THEMSELVES <= set(WAYS_OUT)


@pytest.mark.parametrize("reason", WAYS_OUT)
def test_a_command_names_the_job_and_nothing_else(reason: str) -> None:
    names = {name for _, name, _, _ in Formatter().parse(WAYS_OUT[reason].command) if name}
    assert names <= {"name", "namespace"}
