"""timeouts.total of one job: when the job's lifetime starts, and when it ends. Pure."""

from datetime import datetime

from queuedjob.policy.job.inputs import Job
from queuedjob.policy.time_math import later


def total_start(job: Job) -> datetime:
    """Return when the job's lifetime starts: at creation or notBeforeTime, unless a rerun or a suspension moved it."""
    return job.status.total_start_time or max(job.created, job.terms.not_before_time or job.created)


def total_deadline(job: Job) -> datetime | None:
    """Return when the job's lifetime ends; None without timeouts.total, and while the job is suspended.

    Here, a suspension lasts until the status has counted it: only then is the rest of the lifetime known. If
    notBeforeTime is later than the start, the lifetime counts from notBeforeTime, so no job starts after its deadline.
    """
    total = job.terms.timeouts.total
    if total is None or job.terms.suspend or job.status.suspend_time is not None:
        return None
    start, not_before = total_start(job), job.terms.not_before_time
    return later(start if not_before is None else max(start, not_before), total)


def resumed_total_start(job: Job, suspended: datetime, now: datetime) -> datetime:
    """Return the start of the lifetime, moved forward by the part of the suspension (`suspended` to `now`) in it."""
    start = total_start(job)
    return later(start, max(0.0, (now - max(suspended, start)).total_seconds()))
