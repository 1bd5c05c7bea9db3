"""The output for users: the score of each file, and the survivors."""

import tomllib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from dev.mutants.changes import Mutant
from dev.mutants.trial import Result

Tried = Sequence[tuple[Mutant, Result]]

EQUIVALENT: Final = Path(__file__).parent / "equivalent.toml"


def score(tried: Tried) -> float:
    """Return the percentage of killed mutants; those known as equivalent count as alive."""
    results = Counter(result for _, result in tried)
    told = results[Result.KILLED] + results[Result.SURVIVED]
    return 100 * results[Result.KILLED] / told if told else 100.0


def table(tried: Tried) -> str:
    """Return a table with a line for each file, and one for all."""
    files = sorted({mutant.file for mutant, _ in tried})
    rows = [_row(file, [it for it in tried if it[0].file == file]) for file in files]
    head = ["| file | mutants | killed | survived | score |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows, _row("**all**", tried)])


def _row(name: str, tried: Tried) -> str:
    results = Counter(result for _, result in tried)
    killed, survived = results[Result.KILLED], results[Result.SURVIVED]
    return f"| {name} | {killed + survived} | {killed} | {survived} | {score(tried):.1f} % |"


Reasons = dict[tuple[str, str, str], str]
"""Why a change (file, line before, line after) has no observable effect."""


def reasons(path: Path = EQUIVALENT) -> Reasons:
    """Return the changes that no test can kill. A line is identified by its text, because its number changes."""
    entries = tomllib.loads(path.read_text()).get("mutant", [])
    return {(it["file"], it["was"], it["becomes"]): it["reason"] for it in entries}


def survivors(tried: Tried, known: Reasons) -> str:
    """Return each survivor: its place, its change, and the reason why it may survive, where that is known."""
    lines = []
    for mutant in sorted((it for it, result in tried if result is Result.SURVIVED), key=lambda it: (it.file, it.line)):
        was, becomes = mutant.change
        reason = known.get((mutant.file, was, becomes))
        lines += [f"{mutant.file}:{mutant.line}" + (f"  equivalent: {reason}" if reason else "")]
        lines += [f"  - {was}", f"  + {becomes}"]
    return "\n".join(lines)
