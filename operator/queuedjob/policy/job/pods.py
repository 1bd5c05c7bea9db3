"""Sort a job's pods: unsettled attempts, settled pods, strays (protocol: Attempt n is settled).

The docstring of `settle_ended_attempt` (chain/end.py) lists the steps.
"""

import heapq
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

from queuedjob.api.identity import name_hash
from queuedjob.api.kinds.queuedjob_phases import is_terminal
from queuedjob.api.kinds.queuedjob_status import JobStatus
from queuedjob.policy.facts import Pod, StopReason
from queuedjob.policy.job.inputs import Job

_RUNS_NEAR: Final = 16
"""How many runs before and after the known one are tried for the hash in a pod's name. A store that has missed more
reruns does not recognise the hash. The cost of a pod must not grow with the redrive count: a tool that edits a dead job
again and again makes it large."""


@dataclass(frozen=True, slots=True)
class JobPods:
    """The pods of one job, sorted by what their end means for the job."""

    attempts: tuple[Pod, ...]
    """Pods of this redrive count that are not settled, by number; step 1 selects from them.

    There is more than one only if one of them is gone.
    """
    settled: tuple[Pod, ...]
    """Counted pods. Step 7 releases them; they are kept for their logs; step 8 deletes those beyond podHistoryLimit."""
    strays: tuple[Pod, ...]
    """Pods that are never counted.

    Their redrive count is an earlier one, their number is settled under another UID, the job has ended before they were
    settled, or their name has no number.
    """
    ahead: tuple[Pod, ...]
    """Pods of a redrive count that this status does not know yet: the store is behind."""

    @property
    def highest_number(self) -> int:
        """The highest number of a settled or unsettled pod of this redrive count; 0 without pods."""
        return max((p.number or 0 for p in (*self.attempts, *self.settled)), default=0)


_EMPTY: Final = JobPods((), (), (), ())


_OVER_AT_ONCE: Final = 50
"""How many pods that are over a plan looks at, of those to be released and beyond podHistoryLimit of those to be
deleted. While a write to one of them is refused it keeps its place: for that many refused at a time, others wait."""


def in_hand(job: Job, pods: tuple[Pod, ...]) -> tuple[Pod, ...]:
    """Return the pods that a plan looks at: all of them, but of those that are over only the oldest.

    A pod is over when it has ended and is counted, or is a stray: only its release and its deletion are owed. Tenants
    can keep any number of them, by finalizers of their own or by a webhook that refuses the DELETE, and a plan must not
    cost more with each.
    """
    if len(pods) <= _OVER_AT_ONCE:
        return pods
    counted, ahead = settled_uids(job.status), _hashes_ahead(job)
    this = name_hash(job.uid, job.status.counters.redrives)
    seen, held, free = list[Pod](), list[Pod](), list[Pod]()
    for pod in pods:
        there = pod.ended and not pod.missing_from_watch and not pod.confirmed_gone
        settled = _is_settled(job, pod, counted) if pod.name_hash == this else pod.name_hash not in ahead
        if there and settled:
            (held if pod.has_finalizer else free).append(pod)
        else:
            seen.append(pod)
    seen += heapq.nsmallest(_OVER_AT_ONCE, held, key=lambda pod: pod.created)
    room = _OVER_AT_ONCE + job.terms.pod_history_limit
    seen += heapq.nsmallest(room, free, key=lambda pod: (pod.deletion_time is not None, pod.created))
    return tuple(seen)


def sort_pods(job: Job, pods: tuple[Pod, ...]) -> JobPods:
    """Step 1: sort `pods`, which all belong to this job's UID, so that each UID is counted once."""
    if not pods:
        return _EMPTY
    this = name_hash(job.uid, job.status.counters.redrives)
    later: frozenset[str] | None = None
    attempts: list[Pod] = []
    settled: list[Pod] = []
    strays: list[Pod] = []
    ahead: list[Pod] = []
    counted = settled_uids(job.status)
    for pod in sorted(pods, key=lambda p: (p.number or 0, p.resource_version)):
        if pod.number is None:
            strays.append(pod)
        elif pod.name_hash != this:
            later = later if later is not None else _hashes_ahead(job)
            (ahead if pod.name_hash in later else strays).append(pod)
        elif pod.uid in counted:
            settled.append(pod)
        elif _is_settled(job, pod, counted):
            strays.append(pod)
        else:
            attempts.append(_as_intended(job.status, pod))
    return JobPods(tuple(attempts), tuple(settled), tuple(strays), tuple(ahead))


def run_of(job: Job, pod: Pod) -> int:
    """Return the redrive count under which a pod of this job was created; the present count if its name shows none."""
    redrives = job.status.counters.redrives
    run = run_in_name(pod.name_hash, job.uid, redrives, ahead=0)
    return redrives if run is None else run


def run_in_name(hash_in_name: str, job_uid: str, redrives: int, *, ahead: int = _RUNS_NEAR) -> int | None:
    """Return the run of the job of which a pod's name carries the hash; None if it is of no run near `redrives`."""
    later = range(redrives + ahead, redrives, -1)
    until_now = range(redrives, max(-1, redrives - _RUNS_NEAR - 1), -1)
    return next((run for run in (*until_now, *later) if name_hash(job_uid, run) == hash_in_name), None)


def _as_intended(status: JobStatus, pod: Pod) -> Pod:
    """Return the pod with the stop reason that the status holds for it, if the pod itself has none.

    The status holds it where the API server refused to have it written on the pod. A pod that has ended without a
    deletion was not stopped: its own end counts. Nor is a pod stopped for a late start once it has started: its
    deletion may have been refused for minutes.
    """
    if pod.stop_reason or (pod.ended and pod.deletion_time is None and not pod.confirmed_gone):
        return pod
    entry = next((a for a in status.attempts if a.pod_uid == pod.uid and a.stop_reason and not a.settled), None)
    if entry is None or (entry.stop_reason == StopReason.START and pod.main_started):
        return pod
    return replace(pod, stop_reason=entry.stop_reason, stop_detail=entry.stop_detail, stop_in_status=True)


def _is_settled(job: Job, pod: Pod, counted: Collection[str]) -> bool:
    """Whether a pod of this run is counted, or its number is, or it came too late to be."""
    late = is_terminal(job.status.phase) or pod.number is None or pod.number <= job.status.counters.pods
    return late or pod.uid in counted


def _hashes_ahead(job: Job) -> frozenset[str]:
    """The hashes in the names of pods of later redrive counts than the status has: a store may be behind by several."""
    redrives = job.status.counters.redrives
    return frozenset(name_hash(job.uid, redrives + lead) for lead in range(1, _RUNS_NEAR + 1))


def settled_uids(status: JobStatus) -> frozenset[str]:
    """Steps 1 and 7: return the UIDs of pods whose outcome is in `status`; an entry without finishTime settles none."""
    return frozenset(a.pod_uid for a in status.attempts if a.finish_time is not None and a.pod_uid)
