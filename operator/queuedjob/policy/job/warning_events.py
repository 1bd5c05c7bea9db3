"""One Event for each spec warning that is new. Pure."""

from dataclasses import replace

from queuedjob.policy.job.inputs import Job
from queuedjob.policy.job.spec_warnings import TYPES
from queuedjob.policy.job.steps import JobEvent, Step, WriteStatus


def with_events(job: Job, step: Step) -> Step:
    """Return `step` with an Event for each warning that it writes, if the status has no such condition and message."""
    if not isinstance(step, WriteStatus):
        return step
    known = {(c.type, c.message) for c in job.status.conditions}
    fresh = (c for c in step.status.conditions if c.type in TYPES and (c.type, c.message) not in known)
    events = tuple(JobEvent(c.type, c.message) for c in fresh)
    return replace(step, events=(*step.events, *events)) if events else step
