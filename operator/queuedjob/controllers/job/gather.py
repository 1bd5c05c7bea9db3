"""Facts for one plan: what the store and this operator's memory hold about one job."""

from dataclasses import replace

from queuedjob.controllers.context import Context
from queuedjob.kube.objects.queuedjobs import StoredJob
from queuedjob.policy.facts import ContainerRole, Pod
from queuedjob.policy.job.inputs import JobFacts


def gather(context: Context, stored: StoredJob, warned: str = "") -> JobFacts:
    """Everything that a plan for this job may know, as of now. Raises Unreadable."""
    job = stored.read()
    home = (job.namespace, job.name)
    pods = context.stores.pods.by("owner", job.uid)
    if job.terms.main_container is not None:
        pods = tuple(_with_main_container(pod, job.terms.main_container) for pod in pods)
    return JobFacts(
        job=job,
        now=context.now(),
        pods=pods,
        letters=context.stores.letters.by("job", job.uid),
        extra_evidence=context.evidence.of(job.uid),
        previous=tuple(p for p in context.stores.pods.by("home", home) if p.owner_uid != job.uid and p.live),
        previous_late=context.late.of_predecessors(home, job.uid),
        late=context.late.of(job.uid, {p.name for p in pods if not p.confirmed_gone}),
        refusal=context.pod_refusals.of(job.uid),
        letter_refusal=context.letter_refusals.of(job.uid),
        spread=context.random.spread(),
        show_after=context.show_after,
        limits=context.limits,
        warned=warned,
    )


def _with_main_container(pod: Pod, main: str) -> Pod:
    """The pod with `main` as its main container; a pod that has none of that name keeps its first."""
    if not any(c.name == main and c.role in {ContainerRole.MAIN, ContainerRole.REGULAR} for c in pod.containers):
        return pod
    roles = {True: ContainerRole.MAIN, False: ContainerRole.REGULAR}
    containers = tuple(
        replace(c, role=roles[c.name == main]) if c.role in {ContainerRole.MAIN, ContainerRole.REGULAR} else c
        for c in pod.containers
    )
    return replace(pod, containers=containers)
