"""Time, sleep and random numbers come only through the ports, so that the operator can run under a simulated clock."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import queuedjob

PACKAGE = Path(queuedjob.__path__[0])
THE_REAL_ONE = PACKAGE / "runtime" / "clock.py"
FORBIDDEN_MODULES = {"time", "random", "secrets", "uuid"}
FORBIDDEN_CALLS = {"asyncio.sleep", "datetime.now", "datetime.utcnow", "datetime.today", "date.today"}
FORBIDDEN_METHODS = {"call_later", "call_at"}


def offences(source: str) -> Iterator[str]:
    tree = ast.parse(source)
    yielding = {call.func for call in ast.walk(tree) if _only_yields(call) and isinstance(call, ast.Call)}
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names if alias.name.split(".")[0] in FORBIDDEN_MODULES)
            case ast.ImportFrom(module=str(module), level=0, names=names):
                if module.split(".")[0] in FORBIDDEN_MODULES:
                    yield module
                yield from (f"{module}.{a.name}" for a in names if f"{module}.{a.name}" in FORBIDDEN_CALLS)
            case ast.Attribute(attr="sleep") if node in yielding:
                continue
            case ast.Attribute(attr=attr) if attr in FORBIDDEN_METHODS:
                yield attr
            case ast.Attribute():
                name = ast.unparse(node)
                yield from (call for call in FORBIDDEN_CALLS if name == call or name.endswith(f".{call}"))


def _only_yields(node: ast.AST) -> bool:
    """Whether this is asyncio.sleep(0), which lets other tasks run and takes no time."""
    return ast.unparse(node) == "asyncio.sleep(0)"


@pytest.mark.parametrize(
    "path",
    [p for p in sorted(PACKAGE.rglob("*.py")) if p != THE_REAL_ONE],
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_a_module_takes_time_and_random_numbers_from_the_ports(path: Path) -> None:
    assert list(offences(path.read_text())) == []


def test_the_real_clock_module_reads_time_and_random_numbers() -> None:
    assert {"time", "random", "asyncio.sleep"} <= set(offences(THE_REAL_ONE.read_text()))


@pytest.mark.parametrize(
    "source",
    [
        "import time",
        "from time import monotonic",
        "from random import choice",
        "import asyncio\nawait asyncio.sleep(pause)",
        "from asyncio import sleep",
        "import datetime\ndatetime.datetime.now()",
        "from datetime import datetime\nf = datetime.now",
        "loop.call_later(1, print)",
    ],
)
def test_every_way_around_the_ports_is_found(source: str) -> None:
    assert list(offences(source))


@pytest.mark.parametrize(
    "source",
    [
        "import asyncio\nasync with asyncio.timeout(1): ...",
        "self.clock.sleep(1)",
        "import asyncio\nawait asyncio.sleep(0)",
    ],
)
def test_calls_that_a_simulated_loop_controls_are_allowed(source: str) -> None:
    assert not list(offences(source))
