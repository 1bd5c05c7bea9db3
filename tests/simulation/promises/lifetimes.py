"""Promises about time: timeouts.total and timeouts.start end nothing too early."""

from collections.abc import Iterator
from typing import Final

from queuedjob.api.types.durations import parse_duration
from tests.simulation.promises.history import Breach, History, ObjectHistory, Version, moment, redrives_of

_SLACK: Final = 0.05
"""Seconds by which times in whole seconds and microseconds may differ."""

_SLACK_OF_SUSPENSION: Final = 30.0
"""The same if there were suspensions: each begins and ends when a plan decides it, and is written later, by up to the
longest time of a request."""


_SLACK_OF_CONDITIONS: Final = 1.0
"""The same for the time of a condition: it is cut to whole seconds."""


def total_ends_no_job_too_early(history: History) -> Iterator[Breach]:
    """A job ends by timeouts.total only once the total of its current spec has passed since it was created, was due, or
    started over; suspensions do not count."""
    for job in history.jobs.values():
        for before, after in job.steps():
            if after.status.get("reason") != "TotalTimeout" or before.status.get("reason") == "TotalTimeout":
                continue
            deadline, slack = _deadline(job, after)
            if after.at < deadline - slack:
                words = f"{job.name} ended by its total {deadline - after.at:.1f} s before that had passed"
                yield Breach("total_ends_no_job_too_early", after.at, after.revision, words)


def _deadline(job: ObjectHistory, end: Version) -> tuple[float, float]:
    """The time when the total that ended the job passed, calculated again; and the uncertainty of that time."""
    starts = [moment(job.first.body["metadata"]["creationTimestamp"])] if job.first.body else []
    if not_before := end.spec.get("notBeforeTime"):
        starts.append(moment(not_before))
    suspended, slack = 0.0, _SLACK
    for before, after in job.steps():
        if after.revision > end.revision:
            break
        if redrives_of(after.status) > redrives_of(before.status):
            starts.append(moment(after.status["totalStartTime"]))
            suspended, slack = 0.0, _SLACK
        since = before.status.get("suspendTime")
        if since and not after.status.get("suspendTime") and after is not end:
            suspended += max(0.0, after.at - max(moment(since), *starts))
            slack = _SLACK_OF_SUSPENSION
    return max(starts) + parse_duration(end.spec["timeouts"]["total"]) + suspended, slack


def a_pod_gets_its_time_to_start(history: History) -> Iterator[Breach]:
    """A pod is stopped because it does not start only once timeouts.start has passed since it got its node."""
    for pod in history.pods.values():
        bound = next((version for version in pod.versions if version.spec.get("nodeName")), None)
        for before, after in pod.steps():
            if _stop_reason(after) != "start" or _stop_reason(before) == "start":
                continue
            job = history.jobs[pod.job].at(after.revision)
            asked = (job.spec.get("timeouts") or {}).get("start", "10m") if job is not None and job.body else "0s"
            if bound is None or after.at < bound.at + parse_duration(asked) - _SLACK_OF_CONDITIONS:
                words = f"{pod.name} got its node at {bound.at if bound else '-'}, and had {asked} to start"
                yield Breach("a_pod_gets_its_time_to_start", after.at, after.revision, words)


def _stop_reason(version: Version) -> str:
    annotations = (version.body or {"metadata": {}})["metadata"].get("annotations") or {}
    return str(annotations.get("queuedjob.dev/stop-reason", ""))


PROMISES: Final = (total_ends_no_job_too_early, a_pod_gets_its_time_to_start)
