"""Facts for one plan: what the stores and this operator's memory hold about one job."""

from collections.abc import Mapping
from datetime import datetime

from queuedjob.controllers.context import Context
from queuedjob.controllers.job.memory import Memory
from queuedjob.controllers.job.stores import JobStores
from queuedjob.kube.objects.queuedjobs import StoredJob
from queuedjob.policy.facts import JobId, Pod
from queuedjob.policy.job.earlier_pods import with_main_container
from queuedjob.policy.job.inputs import JobFacts
from queuedjob.policy.job.last_status import is_incomplete
from queuedjob.policy.job.pods import in_hand


def gather(context: Context, stores: JobStores, memory: Memory, stored: StoredJob) -> JobFacts:
    """Return all facts that a plan for this job may use, as of now. Raises Unreadable."""
    job = stored.read()
    home = (job.namespace, job.name)
    owned = in_hand(job, stores.pods.by("owner", job.id))
    pods = tuple(with_main_container(pod, job.terms) for pod in owned)
    now = context.now()
    return JobFacts(
        job=job,
        now=now,
        pods=pods,
        letters=stores.letters.by("job", job.id),
        extra_evidence=memory.evidence.get(job.id, {}),
        incomplete_since=_incomplete_since(memory, job.id, pods, now.late),
        previous=tuple(p for p in stores.pods.by("home", home) if p.owner_uid != job.uid and p.live),
        previous_late=memory.late.of_predecessors(home, job.id),
        late=memory.late.of(job.id, {p.name for p in pods if not p.confirmed_gone}),
        refusal=memory.pod_refusals.of(job.id),
        letter_refusal=memory.letter_refusals.of(job.id),
        refused_writes=memory.refused_writes.of(job.id),
        spread=context.random.spread(),
        show_after=context.settings.show_after,
        limits=context.settings.limits,
        judgement=memory.judgement_of(stored),
        warned=memory.warned.get(job.id, ""),
    )


def _incomplete_since(memory: Memory, job: JobId, pods: tuple[Pod, ...], now: datetime) -> Mapping[str, datetime]:
    """Since when this operator has known each ended pod whose status is incomplete; a new one is remembered."""
    incomplete = [pod.uid for pod in pods if is_incomplete(pod)]
    if not incomplete:
        return {}
    since = memory.incomplete.setdefault(job, {})
    return {uid: since.setdefault(uid, now) for uid in incomplete}
