"""The entry point of the command: its subcommands, and the options that they share."""

import click

from queuedjob import __version__
from queuedjob.cli.explain.command import explain
from queuedjob.cli.release.command import release
from queuedjob.cli.retry.command import retry


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, message="%(prog)s %(version)s")
def queuedjob() -> None:
    """For people who write QueuedJobs and people on call."""


queuedjob.add_command(explain)
queuedjob.add_command(release)
queuedjob.add_command(retry)


def main() -> None:
    """Entry point of the program."""
    queuedjob(prog_name="queuedjob")
