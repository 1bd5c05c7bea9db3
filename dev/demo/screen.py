"""The output while jobs run: a table that changes or, without a terminal, a line for each change."""

import os
import sys
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from dev.demo.lessons import SUCCESS, in_words
from dev.demo.seen import Attempt, Seen, Standing

_WORDS: Final = {Standing.ON_THE_WAY: "  ", Standing.THERE: "ok", Standing.ELSEWHERE: "!!"}
_STYLES: Final = {Standing.ON_THE_WAY: "", Standing.THERE: "green", Standing.ELSEWHERE: "bold red"}


@dataclass(frozen=True, slots=True)
class Row:
    """One job, and whether it ended as it should."""

    job: Seen
    standing: Standing


class Screen(AbstractContextManager["Screen"]):
    """Shows rows as they change, while it is open."""

    @abstractmethod
    def show(self, seconds: float, rows: Sequence[Row]) -> None:
        """Show the rows, `seconds` after the jobs were applied."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Do nothing: there is nothing to close."""


def screen(environment: Mapping[str, str] = os.environ) -> Screen:
    """Return a live table on a terminal, unless PLAIN is set; plain lines elsewhere."""
    if sys.stdout.isatty() and not environment.get("PLAIN"):
        return LiveScreen(Console())
    return PlainScreen(lambda line: print(line, flush=True))


class PlainScreen(Screen):
    """Prints one line for each change, with the fields of the job's status."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._shown: dict[str, Row] = {}

    def show(self, seconds: float, rows: Sequence[Row]) -> None:
        for row in rows:
            before = self._shown.get(row.job.job, Row(Seen(row.job.job), Standing.ON_THE_WAY))
            if _visible(row) != _visible(before) and not row.job.owes_letter:
                self._shown[row.job.job] = row
                self._say(line(seconds, row))


class LiveScreen(Screen):
    """Shows a table that is overwritten."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, auto_refresh=False)

    def show(self, seconds: float, rows: Sequence[Row]) -> None:
        self._live.update(table(seconds, rows), refresh=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()


def line(seconds: float, row: Row) -> str:
    """Return one change as a line for a log or a pipe."""
    job = row.job
    state = in_words(job.phase, job.reason)
    return f"{seconds:6.1f} s {_WORDS[row.standing]} {job.job:<15} {state:<25} {job.summary:>3}  {job.message}".rstrip()


def table(seconds: float, rows: Sequence[Row]) -> Group:
    """Return all jobs at one moment; the table fits into 80 columns."""
    shown = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    for name, width in (("", 2), ("Job", 15), ("Phase and reason", 25), ("Tries", 5), ("How they ended", None)):
        shown.add_column(name, min_width=width, no_wrap=True)
    for row in rows:
        state = Text(in_words(row.job.phase, row.job.reason), style=_STYLES[row.standing])
        shown.add_row(_WORDS[row.standing], row.job.job, state, row.job.summary, trail(row.job.attempts))
    there = sum(row.standing is Standing.THERE for row in rows)
    return Group("", shown, "", f"{seconds:.0f} s: {there} of {len(rows)} are where they should be")


def trail(attempts: Sequence[Attempt]) -> str:
    """Return how the attempts ended, with the deadline of an attempt that hit it and of the next attempt."""
    words = []
    struck = False
    for each in attempts:
        struck_before, struck = struck, each.failure == "Timeout"
        word = "runs" if not each.ended else "success" if each.failure == SUCCESS else each.failure
        words.append(f"{word} ({each.deadline}s)" if struck or struck_before else word)
    return ", ".join(words)


def _visible(row: Row) -> tuple[str, str, str, Standing]:
    return row.job.phase, row.job.reason, row.job.message, row.standing
