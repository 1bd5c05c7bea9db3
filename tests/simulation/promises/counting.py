"""Promises about counting: every end is counted once, with the right class, and the totals match the history."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final

import orjson

from queuedjob.api.types.durations import parse_duration
from tests.simulation import troubles
from tests.simulation.apiserver.resources import PODS, target_of
from tests.simulation.apiserver.storage import Body
from tests.simulation.promises.ends import classes_of, ended_by_our_stop, first_deletion, is_disrupted, is_rejected
from tests.simulation.promises.history import (
    DEAD,
    TERMINAL,
    Breach,
    History,
    ObjectHistory,
    Pod,
    Version,
    moment,
    redrives_of,
    settled_in,
)
from tests.simulation.settling import is_shown_as_unreadable
from tests.simulation.witness import OPERATOR

_KEPT: Final = 20
"""Entries that a status keeps: with more, the totals cannot be counted from one status."""

_NO: Final = (HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY)
"""The API server's answers to a pod that it refuses."""

_COMPLETE_WITHIN: Final = 9.9
"""Seconds within which a kubelet completes a terminal status. The operator waits for ten."""

_RECENT: Final = 10.0
_MAY_HIDE_EVENTS: Final = frozenset({*troubles.OF_NETWORK, *troubles.OF_PROCESS})
"""Troubles after which an Event may be missing, or a request for Events may have failed."""

_FAILED: Final = ("Crash", "Timeout", "Unknown")
"""What the operator makes of a container that a signal ended, if it does not know whose."""

_UNCOUNTED: Final = ("Disruption", "Stopped")

_NEAR: Final = 15.0
"""Seconds before the end of a job's total from which a stop may be its doing: clocks differ."""


def each_pod_counted_once(history: History) -> Iterator[Breach]:
    """A pod UID has one settled entry in all runs of its job. The entry never changes, and its pod existed."""
    known: dict[str, tuple[Any, ...]] = {}
    for job, version in _statuses(history):
        run = redrives_of(version.status)
        for entry in settled_in(version.status):
            uid = entry.get("podUID")
            key = uid or f"{job.uid}/{run}/{entry['number']}"
            outcome = (job.uid, run, entry["number"], entry.get("class"), entry.get("rule"), entry["finishTime"])
            if known.setdefault(key, outcome) != outcome:
                yield _breach(each_pod_counted_once, version, f"{entry['podName']}: {known[key]}, then {outcome}")
            if uid and (pod := history.pods.get(uid)) is None:
                yield _breach(each_pod_counted_once, version, f"{entry['podName']} is no pod of the operator's")
            elif uid and pod is not None and (pod.job, pod.redrives, pod.number) != (job.uid, run, entry["number"]):
                yield _breach(each_pod_counted_once, version, f"{pod.name} is counted as number {entry['number']}")


def strays_are_never_counted(history: History) -> Iterator[Breach]:
    """A pod that was created when its number was settled, its run was over or its job had ended is in no status."""
    strays = {pod.uid for pod in history.pods.values() if _came_too_late(history.jobs[pod.job], pod)}
    for _, version in _statuses(history):
        for entry in settled_in(version.status):
            if entry.get("podUID") in strays:
                yield _breach(strays_are_never_counted, version, f"{entry['podName']} was a stray")


def no_pod_comes_too_late(history: History) -> Iterator[Breach]:
    """While the POST of a pod may still arrive, the operator writes nothing that comes after this pod: the pod is not
    settled, the job does not end, and there is no rerun.

    Excused: a name that another client freed by removing our finalizer, and jobs that are gone.
    """
    for pod in history.pods.values():
        job = history.jobs[pod.job]
        version = job.at(pod.first.revision)
        there = version is not None and version.body is not None
        if there and pod.name not in history.freed and _came_too_late(job, pod):
            yield _breach(no_pod_comes_too_late, pod.first, f"{pod.name} came when its job had gone on without it")


def _came_too_late(job: ObjectHistory, pod: Pod) -> bool:
    version = job.at(pod.first.revision)
    if version is None or version.body is None:
        return True
    status = version.status
    over = redrives_of(status) != pod.redrives or status.get("phase") in TERMINAL
    return over or pod.number <= (status.get("counters") or {}).get("pods", 0)


def counters_equal_history(history: History) -> Iterator[Breach]:
    """The counters match the entries; the settled numbers are 1, 2, 3 ... without a gap."""
    for _, version in _statuses(history):
        entries, counters = settled_in(version.status), version.status.get("counters") or {}
        if len(entries) >= _KEPT:
            continue
        numbers = [entry["number"] for entry in entries]
        if numbers != list(range(1, len(numbers) + 1)):
            yield _breach(counters_equal_history, version, f"the settled numbers are {numbers}")
        classes = Counter(entry["class"] for entry in entries if entry.get("class"))
        expected = {
            "pods": len(entries),
            "attempts": sum(bool(entry.get("counted")) for entry in entries),
            "crashes": classes["Crash"] + classes["HeartbeatLost"],
            "disruptions": classes["Disruption"],
            "timeouts": classes["Timeout"],
            "byClass": dict(classes),
        }
        found = {key: counters.get(key, {} if key == "byClass" else 0) for key in expected}
        if found != expected:
            yield _breach(counters_equal_history, version, f"{found}, and the entries say {expected}")


def only_own_ends_are_spent(history: History) -> Iterator[Breach]:
    """Disruptions and our own stops spend no attempt. Every other end does, and it had a pod or a refused spec.

    So no fault of the operator or of the API server spends an attempt.
    """
    refused = set(_refused(history))
    for _, version in _statuses(history):
        for entry in settled_in(version.status):
            if bool(entry.get("counted")) == (entry.get("class", "") in _UNCOUNTED):
                yield _breach(only_own_ends_are_spent, version, f"{entry['podName']}: {entry.get('class')}")
            if not entry.get("podUID") and entry["podName"] not in refused:
                yield _breach(only_own_ends_are_spent, version, f"{entry['podName']} was counted without a pod")


def no_more_tries_than_allowed(history: History) -> Iterator[Breach]:
    """The write that spends the last attempt, of all or of a class (retry.perClass), ends the job. No earlier write has
    the reason MaxAttempts."""
    for job in history.jobs.values():
        for before, after in job.steps():
            was, now = (version.status.get("counters") or {} for version in (before, after))
            if after.body is None or after.user != OPERATOR or now.get("pods", 0) <= was.get("pods", 0):
                continue
            given_up, goes_on = after.status.get("reason") == "MaxAttempts", after.status["phase"] not in TERMINAL
            if (spent := _spent(after)) != given_up and (goes_on or given_up):
                words = f"{job.name} is {after.status['phase']} with {now}, {'all' if spent else 'not all'} spent"
                yield _breach(no_more_tries_than_allowed, after, words)


def _spent(version: Version) -> bool:
    retry, counters = version.spec.get("retry") or {}, version.status.get("counters") or {}
    by_class = counters.get("byClass") or {}
    limits = {each["class"]: each["maxAttempts"] for each in retry.get("perClass") or () if "maxAttempts" in each}
    return counters.get("attempts", 0) >= retry["maxAttempts"] or any(
        by_class.get(name, 0) >= limit for name, limit in limits.items()
    )


def _refused(history: History) -> Iterator[str]:
    """Names of the pods that the API server itself refused."""
    for asked in history.witness.asked:
        target = target_of(asked.request.path)
        ours = asked.user == OPERATOR and asked.request.method == "POST" and asked.status in _NO
        if ours and target is not None and target.resource is PODS:
            yield orjson.loads(asked.request.body or b"")["metadata"]["name"]


def every_end_is_what_it_was(history: History) -> Iterator[Breach]:
    """The class of an entry follows from the pod's own history: its own end, our stop, or a disruption.

    If whole seconds do not show the order of an end and a deletion, both classes are right. A pod whose finalizer
    another client removed may disappear before the operator sees how it ended.
    """
    for pod, entry, version in _entries(history):
        if pod.stripped or pod.hook_failed is not None:
            continue
        allowed = classes_of(pod)
        if allowed is not None and entry.get("class", "") not in allowed:
            words = (
                f"{pod.name} is {entry.get('class', '') or 'a success'} by {entry['rule']}, and was {sorted(allowed)}"
            )
            yield _breach(every_end_is_what_it_was, version, words)


def a_failed_hook_is_no_success(history: History) -> Iterator[Breach]:
    """A pod whose postStart hook failed did not succeed, whatever main answered to the kubelet's SIGTERM: Events tell.

    Excused: a pod whose Events could not be read, for the operator asks once; and a pod that something else ended.
    """
    for pod, entry, version in _entries(history):
        if pod.hook_failed is None or pod.stripped or first_deletion(pod) is not None or is_disrupted(pod):
            continue
        disturbed = any(
            remark.kind in _MAY_HIDE_EVENTS and pod.hook_failed - _RECENT <= remark.at <= version.at
            for remark in history.witness.remarks
        )
        if not disturbed and not entry.get("class"):
            yield _breach(a_failed_hook_is_no_success, version, f"{pod.name} is a success by {entry['rule']}")


def an_incomplete_status_settles_nothing_at_once(history: History) -> Iterator[Breach]:
    """A pod whose terminal status still shows a running container is settled ten seconds later at the earliest."""
    for pod, entry, version in _entries(history):
        first = next((each for each in pod.versions if each.status.get("phase") in ("Succeeded", "Failed")), None)
        known = pod.at(version.revision)
        if first is None or known is None or known.body is None or not _seems_to_run(known):
            continue
        if version.at - first.at < _COMPLETE_WITHIN:
            words = f"{pod.name} was settled by {entry['rule']} while its status showed that it ran"
            yield _breach(an_incomplete_status_settles_nothing_at_once, version, words)


def _seems_to_run(version: Version) -> bool:
    return any("running" in each["state"] for each in version.status.get("containerStatuses") or ())


def our_stops_are_no_disruptions(history: History) -> Iterator[Breach]:
    """If the operator was the first to request the end of a pod, the end is no disruption. Excused: a pod that its
    kubelet rejected, so that it could not have run at all; a spec that does not ask for a stop any more; and a pod over
    whose mark somebody wrote another."""
    for pod, entry, version in _entries(history):
        asked = first_deletion(pod)
        ours = asked is not None and asked.user == OPERATOR and not is_disrupted(pod) and not pod.stripped
        ours = ours and not is_rejected(pod) and not pod.forged_stop
        if ours and asks_for_a_stop(version, near=0.0) and entry.get("class") == "Disruption":
            yield _breach(our_stops_are_no_disruptions, version, f"{pod.name} by {entry['rule']}")


def what_our_stop_ended_is_no_failure(history: History) -> Iterator[Breach]:
    """A container that the signals of our stop ended did not crash, and was not too slow. This holds, too, where the
    stop was taken back, the operator was killed and the kubelet was late: the time is on the pod."""
    for pod, entry, version in _entries(history):
        if not pod.stripped and entry.get("class") in _FAILED and ended_by_our_stop(pod):
            words = f"{pod.name} is {entry['class']} by {entry['rule']}, and we stopped it"
            yield _breach(what_our_stop_ended_is_no_failure, version, words)


def a_stop_is_borne_out_by_the_spec(history: History) -> Iterator[Breach]:
    """An end is our own stop, and spends nothing, only if the spec asks for a stop when it is counted: the job is
    suspended, cancelled, or about past its total. Whoever may edit a pod may write a stop reason onto it."""
    for _, entry, version in _entries(history):
        if entry.get("class") == "Stopped" and not asks_for_a_stop(version):
            yield _breach(a_stop_is_borne_out_by_the_spec, version, f"{entry['podName']} is Stopped by {entry['rule']}")


def asks_for_a_stop(version: Version, *, near: float = _NEAR) -> bool:
    """Whether the spec of this version asks that the attempt is stopped, or will within `near` seconds."""
    spec = version.spec
    if spec.get("suspend") or spec.get("cancel"):
        return True
    total = (spec.get("timeouts") or {}).get("total", "off")
    began = version.status.get("totalStartTime")
    if total == "off" or not began:
        return False
    return version.at + near >= max(moment(began), moment(spec.get("notBeforeTime") or began)) + parse_duration(total)


def a_terminal_phase_is_final(history: History) -> Iterator[Breach]:
    """A job leaves a terminal phase only by a rerun after a bad end, and its redrive count goes up by one."""
    for job in history.jobs.values():
        for before, after in job.steps():
            was, now = before.status.get("phase", ""), after.status.get("phase", "")
            if after.body is None:
                continue
            step = redrives_of(after.status) - redrives_of(before.status)
            rerun = was in DEAD and now not in TERMINAL and step == 1
            if (was in TERMINAL and now != was and not rerun) or (step != 0 and not rerun):
                yield _breach(
                    a_terminal_phase_is_final, after, f"{job.name} went from {was} to {now}, redrives {step:+d}"
                )


def done_work_ends_the_job(history: History) -> Iterator[Breach]:
    """The write that settles a successful attempt makes its job Succeeded."""
    for job, version in _statuses(history):
        entries = settled_in(version.status)
        if any(not entry.get("class") for entry in entries) and version.status["phase"] != "Succeeded":
            yield _breach(done_work_ends_the_job, version, f"{job.name} is {version.status['phase']}")


def bad_ends_leave_nothing_running(history: History) -> Iterator[Breach]:
    """Cancelled and bad ends are written only when no pod of the job is live.

    Excused: pods with a name that another client freed, and pods without owner and labels (removed by users), which
    belong to no job.
    """
    for job in history.jobs.values():
        for before, after in job.steps():
            now = after.status.get("phase")
            if after.body is None or now == before.status.get("phase") or now not in DEAD | {"Cancelled"}:
                continue
            for pod in history.pods_of(job.uid):
                version = pod.at(after.revision)
                if version is None or version.body is None or pod.name in history.freed:
                    continue
                metadata = version.body["metadata"]
                known = metadata.get("ownerReferences") or metadata.get("labels")
                ended = version.status.get("phase") in ("Succeeded", "Failed")
                unbound = "deletionTimestamp" in metadata and not version.spec.get("nodeName")
                if known and not ended and not unbound:
                    yield _breach(bad_ends_leave_nothing_running, after, f"{job.name} is {now}, and {pod.name} lives")


def a_status_is_of_its_spec(history: History) -> Iterator[Breach]:
    """Each status that the operator writes was planned from the same generation of the spec that the object has.

    Excused: that a job cannot be read follows from no plan, and all else of its status is kept.
    """
    for job in history.jobs.values():
        for before, after in job.steps():
            if after.body is None or after.user != OPERATOR or after.status == before.status:
                continue
            planned, there = after.status.get("observedGeneration"), after.body["metadata"]["generation"]
            if planned != there and not is_shown_as_unreadable(after.status):
                words = f"{job.name}: a status planned on generation {planned} was put on generation {there}"
                yield _breach(a_status_is_of_its_spec, after, words)


def _statuses(history: History) -> Iterator[tuple[ObjectHistory, Version]]:
    """Each version of a job in which the status may have changed."""
    for job in history.jobs.values():
        before: Body | None = None
        for version in job.versions:
            if version.body is not None and version.status is not before:
                before = version.status
                yield job, version


def _entries(history: History) -> Iterator[tuple[Pod, dict[str, Any], Version]]:
    """Each settled entry of a pod, with the version in which it was first written."""
    seen: dict[str, set[str]] = defaultdict(set)
    for job, version in _statuses(history):
        for entry in settled_in(version.status):
            uid = entry.get("podUID", "")
            if uid in history.pods and uid not in seen[job.uid]:
                seen[job.uid].add(uid)
                yield history.pods[uid], entry, version


def _breach(promise: object, version: Version, words: str) -> Breach:
    return Breach(str(getattr(promise, "__name__", promise)), version.at, version.revision, words)


PROMISES: Final = (
    each_pod_counted_once,
    strays_are_never_counted,
    no_pod_comes_too_late,
    counters_equal_history,
    only_own_ends_are_spent,
    no_more_tries_than_allowed,
    every_end_is_what_it_was,
    a_failed_hook_is_no_success,
    an_incomplete_status_settles_nothing_at_once,
    our_stops_are_no_disruptions,
    what_our_stop_ended_is_no_failure,
    a_stop_is_borne_out_by_the_spec,
    a_terminal_phase_is_final,
    done_work_ends_the_job,
    bad_ends_leave_nothing_running,
    a_status_is_of_its_spec,
)
