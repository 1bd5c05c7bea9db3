"""How an answer is printed: JSON for programs, text for people."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final

import click
import orjson
from rich.console import Console, RenderableType

from queuedjob.api.types.base import Model

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
        click.echo(orjson.dumps(answer.model_dump(mode="json", by_alias=True), option=orjson.OPT_INDENT_2))
        return
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = _WIDTH
    click.echo(as_text(layout(), console), nl=False)


def as_text(what: RenderableType, console: Console) -> str:
    """The text that `console` would print, without the spaces that pad the last column."""
    with console.capture() as captured:
        console.print(what, crop=False)
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())
