"""`queuedjob retry`: ends the wait for a job's next attempt, by the annotation that asks the operator for that."""

import asyncio

import click
from rich.text import Text

from queuedjob.api.kinds import queuedjob_phases as phases
from queuedjob.api.types.times import format_second, format_time
from queuedjob.cli import cluster
from queuedjob.cli.cluster import Cluster, Target
from queuedjob.cli.output import output_option, put
from queuedjob.cli.problems import Problem, no_such_job, problem_of
from queuedjob.cli.retry.models import Retry
from queuedjob.kube.client import paths
from queuedjob.kube.client.errors import ApiError, NotFound
from queuedjob.kube.objects.job_patches import asking_for_retry
from queuedjob.policy.job.inputs import Job, JobFacts
from queuedjob.policy.job.pods import sort_pods
from queuedjob.ports import NoAnswer


@click.command(
    short_help="Start a job's next attempt now, not when its wait is over.",
    epilog="Exit codes: 0 asked for, 1 the job waits for no attempt, or a problem with the cluster; 2 wrong usage.",
)
@click.argument("job")
@click.option(
    "-n", "--namespace", metavar="NAME", help="The job's namespace. Default: that of the kubeconfig's context."
)
@click.option("--kubeconfig", type=click.Path(dir_okay=False), help="Default: $KUBECONFIG, else ~/.kube/config.")
@click.option("--context", metavar="NAME", help="A context of the kubeconfig. Default: the current one.")
@output_option
def retry(job: str, *, namespace: str | None, kubeconfig: str | None, context: str | None, output: str) -> None:
    """End the wait of JOB for its next attempt, once: the backoff, or the pause after a refusal of its pod.

    A start time in the spec (notBeforeTime) and spec.suspend still hold, and the attempt counts as ever. What was
    written is the annotation queuedjob.dev/retry-now: any tool that can annotate the job can do the same.
    """
    asked = asyncio.run(_retry(Target(namespace, kubeconfig, context), job))
    until = f" until {format_second(asked.due)}" if asked.due is not None else ""
    words = f"{asked.namespace}/{asked.name}: its wait{until} ends as soon as an operator sees this."
    put(asked, output, lambda: Text(words))


async def _retry(target: Target, name: str) -> Retry:
    async with cluster.opened(target) as seen:
        facts = (await seen.observe(name)).facts
        why_not = _why_not(facts)
        if why_not:
            raise Problem(f"QueuedJob {name} in namespace {seen.namespace} waits for no attempt: {why_not}")
        value = format_time(seen.now().late)
        await _annotate(seen, facts.job, value)
        due = facts.job.status.next_attempt_time
        waits = due is not None and facts.now.seconds_until(due) > 0
        return Retry(namespace=seen.namespace, name=name, value=value, due=due if waits else None)


def _why_not(facts: JobFacts) -> str:
    """Why no wait for an attempt can be ended, and what to do; empty if one can."""
    job, not_before = facts.job, facts.job.terms.not_before_time
    phase = job.status.phase
    if phase in phases.DEAD:
        return f"it is {phase}; change its spec to run it again, `queuedjob explain {job.name}` says how"
    if phases.is_terminal(phase):
        return f"it is {phase}, for good"
    if job.deleting or job.terms.cancel:
        return "it is on its way out"
    if job.terms.suspend:
        return "spec.suspend is true; set it to false first"
    if any(pod.live for pod in sort_pods(job, facts.pods).attempts):
        return f"an attempt is under way; `queuedjob explain {job.name}` says where it stands"
    if not_before is not None and facts.now.seconds_until(not_before) > 0:
        return f"spec.notBeforeTime is {format_second(not_before)}; change it"
    return ""


async def _annotate(seen: Cluster, job: Job, value: str) -> None:
    """Write the annotation onto this very job, beside those that it has. Raises Problem."""
    path = paths.job(job.namespace, job.name)
    try:
        await seen.client.patch_json(path, asking_for_retry(job, await seen.client.get(path), value))
    except NotFound as error:
        raise no_such_job(job.name, job.namespace) from error
    except (ApiError, NoAnswer) as error:
        raise problem_of(error, f"annotate QueuedJob {job.name} in namespace {job.namespace}", seen.server) from error
