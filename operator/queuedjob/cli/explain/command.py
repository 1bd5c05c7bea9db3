"""`queuedjob explain`: the state of a job, its reason, and what happens next; or what would be decided for an end."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import IO, Final

import click

from queuedjob.api.types.plain_text import plain
from queuedjob.cli import cluster
from queuedjob.cli.cluster import AT_ONCE, LIMITS, Observation, Target
from queuedjob.cli.explain import layout
from queuedjob.cli.explain.decision import decision_of
from queuedjob.cli.explain.explanation import explanation_of
from queuedjob.cli.explain.what_if import GivenEnd
from queuedjob.cli.manifest import job_in
from queuedjob.cli.output import output_option, put
from queuedjob.kube.objects.job_manifests import job_of
from queuedjob.kube.objects.main_container import main_container
from queuedjob.kube.objects.queuedjobs import Unreadable
from queuedjob.policy.job.inputs import JobFacts
from queuedjob.policy.time_math import ServerNow
from queuedjob.runtime.clock import RealClock

_EXIT_CODES: Final = click.IntRange(0, 255)
_SIGNALS: Final = click.IntRange(1, 64)


@click.command(
    short_help="Where a job stands, why, and what happens next.",
    epilog="Exit codes: 0 explained, 1 a problem with the cluster or the object, 2 wrong usage.",
)
@click.argument("job", required=False)
@click.option(
    "-n", "--namespace", metavar="NAME", help="The job's namespace. Default: that of the kubeconfig's context."
)
@click.option("--kubeconfig", type=click.Path(dir_okay=False), help="Default: $KUBECONFIG, else ~/.kube/config.")
@click.option("--context", metavar="NAME", help="A context of the kubeconfig. Default: the current one.")
@click.option(
    "--exit-code", type=_EXIT_CODES, metavar="CODE", help="An end to decide on: what the main container ended with."
)
@click.option("--signal", type=_SIGNALS, metavar="NUMBER", help="... the signal that ended it.")
@click.option("--message", help="... its termination message: its last words.")
@click.option("--reason", metavar="WORD", help="... the container's reason, such as OOMKilled.")
@click.option("--pod-reason", metavar="WORD", help="... the pod's reason, such as Evicted or DeadlineExceeded.")
@click.option(
    "--job-file", type=click.File(), metavar="FILE", help="Decide on the terms of this manifest; - for stdin."
)
@output_option
def explain(
    job: str | None,
    *,
    namespace: str | None,
    kubeconfig: str | None,
    context: str | None,
    exit_code: int | None,
    signal: int | None,
    message: str | None,
    reason: str | None,
    pod_reason: str | None,
    job_file: IO[str] | None,
    output: str,
) -> None:
    """Explain where JOB stands: the rule behind each attempt, what happens next and when, and the way out.

    With --exit-code, --message and the like, explain instead what would be decided for such an end: without JOB on
    the built-in terms, or those of a --job-file, and without asking any cluster; with JOB as its next attempt.
    """
    end = GivenEnd(exit_code, signal or 0, reason or "", plain(message or ""), pod_reason or "")
    is_what_if = end != GivenEnd()
    if job is not None and job_file is not None:
        raise click.UsageError("JOB is on the cluster and --job-file is not: name one of them.")
    if job is None and not is_what_if:
        raise click.UsageError(
            "Name a JOB, or tell of an end: --exit-code, --signal, --message, --reason, --pod-reason."
        )
    if job is None:
        observation, basis = _offline(job_file)
    else:
        observation = asyncio.run(_observe(Target(namespace, kubeconfig, context), job))
        basis = f"the next attempt of {observation.facts.job.namespace}/{job}"
    if is_what_if:
        main = main_container(observation.facts.job.terms, observation.spec.get("template"))
        decision = decision_of(observation.facts, replace(end, container=main), basis)
        put(decision, output, lambda: layout.of_decision(decision))
    else:
        explanation = explanation_of(observation.facts, observation.spec, observation.letter)
        put(explanation, output, lambda: layout.of_job(explanation, observation.notes))


async def _observe(target: Target, name: str) -> Observation:
    async with cluster.opened(target) as seen:
        return await seen.observe(name)


def _offline(file: IO[str] | None) -> tuple[Observation, str]:
    """A new job, and whose terms it runs on, in words."""
    wall = datetime.fromtimestamp(RealClock().wall(), UTC)
    now = ServerNow(wall, wall)
    if file is None:
        facts = JobFacts(job_of({}, now), now, show_after=AT_ONCE, limits=LIMITS)
        return Observation(facts, spec={}, letter=""), "the first attempt of a job on built-in terms"
    try:
        job, spec = job_in(file, now)
    except Unreadable as error:
        raise click.BadParameter(f"{file.name}: {error}", param_hint="--job-file") from error
    facts = JobFacts(job, now, show_after=AT_ONCE, limits=LIMITS)
    return Observation(facts, spec, letter=""), f"the first attempt of {file.name}"
