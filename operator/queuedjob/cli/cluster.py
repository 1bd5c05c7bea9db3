"""Read one job and the objects that belong to it as facts. Use the operator's own client, and write nothing."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

import click
from kubernetes.config import ConfigException, list_kube_config_contexts

from queuedjob.api import names
from queuedjob.api.kinds.queuedjob_status import Attempt
from queuedjob.cli.problems import Problem, no_such_job, problem_of
from queuedjob.kube.client import paths
from queuedjob.kube.client.client import Client
from queuedjob.kube.client.connection import Connection
from queuedjob.kube.client.credentials import from_kubeconfig
from queuedjob.kube.client.errors import ApiError, NotFound
from queuedjob.kube.client.observed import Exchange, ObservedTransport
from queuedjob.kube.client.transport import AiohttpTransport
from queuedjob.kube.objects.deadletters import letter_from
from queuedjob.kube.objects.job_manifests import name_and_spec
from queuedjob.kube.objects.pods import pod_from
from queuedjob.kube.objects.queuedjobs import Unreadable, job_from
from queuedjob.policy.facts import Pod
from queuedjob.policy.job.attempts import pod_from_entry
from queuedjob.policy.job.earlier_pods import with_main_container
from queuedjob.policy.job.inputs import Job, JobFacts, ShowAfter
from queuedjob.policy.time_math import ServerNow
from queuedjob.ports import Body, NoAnswer
from queuedjob.runtime.clock import RealClock, RealRandom
from queuedjob.runtime.pacing import Gate
from queuedjob.runtime.servertime import ServerTime
from queuedjob.settings import Settings

AT_ONCE = ShowAfter(running=0.0, starting=0.0, waiting=0.0, failing=0.0, terminating=10.0)
"""A user looks now: a state is shown at once, even if it has not lasted. But a deleted pod seems stuck only 10 s after
its grace period, because a kubelet may be late with its SIGKILL."""

LIMITS = Settings().limits
"""The built-in ones: how the operator was started is not known here."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to look, as given on the command line. None: as given in the kubeconfig."""

    namespace: str | None = None
    kubeconfig: str | None = None
    context: str | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """What was read of a job."""

    facts: JobFacts
    spec: Body
    letter: str
    """Phase of the job's dead letter: Gone if the DeadLetter no longer exists, empty if none was read."""
    notes: tuple[str, ...] = ()
    """What could not be read, in sentences for the user."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """An API server, and the namespace to look in."""

    client: Client
    namespace: str
    server: str
    now: Callable[[], ServerNow]

    async def observe(self, name: str) -> Observation:
        """Read a job, its pods and its dead letter. Raises Problem."""
        body = await self._job(name)
        try:
            job = job_from(body).read()
        except Unreadable as error:
            raise Problem(f"QueuedJob {name} in namespace {self.namespace} cannot be read: {error}") from error
        notes: list[str] = []
        pods = await self._pods(job, notes)
        letter = await self._letter(job, notes)
        facts = JobFacts(job=job, now=self.now(), pods=pods, show_after=AT_ONCE, limits=LIMITS)
        return Observation(facts, name_and_spec(body)[1], letter, tuple(notes))

    async def _job(self, name: str) -> Body:
        try:
            return await self.client.get(paths.job(self.namespace, name))
        except NotFound as error:
            raise no_such_job(name, self.namespace) from error
        except (ApiError, NoAnswer) as error:
            raise problem_of(error, f"read QueuedJob {name} in namespace {self.namespace}", self.server) from error

    async def _pods(self, job: Job, notes: list[str]) -> tuple[Pod, ...]:
        """The job's pods. A user may be allowed to read jobs but not pods: then use only the job's status."""
        selector = f"{names.JOB_UID_LABEL}={job.uid}"
        try:
            pages = self.client.list_pages(paths.pods(job.namespace), selector=selector)
            selected = [with_main_container(pod_from(body), job.terms) async for page in pages for body in page.items]
            found = [pod for pod in selected if pod.job == job.id]  # any client may put the label on a pod
            known = {pod.uid for pod in found}
            lost = [entry for entry in job.status.attempts if not entry.settled and entry.pod_uid not in known]
            return (*found, *[await self._lost_pod(job, entry) for entry in lost])
        except (ApiError, NoAnswer) as error:
            if not _forbidden(error):
                raise problem_of(error, f"read the pods of QueuedJob {job.name}", self.server) from error
        notes.append(f"You may not read pods in {self.namespace}: this is what the job's status says.")
        return tuple(_remembered(job, entry) for entry in job.status.attempts if not entry.settled)

    async def _lost_pod(self, job: Job, entry: Attempt) -> Pod:
        """Read by name the pod of an unsettled attempt that no LIST shows: it may only have lost its labels."""
        try:
            pod = pod_from(await self.client.get(paths.pod(job.namespace, entry.pod_name)))
        except NotFound:
            return replace(_remembered(job, entry), confirmed_gone=True)
        if pod.uid == entry.pod_uid:
            return with_main_container(pod, job.terms)
        return replace(_remembered(job, entry), confirmed_gone=True)

    async def _letter(self, job: Job, notes: list[str]) -> str:
        ref = job.status.dead_letter_ref
        if ref is None or not ref.uid:
            return ""
        try:
            letter = letter_from(await self.client.get(paths.letter(job.namespace, ref.name)))
        except NotFound:
            return "Gone"
        except (ApiError, NoAnswer) as error:
            if not _forbidden(error):
                raise problem_of(error, f"read DeadLetter {ref.name}", self.server) from error
            notes.append(f"You may not read dead letters in {self.namespace}: what became of this one is not known.")
            return ""
        return letter.phase


@asynccontextmanager
async def opened(target: Target) -> AsyncIterator[Cluster]:
    """Connect to the cluster that `target` names. Raises Problem."""
    clock = RealClock()
    try:
        namespace = target.namespace or _namespace(target)
        connection = Connection(from_kubeconfig(target.kubeconfig, target.context), clock, _report)
    except (ConfigException, OSError) as error:
        raise Problem(f"no cluster to ask: {error} Name a file by --kubeconfig or $KUBECONFIG.") from error
    time = ServerTime(clock)

    def heard(exchange: Exchange) -> None:
        time.observe(exchange.sent, exchange.received, exchange.date)

    async with AiohttpTransport(connection, connections=1) as transport:
        observed = ObservedTransport(transport, clock=clock, gate=Gate(clock, RealRandom()), listeners=(heard,))
        yield Cluster(Client(observed), namespace, connection.server, lambda: ServerNow(time.early(), time.late()))


def _namespace(target: Target) -> str:
    """The context's namespace, chosen as kubectl chooses it."""
    contexts, active = list_kube_config_contexts(target.kubeconfig)
    chosen = next((each for each in contexts if each["name"] == target.context), active)
    settings: dict[str, Any] = chosen["context"]
    return str(settings.get("namespace") or "default")


def _forbidden(error: ApiError | NoAnswer) -> bool:
    return isinstance(error, ApiError) and error.status == HTTPStatus.FORBIDDEN


def _remembered(job: Job, entry: Attempt) -> Pod:
    return pod_from_entry(entry, namespace=job.namespace, owner_uid=job.uid, owner_name=job.name)


def _report(line: str) -> None:
    click.echo(f"queuedjob: {line}", err=True)
