"""`make mutants`: runs the unit tests of each policy file with one change at a time; prints score and survivors."""

import argparse
import gc
import importlib
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from hypothesis.strategies import text

from dev.mutants.changes import POLICY, ROOT, Mutant, mutants
from dev.mutants.report import Reasons, reasons, score, survivors, table
from dev.mutants.trial import Result, results

LEAST: Final = 90.0
"""The percentage that must be killed."""
_BETWEEN: Final = 15.0
"""Seconds between two lines of progress."""
_LOADED: Final = (
    "hypothesis",
    "pytest_asyncio",
    "queuedjob.api.kinds.queuedjob",
    "queuedjob.api.kinds.queuedjob_status",
    "queuedjob.api.kinds.deadletter",
)
"""Modules that are loaded before each mutant; no module of policy/ may be among them."""


def main(arguments: Sequence[str]) -> int:
    """Try the mutants; return 1 when too many survived, or not all were tried."""
    options = _options(arguments)
    todo = [mutant for path in options.only or sorted(POLICY.rglob("*.py")) for mutant in mutants(path)]
    known = reasons()
    random.Random(0).shuffle(todo)  # noqa: S311 - a run that is stopped early has then tried a fair sample
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        _settle_in(Path(folder))
        gc.freeze()  # shared memory pages stay shared
        tried = _tried(todo, options.workers, known)
        os.chdir(ROOT)
    print(f"\n{survivors(tried, known)}\n\n{table(tried)}")
    return 1 if len(tried) < len(todo) or score(tried) < LEAST else 0


def _settle_in(folder: Path) -> None:
    """Work in a copy, so that one may go on editing; load from it what all of them need."""
    for name in ("operator", "tests", "dev"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "pyproject.toml", folder)
    os.chdir(folder)
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(folder / "hypothesis")
    sys.path[:0] = [str(folder / "operator"), str(folder)]
    for name in _LOADED:
        importlib.import_module(name)
    text().validate()  # hypothesis needs a second to find out which characters there are
    if loaded := [name for name in sys.modules if name.startswith("queuedjob.policy")]:
        raise RuntimeError(f"mutants would not be seen in what is loaded already: {', '.join(loaded)}")


def _tried(todo: Sequence[Mutant], workers: int, known: Reasons) -> list[tuple[Mutant, Result]]:
    """Try all mutants, or as many as possible until Ctrl-C."""
    tried: list[tuple[Mutant, Result]] = []
    told = time.monotonic()
    try:
        for it in results(todo, workers):
            tried.append(it)
            if it[1] is Result.SURVIVED:
                print(survivors([it], known), flush=True)
            if time.monotonic() - told > _BETWEEN:
                told = time.monotonic()
                alive = sum(result is Result.SURVIVED for _, result in tried)
                print(f"{len(tried)} of {len(todo)} tried, {alive} survived", flush=True)
    except KeyboardInterrupt:
        print("\nstopped: what is known by now", flush=True)
    return tried


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--only", nargs="*", default=(), help="files of policy/, as job/chain/end.py; none: all")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args(arguments)
    options.only = [POLICY / name for name in options.only]
    if unknown := [str(path.relative_to(POLICY)) for path in options.only if not path.is_file()]:
        sys.exit(f"there is no such file in policy/: {', '.join(unknown)}")
    return options


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
