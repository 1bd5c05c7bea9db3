"""The attempts in a status: how a pod becomes an entry, and how the list stays short.

Totals are in the counters and are never lost. The list keeps the last 20 entries, the last three with longer messages.
The docstring of `settle_ended_attempt` (chain/end.py) lists the steps.
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
"""How many of the newest entries keep WHOLE_BYTES. The size of the status, some KiB, is the main cost of a write."""
WHOLE_BYTES: Final = 2048
SHORT_BYTES: Final = 256


def live_entry(pod: Pod) -> Attempt:
    """Return the entry of an attempt that has not ended: without finishTime it settles nothing and releases nothing."""
    main = pod.main
    running = main.running_since if main else None
    intended = {"stop_reason": pod.stop_reason, "stop_detail": pod.stop_detail} if pod.stop_in_status else {}
    return _identity(pod).model_copy(update={"start_time": running or pod.start_time, **intended})


def ended_entry(pod: Pod, evidence: Evidence, verdict: Verdict) -> Attempt:
    """Step 4: return the settled entry of an attempt, with the rule that decided. A success is a spent attempt, too."""
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
    """Return the pod of an entry with what the status knows, for a pod that is gone and is not in the store."""
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
    """Step 4: return `attempts` with `entry`, which replaces the live entry of the same number; shorten the list.

    The status of a live attempt uses it, too (chain/show_status.py).
    """
    others = [a for a in attempts if not (a.finish_time is None and a.number == entry.number)]
    kept = [*others, entry][-LISTED:]
    return tuple(_shortened(a, WHOLE_BYTES if i >= len(kept) - WHOLE else SHORT_BYTES) for i, a in enumerate(kept))


def with_reported(status: JobStatus, reported: TerminationMessage, *, succeeded: bool) -> JobStatus:
    """Step 4: return `status` with what the ended attempt reported.

    The last reported checkpoint is kept. The last reported progress is kept until the job succeeds: after that, the
    progress of an earlier attempt would show unfinished work.
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
    """Step 6: return the Event about the parts of attempt `number`'s termination message that were ignored."""
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
        generation=pod.generation or 0,  # another client may have removed the annotation
        create_time=pod.created,
        active_deadline_seconds=pod.deadline_seconds,
    )


def _shortened(attempt: Attempt, limit: int) -> Attempt:
    words = attempt.message.encode()
    if len(words) <= limit:
        return attempt
    cut = words[-limit:].decode(errors="ignore")  # the end of the output is the most useful part
    return attempt.model_copy(update={"message": cut})


def _summary(progress: Progress | None) -> str:
    return f"{progress.done}/{progress.total}" if progress is not None else ""
