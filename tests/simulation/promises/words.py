"""Promises about checkpoints in the messages of jobs: each reaches the next attempt, and none is lost."""

from collections.abc import Iterator
from typing import Any, Final

from tests.simulation.pod_status import main_of
from tests.simulation.promises.history import Breach, History, Version, settled_in
from tests.simulation.termination_messages import NO_MESSAGE, Message, as_environment, message_from

_CHECKPOINT: Final = "QUEUEDJOB_CHECKPOINT"


def the_last_checkpoint_is_kept(history: History) -> Iterator[Breach]:
    """The write that settles an attempt contains its checkpoint, if it left one. The checkpoint stays until another
    attempt leaves a new one, over all runs of the job.

    The checkpoint of a pod that was gone by then, or whose finalizer users removed, may be lost.
    """
    for job in history.jobs.values():
        counted: set[str] = set()
        for before, after in job.steps():
            if after.body is None:
                continue
            fresh = [e["podUID"] for e in settled_in(after.status) if e.get("podUID") and e["podUID"] not in counted]
            counted.update(fresh)
            said = [_heard_of(history, uid, after.revision) for uid in fresh]
            if any(each is None for each in said):
                continue
            kept = [each.checkpoint for each in said if each is not None and each.checkpoint is not None]
            expected = kept[-1] if kept else before.status.get("checkpoint")
            if (found := after.status.get("checkpoint")) != expected:
                words = f"{job.name}: the checkpoint is {found!r}, and should be {expected!r}"
                yield Breach("the_last_checkpoint_is_kept", after.at, after.revision, words)


def a_checkpoint_is_handed_on(history: History) -> Iterator[Breach]:
    """A pod gets the checkpoint from the status of its job, and none if the status has none."""
    for pod in history.pods.values():
        job = history.jobs[pod.job].at(pod.first.revision)
        if job is None or job.body is None or pod.first.body is None:
            continue
        kept = job.status.get("checkpoint")
        given = _environment(pod.first.body).get(_CHECKPOINT)
        if given != (None if kept is None else as_environment(kept)):
            words = f"{pod.name} was given {given!r}, and its job holds {kept!r}"
            yield Breach("a_checkpoint_is_handed_on", pod.first.at, pod.first.revision, words)


def said_in(version: Version | None) -> Message:
    """The termination message of a pod's main container, as this version shows it."""
    if version is None or version.body is None:
        return NO_MESSAGE
    main = main_of(version.body)["name"]
    statuses: list[dict[str, Any]] = version.body["status"].get("containerStatuses") or []
    ends = [each["state"].get("terminated") or {} for each in statuses if each["name"] == main]
    return message_from(ends[0].get("message", "") if ends else "")


def _heard_of(history: History, uid: str, revision: int) -> Message | None:
    pod = history.pods.get(uid)
    version = pod.at(revision) if pod is not None else None
    if pod is None or pod.stripped or version is None or version.body is None:
        return None
    return said_in(version)


def _environment(body: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each.get("value", "") for each in main_of(body).get("env") or ()}


PROMISES: Final = (the_last_checkpoint_is_kept, a_checkpoint_is_handed_on)
