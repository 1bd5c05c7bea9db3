"""Facts for one plan: what the stores and this operator's memory hold about one job."""

from dataclasses import replace

from queuedjob.controllers.context import Context
from queuedjob.controllers.job.memory import Memory
from queuedjob.controllers.job.stores import JobStores
from queuedjob.kube.objects.queuedjobs import StoredJob
from queuedjob.policy.facts import ContainerRole, Pod
from queuedjob.policy.job.inputs import JobFacts


def gather(context: Context, stores: JobStores, memory: Memory, stored: StoredJob) -> JobFacts:
    """Return all facts that a plan for this job may use, as of now. Raises Unreadable."""
    job = stored.read()
    home = (job.namespace, job.name)
    pods = stores.pods.by("owner", job.uid)
    if job.terms.main_container is not None:
        pods = tuple(_with_main_container(pod, job.terms.main_container) for pod in pods)
    return JobFacts(
        job=job,
        now=context.now(),
        pods=pods,
        letters=stores.letters.by("job", job.uid),
        extra_evidence=memory.evidence.get(job.uid, {}),
        previous=tuple(p for p in stores.pods.by("home", home) if p.owner_uid != job.uid and p.live),
        previous_late=memory.late.of_predecessors(home, job.uid),
        late=memory.late.of(job.uid, {p.name for p in pods if not p.confirmed_gone}),
        refusal=memory.pod_refusals.of(job.uid),
        letter_refusal=memory.letter_refusals.of(job.uid),
        refused_writes=memory.refused_writes.of(job.uid),
        spread=context.random.spread(),
        show_after=context.settings.show_after,
        limits=context.settings.limits,
        warned=memory.warned.get(job.uid, ""),
    )


def _with_main_container(pod: Pod, main: str) -> Pod:
    """Return the pod with `main` as its main container; a pod without a container of that name keeps its first."""
    if not any(c.name == main and c.role in {ContainerRole.MAIN, ContainerRole.REGULAR} for c in pod.containers):
        return pod
    roles = {True: ContainerRole.MAIN, False: ContainerRole.REGULAR}
    containers = tuple(
        replace(c, role=roles[c.name == main]) if c.role in {ContainerRole.MAIN, ContainerRole.REGULAR} else c
        for c in pod.containers
    )
    return replace(pod, containers=containers)
