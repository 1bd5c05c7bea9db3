"""The attempts of a status: how a pod becomes an entry, and how the list stays short.

Totals are in the counters and never lost; the list keeps the last 20, the last three with their whole last words.
"""

from typing import Final

from queuedjob.api.identity import parse_pod_name
from queuedjob.api.kinds.queuedjob_status import Attempt, JobStatus, Progress
from queuedjob.policy.facts import Pod
from queuedjob.policy.failure.evidence import Evidence
from queuedjob.policy.failure.rules import Verdict
from queuedjob.policy.failure.termination_message import TerminationMessage
from queuedjob.policy.job.steps import JobEvent
from queuedjob.policy.time_math import END_OF_TIME

LISTED: Final = 20
WHOLE: Final = 3
"""So many of the newest keep their last words whole; a status of some KiB is what writes cost most for."""
WHOLE_BYTES: Final = 2048
SHORT_BYTES: Final = 256


def live_entry(pod: Pod) -> Attempt:
    """The entry of an attempt that has not ended: without finishTime it settles nothing and releases nothing."""
    main = pod.main
    running = main.running_since if main else None
    return _identity(pod).model_copy(update={"start_time": running or pod.start_time})


def ended_entry(pod: Pod, evidence: Evidence, verdict: Verdict) -> Attempt:
    """The settled entry of an attempt, with the rule that decided. A success is a spent attempt, too."""
    return _identity(pod).model_copy(
        update={
            "start_time": evidence.started or pod.start_time,
            "finish_time": evidence.finished,
            "exit_code": evidence.exit_code,
            "reason": verdict.reason,
            "class_": verdict.failure.name if verdict.failure else "",
            "rule": verdict.rule,
            "message": verdict.message,
            "counted": verdict.failure is None or verdict.failure.counted,
        }
    )


def pod_from_entry(entry: Attempt, *, namespace: str, owner_uid: str, owner_name: str) -> Pod:
    """The pod of an entry, as far as the status tells: for one that is gone without having been seen since."""
    named = parse_pod_name(entry.pod_name)
    return Pod(
        uid=entry.pod_uid,
        name=entry.pod_name,
        namespace=namespace,
        resource_version=0,
        created=entry.create_time or END_OF_TIME,
        owner_uid=owner_uid,
        owner_name=owner_name,
        name_hash=named[0] if named else "",
        number=entry.number,
        generation=entry.generation or None,
        node=entry.node_name,
        phase="Running",
        start_time=entry.start_time,
        deadline_seconds=entry.active_deadline_seconds,
    )


def with_entry(attempts: tuple[Attempt, ...], entry: Attempt) -> tuple[Attempt, ...]:
    """`attempts` with `entry` in the place of an earlier one of the same pod, shortened to what is kept."""
    others = [a for a in attempts if not (a.finish_time is None and a.number == entry.number)]
    kept = [*others, entry][-LISTED:]
    return tuple(_shortened(a, WHOLE_BYTES if i >= len(kept) - WHOLE else SHORT_BYTES) for i, a in enumerate(kept))


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


def _identity(pod: Pod) -> Attempt:
    return Attempt(
        number=pod.number or 0,
        pod_name=pod.name,
        pod_uid=pod.uid,
        node_name=pod.node,
        generation=pod.generation or 0,  # somebody may have stripped the annotation
        create_time=pod.created,
        active_deadline_seconds=pod.deadline_seconds,
    )


def _shortened(attempt: Attempt, limit: int) -> Attempt:
    words = attempt.message.encode()
    if len(words) <= limit:
        return attempt
    cut = words[-limit:].decode(errors="ignore")  # the end of the last words says most
    return attempt.model_copy(update={"message": cut})


def _summary(progress: Progress | None) -> str:
    return f"{progress.done}/{progress.total}" if progress is not None else ""
