"""Whether the unit tests notice a mutant: each runs in a process of its own, forked with all loaded but the policy.

So tables that the mutant changes at import are wrong, too. The file itself is never written: the import gets a changed
text.
"""

import enum
import importlib
import importlib.abc
import importlib.util
import os
import resource
import signal
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Final

import pytest

from dev.mutants.changes import Mutant

TESTS: Final = Path("tests/unit/policy")
_POLICY: Final = Path("operator/queuedjob/policy")

_QUICK: Final = ("-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "dev.mutants.few")
_LOADED: Final = (
    "-Wignore::pytest.PytestAssertRewriteWarning",
    "-Wignore::hypothesis.errors.HypothesisSideeffectWarning",
)
"""The plugins are loaded already: that makes a run quick."""
_HISTORIES: Final = ("job/test_following_the_plan.py", "job/test_plan_properties.py", "job/test_plan_writes.py")
_LEFT_OUT: Final = tuple(f"--ignore={TESTS / name}" for name in _HISTORIES)
"""These tests are slow, and what whole histories notice by chance names no cause."""

_LONGEST: Final = 60
"""Seconds of CPU: an endless loop is noticed, however busy the machine is."""
_STILLBORN: Final = 99
"""An exit code that pytest does not use."""
_NOTICED: Final = (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED)
"""A test failed, or its file could not be imported. Every other code means that pytest itself failed."""


class Result(enum.StrEnum):
    """The result of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    STILLBORN = "stillborn"
    """It cannot even be imported: no realistic mistake, so it does not count."""


def results(mutants: Sequence[Mutant], workers: int) -> Iterator[tuple[Mutant, Result]]:
    """Try the mutants in the current folder, `workers` at a time; yield each when it ends.

    The nearest tests run first, then all. Raises RuntimeError where the tests fail, or do not run, without any change.
    """
    if _end(_forked(None, _ALL)) != 0:
        raise RuntimeError("the tests of policy/ fail as it is: there is nothing to be learnt from wrong versions")
    waiting = [(mutant, _first(mutant.file) or _ALL) for mutant in reversed(mutants)]
    running: dict[int, tuple[Mutant, tuple[str, ...]]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                mutant, tests = waiting.pop()
                running[_forked(mutant, tests)] = mutant, tests
            pid, status = os.wait()
            mutant, tests = running.pop(pid)
            if status == 0 and tests != _ALL:
                waiting.append((mutant, _ALL))
            else:
                yield mutant, _result(status)
    finally:
        for pid in running:
            os.kill(pid, signal.SIGKILL)


_ALL: Final = (*_LEFT_OUT, str(TESTS))


@cache
def _first(file: str) -> tuple[str, ...]:
    """Return the test file named after a file of policy/, else those named after the files that import it."""
    if (own := _test_of(file)).exists():
        return (str(own),)
    imported = f"{_module(file)} import"
    users = [path for path in sorted(_POLICY.rglob("*.py")) if imported in path.read_text()]
    return tuple(str(test) for path in users if (test := _test_of(path.relative_to(_POLICY))).exists())


def _test_of(file: str | Path) -> Path:
    path = TESTS / file
    return path.with_name(f"test_{path.name}")


def _module(file: str) -> str:
    return ".".join(("queuedjob", "policy", *Path(file).with_suffix("").parts))


def _end(pid: int) -> int:
    return os.waitpid(pid, 0)[1]


def _result(status: int) -> Result:
    if os.WIFSIGNALED(status):  # it ran out of time, or it crashed the interpreter
        return Result.KILLED
    match os.WEXITSTATUS(status):
        case 0:
            return Result.SURVIVED
        case code if code in _NOTICED:
            return Result.KILLED
        case code if code == _STILLBORN:
            return Result.STILLBORN
        case code:
            raise RuntimeError(f"pytest itself failed, with {code}")


def _forked(mutant: Mutant | None, tests: tuple[str, ...]) -> int:
    """Fork a process that tries the mutant and return its pid; None: the policy without a change."""
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(_try(mutant, tests))
        finally:
            os._exit(pytest.ExitCode.INTERNAL_ERROR)  # the clean-up of the parent must not run here
    return pid


def _try(mutant: Mutant | None, tests: tuple[str, ...]) -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (_LONGEST, _LONGEST))
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    if mutant is not None:
        name = _module(mutant.file)
        sys.meta_path.insert(0, _Instead(name, mutant))
        try:
            importlib.import_module(name)
        except Exception:  # noqa: BLE001 - whatever a wrong version does
            return _STILLBORN
    return pytest.main([*_QUICK, *_LOADED, "--hypothesis-profile=few", *tests])


class _Instead(importlib.abc.MetaPathFinder):
    """Imports the text of a mutant in place of its file."""

    def __init__(self, name: str, mutant: Mutant) -> None:
        self._name = name
        self._loader = _Loader(name, mutant)

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:  # noqa: ARG002
        """Return a spec only for the changed file."""
        return importlib.util.spec_from_loader(fullname, self._loader) if fullname == self._name else None


class _Loader(SourceFileLoader):
    def __init__(self, name: str, mutant: Mutant) -> None:
        super().__init__(name, str(_POLICY / mutant.file))
        self._mutant = mutant

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002
        """Return code compiled from the mutant, not from Python's cache of the file."""
        return compile(self._mutant.code, self.path, "exec")
