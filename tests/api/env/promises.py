"""Checks the promises that hold at every moment, over the whole history that the observer saw.

The checks follow from the promises alone: they use no code by which the operator itself interprets pods and jobs.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from queuedjob.api import names
from queuedjob.ports import Body
from tests.api.env.history import PODS, History

_TERMINAL: Final = {"Succeeded", "Cancelled", "DeadLettered", "Quarantined"}
_DEAD: Final = {"DeadLettered", "Quarantined"}
_NUMBER: Final = re.compile(r"-[a-z2-7]{10}-[0-9]+$")


def broken_promises(history: History) -> list[str]:
    """One sentence for each broken promise; empty if no promise is broken."""
    return [
        *_two_at_once(history),
        *_numbers_used_twice(history),
        *_begun_after_the_end(history),
        *_counted_wrongly(history),
        *_left_a_terminal_phase(history),
        *_letters_filed_twice(history),
    ]


def _two_at_once(history: History) -> Iterator[str]:
    live: dict[str, dict[str, str]] = defaultdict(dict)
    for sight in history.of(PODS):
        owner = _owner(sight.body)
        if not sight.gone and _lives(sight.body):
            live[owner][sight.uid] = sight.body["metadata"]["name"]
            if len(live[owner]) > 1:
                yield f"two pods of one job lived at once: {sorted(live[owner].values())} at version {sight.version}"
        else:
            live[owner].pop(sight.uid, None)


def _numbers_used_twice(history: History) -> Iterator[str]:
    uids: dict[str, set[str]] = defaultdict(set)
    for sight in history.of(PODS):
        if _owner(sight.body) and _NUMBER.search(sight.body["metadata"]["name"]):
            uids[sight.body["metadata"]["name"]].add(sight.uid)
    for name, several in uids.items():
        if len(several) > 1:
            yield f"two pods had the number of {name}: {sorted(several)}"


def _begun_after_the_end(history: History) -> Iterator[str]:
    seen: set[str] = set()
    phases: dict[str, str] = {}
    for sight in history.in_order():
        if sight.plural == names.QUEUEDJOBS:
            phases[sight.uid] = (sight.body.get("status") or {}).get("phase", "")
        elif sight.plural == PODS and sight.uid not in seen:
            seen.add(sight.uid)
            if (phase := phases.get(_owner(sight.body), "")) in _TERMINAL:
                yield f"pod {sight.body['metadata']['name']} was created when the job was {phase}, at {sight.version}"


def _counted_wrongly(history: History) -> Iterator[str]:
    outcomes: dict[tuple[str, str], tuple[Any, ...]] = {}
    for sight in history.of(names.QUEUEDJOBS):
        status = sight.body.get("status") or {}
        counters, run = status.get("counters") or {}, (status.get("counters") or {}).get("redrives", 0)
        settled = [a for a in status.get("attempts") or () if a.get("finishTime")]
        for attempt in settled:
            outcome = (run, attempt["number"], attempt.get("class"), attempt.get("rule"), attempt.get("finishTime"))
            key = (sight.uid, attempt.get("podUID") or f"{run}/{attempt['number']}")
            if outcomes.setdefault(key, outcome) != outcome:
                yield f"pod {attempt.get('podName')} was counted twice: {outcomes[key]}, then {outcome}"
        numbers = [a["number"] for a in settled]
        if numbers != list(range(1, len(numbers) + 1)) and len(numbers) < 20:
            yield f"the settled numbers are {numbers} at version {sight.version}"
        if len(numbers) < 20 and counters.get("pods", 0) != len(numbers):
            yield f"counters.pods is {counters.get('pods')} with {len(numbers)} settled, at version {sight.version}"
        spent = sum(bool(a.get("counted")) for a in settled)
        if len(numbers) < 20 and counters.get("attempts", 0) != spent:
            yield f"counters.attempts is {counters.get('attempts')} with {spent} counted, at version {sight.version}"


def released_too_early(history: History) -> Iterator[str]:
    """A pod is released only after its outcome is written. Exceptions: strays, which are never counted, and pods whose
    job is gone or in a terminal phase."""
    settled: dict[str, set[str]] = defaultdict(set)
    runs: dict[str, int] = {}
    ended: set[str] = set()
    held: set[str] = set()
    for sight in history.in_order():
        body = sight.body
        if sight.plural == names.QUEUEDJOBS:
            status = body.get("status") or {}
            settled[sight.uid] |= {
                a["podUID"] for a in status.get("attempts") or () if a.get("finishTime") and a.get("podUID")
            }
            runs[sight.uid] = (status.get("counters") or {}).get("redrives", 0)
            if sight.gone or status.get("phase") in _TERMINAL:
                ended.add(sight.uid)
            else:
                ended.discard(sight.uid)
        elif sight.plural == PODS:
            if names.FINALIZER in (body["metadata"].get("finalizers") or ()):
                held.add(sight.uid)
            elif sight.uid in held:
                held.discard(sight.uid)
                owner = _owner(body)
                labels = body["metadata"].get("labels") or {}
                stray = owner in ended or int(labels.get(names.REDRIVES_LABEL, -1)) < runs.get(owner, 0)
                if sight.uid not in settled[owner] and not stray:
                    yield f"pod {body['metadata']['name']} was released before it was counted, at {sight.version}"


def _left_a_terminal_phase(history: History) -> Iterator[str]:
    before: dict[str, tuple[str, int]] = {}
    for sight in history.of(names.QUEUEDJOBS):
        status = sight.body.get("status") or {}
        now = status.get("phase", "Pending"), (status.get("counters") or {}).get("redrives", 0)
        was = before.get(sight.uid, now)
        if was[0] in _TERMINAL and now[0] != was[0] and not (was[0] in _DEAD and now[1] == was[1] + 1):
            yield f"job {sight.body['metadata']['name']} went from {was} to {now} at version {sight.version}"
        if now[1] < was[1]:
            yield f"redrives went from {was[1]} to {now[1]} at version {sight.version}"
        before[sight.uid] = now


def _letters_filed_twice(history: History) -> Iterator[str]:
    filed: dict[tuple[str, int], set[str]] = defaultdict(set)
    for sight in history.of(names.DEADLETTERS):
        ref = sight.body["spec"]["jobRef"]
        filed[ref["uid"], ref.get("redrives", 0)].add(sight.body["metadata"]["name"])
    for death, letters in filed.items():
        if len(letters) > 1:
            yield f"one death has several letters: {death}: {sorted(letters)}"


def _lives(pod: Body) -> bool:
    """Whether a pod has not ended. It has ended in a terminal phase, or if it was deleted before it had a node: then it
    can never be bound."""
    if pod["status"].get("phase") in {"Succeeded", "Failed"}:
        return False
    return not ("deletionTimestamp" in pod["metadata"] and not pod["spec"].get("nodeName"))


def _owner(pod: Body) -> str:
    references = pod["metadata"].get("ownerReferences") or ()
    uid = next((r["uid"] for r in references if r.get("kind") == "QueuedJob"), None)
    return str(uid or (pod["metadata"].get("labels") or {}).get(names.JOB_UID_LABEL, ""))
