"""Promises about attempts: one at a time, each with its own number, and none without need."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from queuedjob.api.types.durations import parse_duration
from tests.simulation.pods import is_live
from tests.simulation.promises.history import (
    TERMINAL,
    Breach,
    History,
    ObjectHistory,
    Pod,
    Version,
    controller_of,
    is_held,
    moment,
    redrives_of,
    settled_in,
)
from tests.simulation.promises.words import said_in
from tests.simulation.witness import OPERATOR

_SLACK: Final = 0.05
"""Seconds by which times in whole seconds and microseconds may differ."""

_BETWEEN: Final = 0.5
"""Most seconds from the answer to the live read to the POST that is based on it: they follow each other directly."""


def never_two_live_pods(history: History) -> Iterator[Breach]:
    """At no moment are two pods of one job (one UID) live.

    Excused: pods with a name that another client freed by removing our finalizer, because a late POST may take the name
    once more.
    """
    live: dict[str, dict[str, Pod]] = defaultdict(dict)
    for version, pod in _in_order(history):
        if version.body is None or not is_live(version.body):
            live[pod.job].pop(pod.uid, None)
        elif pod.uid not in live[pod.job]:
            live[pod.job][pod.uid] = pod
            known = [p.name for p in live[pod.job].values() if p.name not in history.freed]
            if len(known) > 1:
                yield _breach(never_two_live_pods, version, f"{' and '.join(known)} live at the same time")


def no_number_twice(history: History) -> Iterator[Breach]:
    """No two pods have the same job, redrive count and number. Excused: a name that another client freed."""
    first: dict[tuple[str, int, int], Pod] = {}
    for pod in history.pods.values():
        before = first.setdefault((pod.job, pod.redrives, pod.number), pod)
        if before is not pod and pod.name not in history.freed:
            yield _breach(no_number_twice, pod.first, f"{pod.name} was created a second time")


def numbers_are_dense(history: History) -> Iterator[Breach]:
    """A pod's number is one above the number of attempts settled before in its run; otherwise the pod is a stray."""
    for pod in history.pods.values():
        job = history.jobs[pod.job].at(pod.first.revision)
        if job is None or job.body is None or pod.name in history.freed:
            continue
        status = job.status
        if redrives_of(status) == pod.redrives and pod.number > (status.get("counters") or {}).get("pods", 0) + 1:
            yield _breach(numbers_are_dense, pod.first, f"{pod.name} came before the one below it was settled")


def created_on_a_live_read_that_asks_for_it(history: History) -> Iterator[Breach]:
    """Each POST of a pod follows a GET of its job by the same process, and that answer asked for this very attempt.

    So no attempt starts for a job that was seen as suspended, cancelled, ended or being deleted, and no attempt starts
    before its time (every wait is kept). The time between GET and POST is not checked if the process may be starved or
    the network may have faults: in between, the POST may have to wait at the gate that paces all requests.
    """
    for sent in history.witness.sent:
        name = sent.pod
        if sent.read is None:
            yield Breach(_name(created_on_a_live_read_that_asks_for_it), sent.at, 0, f"{name}: its job was never read")
            continue
        why = _not_asked_for(sent.read, sent.at)
        if not why and not sent.starved and sent.at - sent.read_at > _BETWEEN:
            why = f"it was read {sent.at - sent.read_at:.1f} s ago"
        if why:
            yield Breach(_name(created_on_a_live_read_that_asks_for_it), sent.at, sent.revision, f"{name}: {why}")


def _not_asked_for(job: dict[str, object], at: float) -> str:
    spec, status, metadata = job["spec"], job.get("status") or {}, job["metadata"]
    assert isinstance(spec, dict)
    assert isinstance(status, dict)
    assert isinstance(metadata, dict)
    for key in ("suspend", "cancel"):
        if spec.get(key):
            return f"its job said {key}"
    if "deletionTimestamp" in metadata:
        return "its job was on its way out"
    if status.get("phase") in TERMINAL:
        return f"its job was {status['phase']}"
    for time in (status.get("nextAttemptTime"), spec.get("notBeforeTime")):
        if time and moment(time) > at:
            return f"its job waited until {time}, {moment(time) - at:.3f} s more"
    return ""


def every_failure_is_followed_by_its_wait(history: History) -> Iterator[Breach]:
    """The write that settles a failed attempt names the time of the next attempt, as late as the spec and the job ask.

    The time is calculated again from the attempt's end, the spec at that write and the counters in it. Jitter may make
    the wait shorter, but not the wait that the job itself asked for. After a disruption the wait is at least a second
    (less jitter), and after our own stops as well. Another promise checks that the operator waits for the time.
    """
    for job in history.jobs.values():
        seen: set[tuple[int, int]] = set()
        for version in job.versions:
            run, status = redrives_of(version.status), version.status
            for entry in settled_in(status):
                if (run, entry["number"]) in seen:
                    continue
                seen.add((run, entry["number"]))
                least = max(_least_wait(version, entry.get("class", "")), _asked_for(history, entry))
                if status["phase"] in TERMINAL or least <= 0:
                    continue
                until = status.get("nextAttemptTime")
                if until is None or moment(until) < moment(entry["finishTime"]) + least - _SLACK:
                    words = f"{entry['podName']} ended {entry['finishTime']}, the next may come {until or 'at once'}"
                    yield _breach(every_failure_is_followed_by_its_wait, version, words)


def _asked_for(history: History, entry: dict[str, object]) -> float:
    """Seconds that the job itself asked for; 0 after a success, our stop or a disruption, or if the pod is unknown or
    stripped."""
    pod = history.pods.get(str(entry.get("podUID")))
    if pod is None or pod.stripped or entry.get("class") in ("", "Stopped", "Disruption"):
        return 0.0
    return said_in(pod.last_there).retry_after


def _least_wait(settled: Version, failure: str) -> float:
    """The shortest wait in seconds that the spec allows; built-in values replace missing fields."""
    jitter = 0.9
    if failure in ("Disruption", "Stopped"):
        return 1.0 * jitter
    retry, counters = settled.spec.get("retry") or {}, settled.status.get("counters") or {}
    own = [each["backoff"] for each in retry.get("perClass") or () if each["class"] == failure and "backoff" in each]
    asked = own[0] if own else retry.get("backoff") or {}
    initial, longest = (parse_duration(asked.get(key, default)) for key, default in (("initial", "1s"), ("max", "5m")))
    failures = (counters.get("byClass") or {}).get(failure, 0) if own else counters.get("attempts", 0)
    return float(min(initial * asked.get("multiplier", 2.0) ** max(0, failures - 1), longest) * jitter)


def our_stops_say_why_first(history: History) -> Iterator[Breach]:
    """The operator deletes a live pod only once its stop reason is on the pod, or in the status of the pod's job.

    A stray needs none: it is never counted.
    """
    for pod in history.pods.values():
        for before, after in pod.steps():
            if before.body is None or after.user != OPERATOR or "deletionTimestamp" in before.body["metadata"]:
                continue
            deleted = after.body is None or "deletionTimestamp" in after.body["metadata"]
            annotations = before.body["metadata"].get("annotations") or {}
            if not deleted or not is_live(before.body) or "queuedjob.dev/stop-reason" in annotations:
                continue
            job = history.jobs[pod.job]
            now = job.at(after.revision)
            entries = now.status.get("attempts") or () if now is not None and now.body is not None else ()
            in_status = any(e.get("podUID") == pod.uid and e.get("stopReason") for e in entries)
            if not in_status and not _owed_nothing(job, pod, after.revision):
                yield _breach(our_stops_say_why_first, after, f"{pod.name} was stopped without a reason")


def released_only_when_counted(history: History) -> Iterator[Breach]:
    """The operator removes its finalizer from a pod only once the outcome is in the status, or never has to be there.

    It never has to be there for a stray (of an earlier run, of a number settled under another UID, after the end), and
    for a pod whose job is gone. If users also removed the owner of the latter, the pod belongs to no job and may be
    released while it is live. Nor has the end of a pod that another controller has taken over.
    """
    for pod in history.pods.values():
        for before, after in pod.steps():
            if after.user != OPERATOR or before.body is None or not is_held(before.body):
                continue
            if after.body is not None and is_held(after.body):
                continue
            if (controller_of(before.body) or {}).get("kind", "QueuedJob") != "QueuedJob":
                continue
            nameless = not before.body["metadata"].get("ownerReferences")
            job_is_there = (
                version := history.jobs[pod.job].at(after.revision)
            ) is not None and version.body is not None
            if nameless and not job_is_there:
                continue
            if is_live(before.body):
                yield _breach(released_only_when_counted, after, f"{pod.name} was released while it lived")
            elif not _owed_nothing(history.jobs[pod.job], pod, after.revision):
                yield _breach(released_only_when_counted, after, f"{pod.name} was released before it was counted")


def _owed_nothing(job: ObjectHistory, pod: Pod, revision: int) -> bool:
    version = job.at(revision)
    if version is None or version.body is None:
        return True
    status = version.status
    if redrives_of(status) > pod.redrives or status.get("phase") in TERMINAL:
        return True
    settled = settled_in(status)
    return any(e.get("podUID") == pod.uid or (e["number"] == pod.number and e.get("podUID")) for e in settled)


def _in_order(history: History) -> list[tuple[Version, Pod]]:
    pairs = [(version, pod) for pod in history.pods.values() for version in pod.versions]
    return sorted(pairs, key=lambda pair: pair[0].revision)


def _name(promise: object) -> str:
    return str(getattr(promise, "__name__", promise))


def _breach(promise: object, version: Version, words: str) -> Breach:
    return Breach(_name(promise), version.at, version.revision, words)


PROMISES: Final = (
    never_two_live_pods,
    no_number_twice,
    numbers_are_dense,
    created_on_a_live_read_that_asks_for_it,
    every_failure_is_followed_by_its_wait,
    our_stops_say_why_first,
    released_only_when_counted,
)
