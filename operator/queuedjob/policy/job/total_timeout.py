"""timeouts.total of one job: when its lifetime starts, and when it is over. Pure."""

from datetime import datetime

from queuedjob.policy.job.inputs import Job
from queuedjob.policy.time_math import later


def total_start(job: Job) -> datetime:
    """When the job's lifetime starts: at its creation or notBeforeTime, unless a rerun or a suspension has moved it."""
    return job.status.total_start_time or max(job.created, job.terms.not_before_time or job.created)


def total_deadline(job: Job) -> datetime | None:
    """When the job's lifetime is over; None without timeouts.total, and while the job is suspended.

    A suspension lasts, here, until the status has counted it: only then is the rest of the lifetime known. A
    notBeforeTime that was set after the start counts from that time, so no job starts dead.
    """
    total = job.terms.timeouts.total
    if total is None or job.terms.suspend or job.status.suspend_time is not None:
        return None
    start, not_before = total_start(job), job.terms.not_before_time
    return later(start if not_before is None else max(start, not_before), total)


def resumed_total_start(job: Job, suspended: datetime, now: datetime) -> datetime:
    """The start of the lifetime, moved forward by the part of a suspension from `suspended` to `now` that is in it."""
    start = total_start(job)
    return later(start, max(0.0, (now - max(suspended, start)).total_seconds()))
