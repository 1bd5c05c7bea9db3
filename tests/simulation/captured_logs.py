"""Captures the operator's log while a history runs: log lines become remarks in traces, unexpected errors are found."""

from collections.abc import Callable, MutableMapping
from typing import Any, Final, Self

import structlog

from tests.simulation.loop import OWNER
from tests.simulation.odd_objects import UNREADABLE
from tests.simulation.witness import Witness

BROKEN: Final = "broken"
"""The kind of a remark about something that must never happen."""

_BUGS: Final = frozenset({"reconcile broken", "unreadable", "object not taken"})
"""Log events by which the operator reports a bug."""


class CapturedLogs:
    """Takes over structlog while it is entered. Log lines that a dead process writes during its cleanup are dropped."""

    def __init__(self, witness: Witness, is_alive: Callable[[str], bool]) -> None:
        self._witness = witness
        self._is_alive = is_alive
        self._before: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self._before = structlog.get_config()
        structlog.configure(
            processors=[self._take], wrapper_class=structlog.BoundLogger, cache_logger_on_first_use=False
        )
        return self

    def __exit__(self, *_: object) -> None:
        structlog.configure(**self._before)

    def _take(self, _logger: object, level: str, event: MutableMapping[str, Any]) -> str:
        if not self._is_alive(OWNER.get()):
            raise structlog.DropEvent
        name = str(event.pop("event"))
        error = event.pop("exc_info", None)
        words = " ".join(f"{key}={value}" for key, value in event.items() if value is not None)
        if isinstance(error, BaseException):
            words += f" {error!r}"
        excused = name == "unreadable" and event.get("job") == UNREADABLE
        broken = (name in _BUGS and not excused) or (name == "watch broken" and event.get("doing") == "object")
        self._witness.remark(BROKEN if broken else "log", f"[{OWNER.get()}] {level}: {name} {words}")
        raise structlog.DropEvent
