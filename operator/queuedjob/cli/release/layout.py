"""Format what is to be released, and what was, as text for a terminal."""

from collections.abc import Sequence
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from queuedjob.cli.release.models import Release, Result
from queuedjob.policy.facts import Pod

LOSS: Final = (
    "Each of these pods keeps the end of an attempt that may not be counted yet. Once released, a pod can be deleted, "
    "and an end that is lost is never counted: an operator that is installed again takes the attempt for a disruption, "
    "and runs the job once more."
)


def of_held(held: Sequence[Pod]) -> RenderableType:
    """The pods to be released, and what is lost with them."""
    table = _table("NAMESPACE", "POD", "JOB", "")
    for pod in held:
        table.add_row(pod.namespace, pod.name, pod.owner_name or "-", "being deleted" if pod.deletion_time else "")
    return Group(table, Text(f"\n{LOSS}", "yellow"))


def of_release(release: Release) -> RenderableType:
    """What became of the pods: one line, and one for each pod that is still held."""
    gone = sum(pod.result == Result.GONE for pod in release.pods)
    parts = [f"{release.released} released"]
    parts += [f"{gone} gone meanwhile"] if gone else []
    parts += [f"{release.failed} still held:"] if release.failed else []
    lines = [
        Text(f"{pod.namespace}/{pod.name}: {pod.message}", "red") for pod in release.pods if pod.result == Result.FAILED
    ]
    return Group(Text(", ".join(parts)), *lines)


def _table(*heads: str) -> Table:
    table = Table(box=None, pad_edge=False, show_edge=False)
    for head in heads:
        table.add_column(head, no_wrap=True, overflow="ignore")
    return table
