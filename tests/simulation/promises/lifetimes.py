"""Promises about the lifetime of a job: timeouts.total ends nothing too early."""

from collections.abc import Iterator
from typing import Final

from queuedjob.api.durations import parse_duration
from tests.simulation.promises.history import Breach, History, Life, Version, moment, redrives_of

_SLACK: Final = 0.05
"""Seconds by which times in whole seconds and microseconds may differ."""

_SLACK_OF_SUSPENSION: Final = 30.0
"""The same where suspensions are counted: each begins and ends when a plan says so, and is written up to a request's
whole journey later."""


def total_ends_no_job_too_early(history: History) -> Iterator[Breach]:
    """A job ends by timeouts.total only once today's total has passed since it was created, was due, or started over,
    suspensions left out."""
    for job in history.jobs.values():
        for before, after in job.steps():
            if after.status.get("reason") != "TotalTimeout" or before.status.get("reason") == "TotalTimeout":
                continue
            deadline, slack = _deadline(job, after)
            if after.at < deadline - slack:
                words = f"{job.name} ended by its total {deadline - after.at:.1f} s before that had passed"
                yield Breach("total_ends_no_job_too_early", after.at, after.revision, words)


def _deadline(job: Life, end: Version) -> tuple[float, float]:
    """When the total that ended the job passed, counted anew; and how exactly that can be told."""
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


PROMISES: Final = (total_ends_no_job_too_early,)
