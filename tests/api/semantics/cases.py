"""All cases, by their names in words."""

from collections.abc import Awaitable, Callable, Mapping
from inspect import iscoroutinefunction
from types import ModuleType
from typing import Final, TypeAlias

from tests.api.semantics import (
    admission,
    conflicts,
    deletion,
    garbage,
    lists,
    namespaces,
    objects,
    patches,
    statuses,
    traces,
    watches,
)
from tests.api.semantics.api import Api

Case: TypeAlias = Callable[[Api], Awaitable[None]]


def _cases_of(module: ModuleType) -> dict[str, Case]:
    """All public coroutine functions that a module defines, by their names in words."""
    return {
        name.replace("_", " "): value
        for name, value in vars(module).items()
        if iscoroutinefunction(value) and value.__module__ == module.__name__ and not name.startswith("_")
    }


CASES: Final[Mapping[str, Case]] = {
    told: case
    for module in (
        objects,
        conflicts,
        patches,
        statuses,
        traces,
        deletion,
        garbage,
        lists,
        watches,
        admission,
        namespaces,
    )
    for told, case in _cases_of(module).items()
}
