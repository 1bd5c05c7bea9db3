"""The output for users: the score of each file, and the survivors."""

import tomllib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from dev.mutants.changes import Mutant
from dev.mutants.trial import Fate

Tried = Sequence[tuple[Mutant, Fate]]

EQUIVALENT: Final = Path(__file__).parent / "equivalent.toml"


def score(tried: Tried) -> float:
    """Return the percentage of killed mutants; those known as equivalent count as alive."""
    fates = Counter(fate for _, fate in tried)
    told = fates[Fate.KILLED] + fates[Fate.SURVIVED]
    return 100 * fates[Fate.KILLED] / told if told else 100.0


def table(tried: Tried) -> str:
    """Return a table with a line for each file, and one for all."""
    files = sorted({mutant.file for mutant, _ in tried})
    rows = [_row(file, [it for it in tried if it[0].file == file]) for file in files]
    head = ["| file | mutants | killed | survived | score |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows, _row("**all**", tried)])


def _row(name: str, tried: Tried) -> str:
    fates = Counter(fate for _, fate in tried)
    killed, survived = fates[Fate.KILLED], fates[Fate.SURVIVED]
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
    for mutant in sorted((it for it, fate in tried if fate is Fate.SURVIVED), key=lambda it: (it.file, it.line)):
        was, becomes = mutant.change
        reason = known.get((mutant.file, was, becomes))
        lines += [f"{mutant.file}:{mutant.line}" + (f"  equivalent: {reason}" if reason else "")]
        lines += [f"  - {was}", f"  + {becomes}"]
    return "\n".join(lines)
