"""What a status keeps of what a job said, and what people are told of the rest. Pure."""

from queuedjob.api.kinds.queuedjob_status import JobStatus, Progress
from queuedjob.policy.failure.termination_message import TerminationMessage
from queuedjob.policy.job.steps import JobEvent


def with_reported(status: JobStatus, reported: TerminationMessage, *, succeeded: bool) -> JobStatus:
    """`status` with what the attempt that just ended said.

    The checkpoint that was said last stands, and so does progress, until the work is done: then an older one would
    tell of work that is not.
    """
    progress = reported.progress or (None if succeeded else status.progress)
    return status.model_copy(
        update={
            "checkpoint": reported.checkpoint or status.checkpoint,
            "progress": progress,
            "progress_summary": _summary(progress),
            "result": reported.result if succeeded else None,
        }
    )


def ignored_events(number: int, reported: TerminationMessage) -> tuple[JobEvent, ...]:
    """The Event about all that could not be used of what attempt `number` said."""
    if not reported.ignored:
        return ()
    message = f"of what attempt {number} said in its termination message was ignored: {'; '.join(reported.ignored)}"
    return (JobEvent("MessageIgnored", message),)


def _summary(progress: Progress | None) -> str:
    return f"{progress.done}/{progress.total}" if progress is not None else ""
