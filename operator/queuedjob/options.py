"""The command line, made from the fields of Settings. Each option is documented once, in Settings."""

from collections.abc import Callable
from typing import Any, get_args, get_origin

import click
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from queuedjob import __version__
from queuedjob.settings import Settings


def command(run: Callable[[Settings], None]) -> click.Command:
    """Make the command `python -m queuedjob`.

    The command parses options and environment (QUEUEDJOB_...) into Settings, then calls `run` with these Settings.
    """

    def callback(**given: Any) -> None:  # noqa: ANN401 - options have many types; Settings validates them
        try:
            settings = Settings.model_validate({key: value for key, value in given.items() if value is not None})
        except ValidationError as invalid:
            first = invalid.errors()[0]
            if not first["loc"]:  # it is about several options, and names them
                raise click.UsageError(first["msg"].removeprefix("Value error, ")) from invalid
            name = "-".join(str(part) for part in first["loc"][:1]).replace("_", "-")
            raise click.BadParameter(first["msg"], param_hint=f"--{name}") from invalid
        run(settings)

    made = click.Command(
        "queuedjob",
        callback=callback,
        params=[_option(name, field) for name, field in Settings.model_fields.items()],
        help="The QueuedJob operator: runs QueuedJobs as pods, retries them, and files dead letters.",
        epilog="Each option can be set in the environment, too: --log-level is QUEUEDJOB_LOG_LEVEL.",
        context_settings={"auto_envvar_prefix": "QUEUEDJOB", "max_content_width": 110},
    )
    return click.version_option(__version__, prog_name="queuedjob", message="%(prog)s %(version)s")(made)


def _option(name: str, field: FieldInfo) -> click.Option:
    several = get_origin(field.annotation) is tuple
    choices = get_args(field.annotation) if not several and get_args(field.annotation) else ()
    kind: Any = click.Choice(choices) if choices else str if several else field.annotation
    flag = f"--{name.replace('_', '-')}"
    if kind is bool:
        return click.Option([f"{flag}/--no-{flag[2:]}"], default=None, help=field.description)
    shown = "" if several or field.default == "" else f"  [default: {field.default}]"
    return click.Option([flag], type=kind, multiple=several, default=None, help=f"{field.description}{shown}")
