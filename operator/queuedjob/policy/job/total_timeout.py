"""timeouts.total of one job: from where it counts, and when it is over."""

from datetime import datetime

from queuedjob.policy.job.inputs import Job
from queuedjob.policy.retry import deadlines


def total_start(job: Job) -> datetime:
    """Where the total starts: creation or notBeforeTime, unless a rerun or a suspension has moved it."""
    return job.status.total_start_time or deadlines.total_start(job.created, job.terms.not_before_time, None)


def total_deadline(job: Job) -> datetime | None:
    """When the job's lifetime is over; None while there is no such time: no total, or suspended.

    A suspension lasts, here, until the status has counted it: what is left is known only then.
    """
    total = job.terms.timeouts.total
    if total is None or job.terms.suspend or job.status.suspend_time is not None:
        return None
    return deadlines.total_deadline(total_start(job), job.terms.not_before_time, total)


def resumed_total_start(job: Job, suspended: datetime, now: datetime) -> datetime:
    """The total's start, moved forward by a suspension from `suspended` to `now`."""
    return deadlines.after_suspension(total_start(job), suspended, now)
