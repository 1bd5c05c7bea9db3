"""Runs the machine's tools and shows their error messages to the user."""

import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from dev.cluster.errors import ClusterError

CLEAN_ENVIRONMENT: Mapping[str, str] = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
}
"""For the cluster's own processes: a proxy in the user's environment would intercept the cluster's addresses."""


def run(
    argv: Sequence[str],
    *,
    stdin: str = "",
    env: Mapping[str, str] = CLEAN_ENVIRONMENT,
    patience: float | None = 120.0,
) -> str:
    """Run the command and return its output.

    Raises ClusterError, with the last lines of the output, when the command fails, hangs or is missing.
    `patience` is in seconds; None waits without a limit.
    """
    try:
        done = subprocess.run(argv, input=stdin, capture_output=True, text=True, check=False, env=env, timeout=patience)
    except FileNotFoundError as error:
        raise ClusterError(f"{argv[0]} is not on this machine's PATH") from error
    except subprocess.TimeoutExpired as error:
        raise ClusterError(f"`{shlex.join(argv)}` did not end within {patience:.0f} s") from error
    if done.returncode:
        last_words = "\n".join((done.stderr or done.stdout).splitlines()[-20:])
        raise ClusterError(f"`{shlex.join(argv)}` ended with {done.returncode}:\n{last_words}")
    return done.stdout


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, with its path, for a message."""
    if not log.exists():
        return f"({log} does not exist)"
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 16384))
        last = file.read().decode(errors="replace").splitlines()[-lines:]
    return "\n".join([f"The last lines of {log}:", *(f"  {line}" for line in last)])
