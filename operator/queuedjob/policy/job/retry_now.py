"""The annotation queuedjob.dev/retry-now: a user ends the wait for the next attempt. Pure.

It is a verb, so it is acted on once. A value counts as new while it differs from the one in `status.handled`: clocks
are never compared. The write that acts on a value copies it there. So does the write that begins a wait: a value that
was there before asked for the end of an earlier wait, or of none.

A wait for `spec.notBeforeTime` does not end: the spec asks for it.
"""

from typing import Final

from queuedjob.api.kinds.queuedjob_status import Handled
from queuedjob.policy.job.inputs import Job, Refusal

RETRY_NOW: Final = "retry-now"
"""The rule that ends a wait at a user's word."""


def is_asked(job: Job) -> bool:
    """Whether the job's annotation asks for something that has not been done."""
    handled = job.status.handled
    return job.retry_now not in {"", handled.retry_now if handled is not None else ""}


def handled_by(job: Job) -> Handled | None:
    """Return `status.handled` for a write after which the job's annotation asks for nothing any more."""
    return Handled(retry_now=job.retry_now) if job.retry_now else job.status.handled


def ends_pause(job: Job, refusal: Refusal) -> bool:
    """Whether the pod is asked for now that the API server refused: the annotation came after its last answer."""
    return job.retry_now not in {"", refusal.retry_now}
