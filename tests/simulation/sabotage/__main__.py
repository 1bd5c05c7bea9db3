"""`make sabotage`: run each wrong version of the operator in simulated histories until a promise breaks; print a table.

A history counts against a sabotage only if the unchanged operator keeps the promise that the sabotage broke.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.simulation.sabotage.patches import ROOT, DoesNotApply, Sabotage, all_of_them

_BROKEN_CODE: Final = ("AttributeError(", "ImportError(", "NameError(", "UnboundLocalError(")
"""Errors that no rule of the protocol causes: the patch fits, but the code that it makes has a mistake of its own."""

_WORDS: Final = 150
"""Characters of a breach's text in a line of progress."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one sabotage."""

    sabotage: Sabotage
    promise: str = ""
    """The first promise that broke; empty: none."""
    seeds: int = 0
    """The number of seeds that were tried, including the one that caught it."""
    words: str = ""

    @property
    def row(self) -> str:
        """The line of this sabotage in the table."""
        caught = f"`{self.promise}` | {self.seeds}" if self.promise else f"**not caught**: {self.words} | {self.seeds}"
        return f"| `{self.sabotage.name}` | {self.sabotage.section}: {self.sabotage.rule} | {caught} |"


def main(arguments: Sequence[str]) -> int:
    """Return the exit code: 1 if a sabotage was not caught or does not apply any more, else 0."""
    options = _options(arguments)
    chosen = [it for it in all_of_them() if not options.only or it.name in options.only]
    if unknown := set(options.only) - {it.name for it in chosen}:
        sys.exit(f"there is no such sabotage: {', '.join(sorted(unknown))}")

    def tried(sabotage: Sabotage) -> Outcome:
        outcome = _try(sabotage, options.first, options.seeds)
        verdict = f"caught by {outcome.promise} after {outcome.seeds}" if outcome.promise else "NOT CAUGHT"
        print(f"{sabotage.name}: {verdict}: {outcome.words[:_WORDS]}", flush=True)
        return outcome

    with ThreadPoolExecutor(options.workers) as threads:  # each thread waits for its own process
        outcomes = list(threads.map(tried, chosen))
    missed = [outcome for outcome in outcomes if not outcome.promise]
    print("\n| sabotage | the rule that it breaks | caught by | after seeds |\n|---|---|---|---|")
    print("\n".join(outcome.row for outcome in outcomes))
    print(f"\n{len(outcomes) - len(missed)} of {len(outcomes)} sabotages caught, seeds from {options.first} on")
    return 1 if missed else 0


def _try(sabotage: Sabotage, first: int, seeds: int) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder).resolve()
        shutil.copytree(ROOT / "operator", copy / "operator", ignore=shutil.ignore_patterns("__pycache__"))
        try:
            sabotage.apply(copy)
            return _until_caught(sabotage, _trial(copy / "operator"), first, seeds)
        except DoesNotApply as error:
            return Outcome(sabotage, words=str(error))
        except subprocess.CalledProcessError:
            return Outcome(sabotage, words="it cannot even be tried")


def _until_caught(sabotage: Sabotage, wrong: "_Trial", first: int, seeds: int) -> Outcome:
    right, seed, end = _trial(ROOT / "operator"), first, first + seeds
    while seed < end:
        found = wrong(seed, end - seed)
        if found.seed is None:
            break
        if any(error in found.words for error in _BROKEN_CODE):
            return Outcome(sabotage, seeds=found.seed - first + 1, words=f"its own code is broken: {found.words}")
        innocent = right(found.seed, 1).promises
        if guilty := [promise for promise in found.promises if promise not in innocent]:
            return Outcome(sabotage, guilty[0], found.seed - first + 1, found.words)
        seed = found.seed + 1
    return Outcome(sabotage, seeds=seeds, words="every promise kept")


@dataclass(frozen=True, slots=True)
class _Found:
    seed: int | None
    promises: list[str]
    words: str


_Trial = Callable[[int, int], _Found]
"""Takes the first seed and the number of seeds."""


def _trial(operator: Path) -> _Trial:
    """A function that tries the operator in this folder, each time in a new process."""
    environment = {**os.environ, "PYTHONPATH": f"{operator}{os.pathsep}{ROOT}"}

    def run(first: int, seeds: int) -> _Found:
        command = [sys.executable, "-m", "tests.simulation.sabotage.trial", str(operator), str(first), str(seeds)]
        done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
        return _Found(**json.loads(done.stdout.splitlines()[-1]))

    return run


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make sabotage", description=__doc__)
    parser.add_argument("--seeds", type=int, default=2000, help="how many histories each may take")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--only", nargs="*", default=(), help="names of sabotages; none: all")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
