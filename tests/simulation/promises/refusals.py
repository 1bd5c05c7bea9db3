"""Promises about writes that the API server refuses: work goes on without upkeep, and what lasts stands in the status.

They are held against histories in which nothing else goes wrong: then every delay is the operator's.
"""

from collections.abc import Iterator
from typing import Final

from tests.simulation import troubles
from tests.simulation.pods import is_live
from tests.simulation.promises.history import TERMINAL, Breach, History, ObjectHistory, Pod, Version, moment
from tests.simulation.simulation import Simulation

_SOON: Final = 25.0
"""Seconds in which an operator without other troubles does what is due, or shows what keeps it from that. Events of
jobs come up to 10 s late, and a write that the API server has not decided shows after 5 s."""

_OVERDUE: Final = 40.0
"""Seconds beyond the backstop in which an operator must have stopped a pod."""


def refused_upkeep_stops_no_work(simulation: Simulation, history: History) -> Iterator[Breach]:
    """An attempt starts when the status promises it, though old pods cannot be deleted, released or labelled.

    A status that is written while the pod of the attempt is there, but not shown yet, promises nothing new.
    """
    if not simulation.scenario.refusing:
        return
    for job in history.jobs.values():
        for before, after in job.steps():
            due = before.status.get("nextAttemptTime")
            if due is None or before.status.get("reason") != "Backoff" or before.body is None:
                continue
            late = max(before.at, moment(due)) + _SOON
            pods = history.pods_of(job.uid)
            began = any(
                pod.first.at <= late and (pod.first.at >= before.at or _is_there(pod, before.at)) for pod in pods
            )
            if after.at > late and not began:
                words = f"{job.name} was to start at {due}, and had not {_SOON:.0f} s later"
                yield Breach("refused_upkeep_stops_no_work", late, before.revision, words)


def a_stop_needs_no_mark_on_the_pod(simulation: Simulation, history: History) -> Iterator[Breach]:
    """A job that is suspended or cancelled has its pod deleted soon, though the pod cannot be marked."""
    if not simulation.scenario.refusing:
        return
    denied = [r.at for r in simulation.witness.remarks if r.kind == troubles.DELETE_DENIED]  # tried again within 30 s
    for job in history.jobs.values():
        for since in _stops(job):
            late = since.at + _SOON
            if late > simulation.loop.time() or any(since.at - 36 <= at <= late for at in denied) or _ended(job, late):
                continue
            for pod in history.pods_of(job.uid):
                if pod.first.at < since.at and _runs_on(pod, late) and not _resumed(job, since, late):
                    words = f"pod {pod.name} runs {_SOON:.0f} s after its job was to stop"
                    yield Breach("a_stop_needs_no_mark_on_the_pod", late, since.revision, words)


def a_refusal_that_lasts_stands_in_the_status(simulation: Simulation, history: History) -> Iterator[Breach]:
    """While a deletion of a pod is refused again and again, the status of its job says so."""
    if not simulation.scenario.refusing:
        return
    pods = {pod.name: pod for pod in history.pods.values()}
    first: dict[tuple[str, bool], float] = {}
    for remark in simulation.witness.remarks:
        if remark.kind != troubles.DELETE_DENIED:
            continue
        pod = pods.get(remark.words.rsplit("/", 1)[1])
        if pod is None:
            continue
        now = pod.at(remark.revision)
        if now is None or now.body is None:
            continue
        since = first.setdefault((pod.name, is_live(now.body)), remark.at)  # to stop it, or to keep the history short
        job = history.jobs[pod.job].at(remark.revision)
        if remark.at < since + _SOON or job is None or job.body is None or "deletionTimestamp" in job.body["metadata"]:
            continue
        true = {c["type"] for c in job.status.get("conditions") or () if c["status"] == "True"}
        if "WriteRefused" not in true:
            words = f"pod {pod.name} cannot be deleted since {remark.at - since:.0f} s, and its job says nothing"
            yield Breach("a_refusal_that_lasts_stands_in_the_status", remark.at, remark.revision, words)


def no_pod_runs_on_past_its_deadline(simulation: Simulation, history: History) -> Iterator[Breach]:
    """A pod that its kubelet does not stop at its deadline is stopped by the operator."""
    slack = simulation.scenario.settings.deadline_slack
    for pod in history.pods.values():
        started = next((v for v in pod.versions if v.status.get("startTime")), None)
        if started is None or pod.stripped or not simulation.scenario.refusing:
            continue
        spec = started.spec
        allowed = spec["activeDeadlineSeconds"] + spec.get("terminationGracePeriodSeconds", 30) + slack
        late = moment(started.status["startTime"]) + allowed + _OVERDUE
        denied = any(r.kind == troubles.DELETE_DENIED and r.at > late - _OVERDUE for r in simulation.witness.remarks)
        if late < simulation.loop.time() and _runs_on(pod, late) and not denied:
            words = f"pod {pod.name} runs {_OVERDUE:.0f} s after it had to be stopped"
            yield Breach("no_pod_runs_on_past_its_deadline", late, started.revision, words)


def _stops(job: ObjectHistory) -> Iterator[Version]:
    """The versions in which a stop is asked for first."""
    for before, after in job.steps():
        if after.body is not None and not _is_to_stop(before) and _is_to_stop(after):
            yield after


def _is_to_stop(job: Version) -> bool:
    return job.body is not None and bool(job.spec.get("suspend") or job.spec.get("cancel"))


def _resumed(job: ObjectHistory, since: Version, late: float) -> bool:
    return any(since.at <= v.at <= late and not _is_to_stop(v) for v in job.versions)


def _ended(job: ObjectHistory, late: float) -> bool:
    return any(v.at <= late and (v.body is None or v.status.get("phase") in TERMINAL) for v in job.versions)


def _at(pod: Pod, time: float) -> Version:
    return [v for v in pod.versions if v.at <= time][-1]


def _runs_on(pod: Pod, time: float) -> bool:
    """Whether the pod runs at this time, and no client has deleted it."""
    body = _at(pod, time).body
    return body is not None and is_live(body) and "deletionTimestamp" not in body["metadata"]


def _is_there(pod: Pod, time: float) -> bool:
    """Whether the pod has not ended at this time; a client may have deleted it."""
    body = _at(pod, time).body
    return body is not None and is_live(body)


PROMISES: Final = (
    refused_upkeep_stops_no_work,
    a_stop_needs_no_mark_on_the_pod,
    a_refusal_that_lasts_stands_in_the_status,
    no_pod_runs_on_past_its_deadline,
)
