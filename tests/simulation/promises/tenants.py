"""Promises against tenants who mean harm: each namespace by itself, and nothing of another controller is touched."""

import re
from collections.abc import Iterator
from typing import Final

from queuedjob.api import names
from tests.simulation import troubles
from tests.simulation.apiserver.resources import LETTERS, PODS
from tests.simulation.apiserver.storage import Body
from tests.simulation.promises.history import Breach, History, Version, controller_of, settled_in
from tests.simulation.witness import OPERATOR, Noted

_SEGMENTS: Final = re.compile(r"(/[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*)+")
"""Paths whose every segment is a DNS name."""

_BOOKKEEPING: Final = frozenset({"finalizers", "resourceVersion", "managedFields", "generation"})


def evidence_is_of_its_own_namespace(history: History) -> Iterator[Breach]:
    """What a job's status says, it says of pods that the operator made in the job's own namespace, under the job's
    controller reference, and of a dead letter that it filed there."""
    for job in history.jobs.values():
        for version in job.versions:
            for entry in settled_in(version.status):
                pod = history.pods.get(entry.get("podUID", ""))
                if entry.get("podUID") and (pod is None or (pod.namespace, pod.job) != (job.namespace, job.uid)):
                    words = f"{job.name} counts {entry['podName']}, which is no pod of its own"
                    yield _breach(evidence_is_of_its_own_namespace, version, words)
            filed = (version.status.get("deadLetterRef") or {}).get("uid")
            letter = history.letters.get(filed) if filed else None
            if filed and (letter is None or letter.namespace != job.namespace):
                words = f"{job.name} takes a dead letter for its own that the operator did not file for it"
                yield _breach(evidence_is_of_its_own_namespace, version, words)


def nothing_of_others_is_touched(history: History) -> Iterator[Breach]:
    """The operator changes and deletes no pod and no dead letter that it did not make. It only removes its finalizer.

    A pod that it made and that another controller took over is checked at rest (rest.py); here, the operator may not
    have seen the new controller yet.
    """
    for noted in history.witness.noted:
        before = noted.change.before
        if noted.user != OPERATOR or before is None or before.resource not in (PODS, LETTERS):
            continue
        mine = before.uid in (history.pods if before.resource is PODS else history.letters)
        if not mine and not _is_a_release(noted) and not _follows_a_resolution(noted):
            words = f"{before.resource} {before.namespace}/{before.name} is none of the operator's"
            yield Breach("nothing_of_others_is_touched", noted.at, noted.change.revision, words)


def _is_a_release(noted: Noted) -> bool:
    """Whether the change removes our finalizer and nothing else; a pod that is being deleted may go with it."""
    before, after = noted.change.before, noted.change.after
    assert before is not None
    if before.resource is not PODS:
        return False
    held: list[str] = before.body["metadata"].get("finalizers") or []
    if after is None:
        return before.deleting and held == [names.FINALIZER]
    left = after.body["metadata"].get("finalizers") or []
    return left == [each for each in held if each != names.FINALIZER] and _rest(before.body) == _rest(after.body)


def _follows_a_resolution(noted: Noted) -> bool:
    """Whether the change shows in a letter's phase what the letter's own spec says: that needs no job."""
    before, after = noted.change.before, noted.change.after
    return (
        before is not None
        and after is not None
        and before.body["spec"] == after.body["spec"]
        and bool(after.body["spec"].get("resolution"))
    )


def _rest(body: Body) -> Body:
    metadata = {key: value for key, value in body["metadata"].items() if key not in _BOOKKEEPING}
    return {**body, "metadata": metadata}


def a_pod_that_was_taken_over_is_left_alone(history: History) -> Iterator[Breach]:
    """Long after another controller was written onto a pod, the operator neither stops nor relabels nor deletes it.

    It may have planned a write before it saw the new controller. So the first minute is excused, and what follows an
    outage since then: the operator sees nothing while it lasts, and goes on asking for what it had planned.
    """
    outages = [remark.at for remark in history.witness.remarks if remark.kind == troubles.OUTAGE]
    for pod in history.pods.values():
        since: float | None = None
        for before, after in pod.steps():
            owner = controller_of(before.body) if before.body is not None else None
            foreign = owner is not None and owner.get("kind") != "QueuedJob"
            since = (before.at if since is None else since) if foreign else None
            if since is None or after.user != OPERATOR or after.at < since + _MINUTE or before.body is None:
                continue
            if any(since <= at <= after.at for at in outages):
                continue
            held = before.body["metadata"].get("finalizers") or []
            gone = after.body is None and held != [names.FINALIZER]
            if gone or (after.body is not None and _rest(before.body) != _rest(after.body)):
                yield _breach(a_pod_that_was_taken_over_is_left_alone, after, f"{pod.name} is another controller's")


_MINUTE: Final = 60.0


def every_request_is_for_one_place(history: History) -> Iterator[Breach]:
    """No request leads anywhere else than its path seems to lead: each segment is a name that an object can have."""
    for asked in history.witness.asked:
        if asked.user == OPERATOR and not _SEGMENTS.fullmatch(asked.request.path):
            words = f"{asked.request.method} {asked.request.path}"
            yield Breach("every_request_is_for_one_place", asked.at, asked.revision, words)


def _breach(promise: object, version: Version, words: str) -> Breach:
    return Breach(str(getattr(promise, "__name__", promise)), version.at, version.revision, words)


PROMISES: Final = (
    evidence_is_of_its_own_namespace,
    nothing_of_others_is_touched,
    a_pod_that_was_taken_over_is_left_alone,
    every_request_is_for_one_place,
)
