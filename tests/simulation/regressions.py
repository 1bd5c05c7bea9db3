"""Cases that failed once and must not fail again: one per line, with the fault that was found."""

from pathlib import Path
from typing import Final

from tests.simulation.case import Case


def _read(text: str) -> tuple[Case, ...]:
    lines = (line.split("#", 1)[0].strip() for line in text.splitlines())
    return tuple(Case.parse(line) for line in lines if line)


CASES: Final = _read(Path(__file__).with_name("regressions.txt").read_text())
