"""Facts for one plan: what the store and this operator's memory hold about one job."""

from dataclasses import replace

from queuedjob.controllers.context import Tools
from queuedjob.kube.objects.queuedjobs import StoredJob
from queuedjob.policy.facts import ContainerRole, Pod
from queuedjob.policy.job.inputs import JobFacts


def gather(tools: Tools, stored: StoredJob, warned: str = "") -> JobFacts:
    """Everything that a plan for this job may know, as of now. Raises Unreadable."""
    job = stored.read()
    home = (job.namespace, job.name)
    pods = tools.stores.pods.by("owner", job.uid)
    if job.terms.main_container is not None:
        pods = tuple(_led_by(pod, job.terms.main_container) for pod in pods)
    return JobFacts(
        job=job,
        now=tools.moment(),
        pods=pods,
        letters=tools.stores.letters.by("job", job.uid),
        extra_evidence=tools.traces.of(job.uid),
        previous=tuple(p for p in tools.stores.pods.by("home", home) if p.owner_uid != job.uid and p.live),
        previous_late=tools.late.of_predecessors(home, job.uid),
        late=tools.late.of(job.uid, {p.name for p in pods if not p.confirmed_gone}),
        refusal=tools.pod_refusals.of(job.uid),
        letter_refusal=tools.letter_refusals.of(job.uid),
        spread=tools.random.spread(),
        show_after=tools.show_after,
        limits=tools.limits,
        warned=warned,
    )


def _led_by(pod: Pod, main: str) -> Pod:
    """The pod with `main` as its main container; a pod that has none of that name keeps its first."""
    if not any(c.name == main and c.role in {ContainerRole.MAIN, ContainerRole.REGULAR} for c in pod.containers):
        return pod
    roles = {True: ContainerRole.MAIN, False: ContainerRole.REGULAR}
    containers = tuple(
        replace(c, role=roles[c.name == main]) if c.role in {ContainerRole.MAIN, ContainerRole.REGULAR} else c
        for c in pod.containers
    )
    return replace(pod, containers=containers)
