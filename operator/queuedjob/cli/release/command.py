"""`queuedjob release`: takes our finalizer off pods where the operator is gone, after it has asked."""

import asyncio
from collections.abc import Sequence

import click
from rich.console import Group
from rich.text import Text

from queuedjob.api.types.durations import format_duration
from queuedjob.api.types.times import format_second
from queuedjob.cli import cluster
from queuedjob.cli.cluster import Cluster, Target
from queuedjob.cli.output import Form, output_option, put
from queuedjob.cli.problems import Problem
from queuedjob.cli.release import layout
from queuedjob.cli.release.held import Holding
from queuedjob.cli.release.models import Release, Result
from queuedjob.cli.release.operator_signs import QUIET, age, recent_sign
from queuedjob.policy.facts import Pod


@click.command(
    short_help="Let pods go that are held for an operator that is gone.",
    epilog="Exit codes: 0 released, or nothing is held; 1 some pods are still held, or a problem with the cluster; "
    "2 wrong usage.",
)
@click.argument("jobs", nargs=-1, metavar="[JOB]...")
@click.option("--all", "every", is_flag=True, help="The pods of all jobs.")
@click.option("-n", "--namespace", metavar="NAME", help="Default: that of the kubeconfig's context.")
@click.option("-A", "--all-namespaces", is_flag=True, help="In all namespaces; only with --all.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--force", is_flag=True, help="Release although an operator seems to run.")
@click.option("--kubeconfig", type=click.Path(dir_okay=False), help="Default: $KUBECONFIG, else ~/.kube/config.")
@click.option("--context", metavar="NAME", help="A context of the kubeconfig. Default: the current one.")
@output_option
def release(
    jobs: tuple[str, ...],
    *,
    every: bool,
    namespace: str | None,
    all_namespaces: bool,
    yes: bool,
    force: bool,
    kubeconfig: str | None,
    context: str | None,
    output: str,
) -> None:
    """Take the finalizer off the pods of JOBs, or of --all, where the operator is gone for good.

    A finalizer holds each pod until the operator has counted its end. Where no operator is left, such pods cannot be
    deleted, nor can their namespace. Show what would be released, say what is lost, and ask first.
    """
    if bool(jobs) == every:
        raise click.UsageError("Name JOBs, or say --all: one of them.")
    if all_namespaces and (namespace or jobs):
        raise click.UsageError("-A goes with --all only, and without -n: names of jobs are of one namespace.")
    if output == Form.JSON and not yes:
        raise click.UsageError("-o json asks nothing: say --yes.")
    target = Target(namespace, kubeconfig, context)
    done = asyncio.run(_release(target, jobs, everywhere=all_namespaces, yes=yes, force=force, output=output))
    put(done, output, lambda: layout.of_release(done) if done.pods else Text("No pod is held: nothing to release."))
    if done.failed:
        raise click.exceptions.Exit(1)


async def _release(
    target: Target, jobs: Sequence[str], *, everywhere: bool, yes: bool, force: bool, output: str
) -> Release:
    async with cluster.opened(target) as seen:
        holding = Holding(seen, None if everywhere else seen.namespace)
        held = [pod for pod in await holding.pods() if not jobs or pod.owner_name in jobs]
        if not held:
            return Release()
        if not force:
            await _refuse_beside_an_operator(seen, holding, held)
        if not yes:
            put(Release(), output, lambda: Group(layout.of_held(held)))
            click.confirm(f"\nRelease {_pods(held)} on {seen.server}?", abort=True)
        pods = tuple([await holding.release(pod) for pod in held])
    return Release(
        pods=pods,
        released=sum(pod.result == Result.RELEASED for pod in pods),
        failed=sum(pod.result == Result.FAILED for pod in pods),
    )


async def _refuse_beside_an_operator(seen: Cluster, holding: Holding, held: list[Pod]) -> None:
    """Raise Problem if an operator seems to run: it releases each pod itself, once its end is counted."""
    sign = recent_sign(await holding.signs(held), now := seen.now())
    if sign is not None:
        raise Problem(
            f"an operator seems to run: one {sign.what} at {format_second(sign.time)}, "
            f"{format_duration(round(age(sign, now)))} ago. It releases each pod itself once its end is counted. If it "
            f"is gone for good, wait until {format_duration(QUIET)} have passed since, or say --force"
        )


def _pods(held: Sequence[Pod]) -> str:
    return "this pod" if len(held) == 1 else f"these {len(held)} pods"
