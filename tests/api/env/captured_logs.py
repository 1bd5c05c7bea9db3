"""Keeps the logs of several operators in one process apart."""

import traceback
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Any, TypeAlias

import structlog

Line: TypeAlias = dict[str, Any]

_book: ContextVar[list[Line] | None] = ContextVar("book", default=None)


def open_book(book: list[Line]) -> None:
    """Write all log lines of this task, and of the tasks that it starts, into `book`."""
    _book.set(book)


def configure() -> None:
    """Write all log lines of this process into books, and nowhere else."""
    structlog.configure(processors=[_note])


def readable(book: list[Line], last: int = 40) -> str:
    """The last lines as readable text."""
    return "\n".join(
        " ".join([line["level"], line["event"], *(f"{k}={v}" for k, v in line.items() if k not in {"level", "event"})])
        for line in book[-last:]
    )


def _note(_logger: object, level: str, event: MutableMapping[str, Any]) -> Any:  # noqa: ANN401 - structlog's signature
    line = {"level": level, **event}
    if isinstance(error := line.get("exc_info"), BaseException):
        line["exc_info"] = "".join(traceback.format_exception(error))
    if (book := _book.get()) is not None:
        book.append(line)
    raise structlog.DropEvent
