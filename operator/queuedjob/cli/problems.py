"""Errors that end a command, in words for people: what failed, on which object, and what to do. Exit code 1."""

from http import HTTPStatus
from typing import IO, Any

import click

from queuedjob.api.types.plain_text import for_terminal
from queuedjob.kube.client.errors import ApiError, NotFound, ServerFailed, StrangeAnswer, Throttled
from queuedjob.ports import NoAnswer


class Problem(click.ClickException):
    """An error that ends the command. A wrong call raises click's UsageError instead, with exit code 2."""

    exit_code = 1

    def show(self, file: IO[Any] | None = None) -> None:
        """Print one line on stderr."""
        click.echo(f"queuedjob: {for_terminal(self.message)}", file=file, err=True)


def no_such_job(name: str, namespace: str) -> Problem:
    """The problem for a job that the API server does not have."""
    return Problem(f"there is no QueuedJob {name} in namespace {namespace}; `kubectl get qj -A` lists them all")


def problem_of(error: ApiError | NoAnswer, doing: str, server: str) -> Problem:
    """The problem for a failed request to `server`. `doing` names the request: "read QueuedJob a in ..."."""
    match error:
        case NoAnswer():
            return Problem(f"cannot {doing}: {server} does not answer ({error})")
        case StrangeAnswer(status=HTTPStatus.NOT_FOUND):
            return Problem(f"cannot {doing}: {server} serves no QueuedJobs; are the CRDs installed (crds/)?")
        case ApiError(status=HTTPStatus.UNAUTHORIZED):
            return Problem(f"cannot {doing}: {server} does not know you; log in again, or name another --context")
        case ApiError(status=HTTPStatus.FORBIDDEN):
            return Problem(f"cannot {doing}: you may not. {error.message}")
        case NotFound() | Throttled() | ServerFailed() | _:
            return Problem(f"cannot {doing}: {error}")
