"""Which of a job's pods is what: the attempt in hand, settled ones, strays (protocol: Attempt n is settled)."""

from dataclasses import dataclass
from typing import Final

from queuedjob.api.identity import name_hash
from queuedjob.api.kinds.queuedjob_phases import is_terminal
from queuedjob.api.kinds.queuedjob_status import JobStatus
from queuedjob.policy.facts import Pod
from queuedjob.policy.job.inputs import Job

_RUNS_AHEAD: Final = 16
"""Reruns that a store may have missed; a hash beyond them is nobody's."""


@dataclass(frozen=True, slots=True)
class JobPods:
    """The pods of one job, sorted by what their end would mean."""

    attempts: tuple[Pod, ...]
    """Of this redrive count and not settled, by number. More than one only when one of them is gone."""
    settled: tuple[Pod, ...]
    """Counted; to be released, kept for their logs, deleted beyond podHistoryLimit."""
    strays: tuple[Pod, ...]
    """Never counted: of an earlier redrive count, of a number settled under another UID, or after the job's end."""
    ahead: tuple[Pod, ...]
    """Of a redrive count that this status does not know yet: the store is behind."""

    @property
    def highest_number(self) -> int:
        """The highest number that a counted or countable pod of this redrive count carries; 0 without any."""
        return max((p.number or 0 for p in (*self.attempts, *self.settled)), default=0)


_EMPTY: Final = JobPods((), (), (), ())


def sort_pods(job: Job, pods: tuple[Pod, ...]) -> JobPods:
    """Sort `pods`, all of them of this job's UID."""
    if not pods:
        return _EMPTY
    this = name_hash(job.uid, job.status.counters.redrives)
    attempts: list[Pod] = []
    settled: list[Pod] = []
    strays: list[Pod] = []
    ahead: list[Pod] = []
    counted = settled_uids(job.status)
    for pod in sorted(pods, key=lambda p: (p.number or 0, p.resource_version)):
        if pod.number is None:
            strays.append(pod)
        elif pod.name_hash != this:
            (ahead if _is_ahead(job, pod) else strays).append(pod)
        elif pod.uid in counted:
            settled.append(pod)
        elif is_terminal(job.status.phase) or pod.number <= job.status.counters.pods:
            strays.append(pod)
        else:
            attempts.append(pod)
    return JobPods(tuple(attempts), tuple(settled), tuple(strays), tuple(ahead))


def run_of(job: Job, pod: Pod) -> int:
    """The redrive count that a pod of this job was made under; the present one where its name does not tell."""
    redrives = job.status.counters.redrives
    runs = (run for run in reversed(range(redrives + 1)) if pod.name_hash == name_hash(job.uid, run))
    return next(runs, redrives)


def is_named_for(pod: Pod, job: Job) -> bool:
    """Whether a pod that names no owner was made for `job`, or for a life of it: its name carries the job's hash.

    A name alone proves nothing, as anybody may give it; our finalizer, or what we annotate, must be on it, too.
    """
    if pod.namespace != job.namespace or not (pod.has_finalizer or pod.spec_hash):
        return False
    runs = range(job.status.counters.redrives + _RUNS_AHEAD)
    return any(pod.name_hash == name_hash(job.uid, run) for run in runs)


def _is_ahead(job: Job, pod: Pod) -> bool:
    """Whether the pod is of a redrive count to come. A store may be behind by more than one."""
    redrives = job.status.counters.redrives
    if any(pod.name_hash == name_hash(job.uid, earlier) for earlier in reversed(range(redrives))):
        return False
    return any(pod.name_hash == name_hash(job.uid, redrives + lead) for lead in range(1, _RUNS_AHEAD + 1))


def settled_uids(status: JobStatus) -> frozenset[str]:
    """UIDs of the pods whose outcome is in `status`: an entry without finishTime settles nothing."""
    return frozenset(a.pod_uid for a in status.attempts if a.finish_time is not None and a.pod_uid)
