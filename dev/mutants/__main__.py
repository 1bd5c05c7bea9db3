"""`make mutants`: each policy file, changed in one place at a time, before its unit tests; the score, and who lived."""

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
from dev.mutants.trial import Fate, fates

LEAST: Final = 90.0
"""Percent that must be killed."""
_BETWEEN: Final = 15.0
"""Seconds from one line of progress to the next."""
_LOADED: Final = (
    "hypothesis",
    "pytest_asyncio",
    "queuedjob.api.kinds.queuedjob",
    "queuedjob.api.kinds.queuedjob_status",
    "queuedjob.api.kinds.deadletter",
)
"""What each mutant finds loaded; nothing of policy/ may be."""


def main(arguments: Sequence[str]) -> int:
    """1 where too many lived, or not all were tried."""
    options = _options(arguments)
    todo = [mutant for path in options.only or sorted(POLICY.rglob("*.py")) for mutant in mutants(path)]
    known = reasons()
    random.Random(0).shuffle(todo)  # noqa: S311 - where it is stopped early, what is known is a fair sample
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        _settle_in(Path(folder))
        gc.freeze()  # what is shared stays shared
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
    text().validate()  # which letters there are takes hypothesis a second to find out
    if loaded := [name for name in sys.modules if name.startswith("queuedjob.policy")]:
        raise RuntimeError(f"mutants would not be seen in what is loaded already: {', '.join(loaded)}")


def _tried(todo: Sequence[Mutant], workers: int, known: Reasons) -> list[tuple[Mutant, Fate]]:
    """As many as there is time for: all, or until Ctrl-C."""
    tried: list[tuple[Mutant, Fate]] = []
    told = time.monotonic()
    try:
        for it in fates(todo, workers):
            tried.append(it)
            if it[1] is Fate.SURVIVED:
                print(survivors([it], known), flush=True)
            if time.monotonic() - told > _BETWEEN:
                told = time.monotonic()
                alive = sum(fate is Fate.SURVIVED for _, fate in tried)
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
