"""How an answer is printed: JSON for programs, text for people."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final

import click
import orjson
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment

from queuedjob.api.types.base import Model
from queuedjob.api.types.plain_text import for_terminal

_WIDTH: Final = 110
"""Columns, if the output is not a terminal."""


class Form(StrEnum):
    """The values of `-o`."""

    TEXT = "text"
    JSON = "json"


def output_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option `-o text|json` to a command."""
    choice = click.Choice([str(form) for form in Form])
    return click.option("-o", "--output", type=choice, default=str(Form.TEXT), show_default=True, help="Form.")(command)


def put(answer: Model, form: str, layout: Callable[[], RenderableType]) -> None:
    """Print `answer` as JSON, or as the text for people that `layout` returns."""
    if form == Form.JSON:
        click.echo(_json(answer))
        return
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = _WIDTH
    click.echo(as_text(layout(), console), nl=False)


def _json(answer: Model) -> str:
    """JSON that a terminal can print: orjson escapes only the control characters below 32."""
    text = orjson.dumps(answer.model_dump(mode="json", by_alias=True), option=orjson.OPT_INDENT_2).decode()
    return "".join(each if each == "\n" or each.isprintable() else _escaped(each) for each in text)


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be")
    return "".join(f"\\u{int.from_bytes(units[at : at + 2]):04x}" for at in range(0, len(units), 2))


class _Harmless:
    """What another renderable prints, with texts that do not act on the terminal."""

    def __init__(self, what: RenderableType) -> None:
        self._what = what

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for text, style, control in console.render(self._what, options):
            if not control:
                yield Segment(for_terminal(text), style)


def as_text(what: RenderableType, console: Console) -> str:
    """The text that `console` would print, without the spaces that pad the last column.

    Whatever texts of a job or a server are in it, only the console's own colours act on the terminal.
    """
    with console.capture() as captured:
        console.print(_Harmless(what), crop=False)
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())
