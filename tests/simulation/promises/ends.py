"""What a pod's end was, by its own history: an opinion that owes nothing to the operator's chain of rules."""

from typing import Any, Final, TypeAlias

from tests.simulation.apiserver.storage import Body
from tests.simulation.promises.history import Pod, Version, is_live, moment
from tests.simulation.termination_messages import MARKED, OVERWRITTEN, message_from
from tests.simulation.witness import OPERATOR

Classes: TypeAlias = frozenset[str]
"""Failure classes that are right; empty text: a success."""

_BY_CODE: Final = {0: "", 75: "Transient", 70: "Crash", 139: "Crash", 124: "Timeout", 65: "Permanent"}
"""What an end by itself means, as the documentation for users has it."""

_OF_ITS_OWN_RULE: Final = 3
"""The exit code that jobs have rules of their own for."""

_SURE: Final = 7.0
"""Seconds between two moments from which on it is certain which came first: kubelets report whole seconds, by clocks
of their own, and may be 5 s late (failure catalogue J21)."""

_STOP: Final = "queuedjob.dev/stop-reason"

_MADE_UP: Final = ("Unknown", "ContainerStatusUnknown")
"""Reasons of ends that nobody saw."""


def classes_of(pod: Pod) -> Classes | None:
    """Classes that fit a pod's end; None: it cannot be told."""
    final = pod.last_there
    if final is not None and final.body is not None and MARKED in (_main_end(final.body) or {}).get("message", ""):
        lost = (_main_end(final.body) or {}).get("reason") in _MADE_UP  # its node was, while it was being killed
        return None if lost else frozenset({"HeartbeatLost"})  # whatever followed
    if final is None or final.body is None or is_disrupted(pod):
        return None
    struck = next((v for v in pod.versions if v.status.get("reason") == "DeadlineExceeded"), None)
    if struck is not None and not _ended_before(pod, struck):
        return frozenset({"Timeout", "StartFailure", "Stopped"})
    end = _main_end(final.body)
    if _stop_reason(final.body) == "start" and (end is None or end.get("reason") in _MADE_UP):
        return frozenset({"StartFailure", "Disruption"} if final.status.get("reason") else {"StartFailure"})
    if end is None or (final.status.get("reason") and struck is None) or end.get("reason") in _MADE_UP:
        return None
    own = _own_classes(end)
    if own is None or end.get("message") == OVERWRITTEN:  # an Event decides, where it can be had
        return None
    if final.status.get("phase") == "Succeeded":
        return frozenset({""})
    classes = _by_order(pod, own, moment(end["finishedAt"]), struck)
    named = message_from(
        end.get("message", "")
    ).by_word  # counts more than what came over it, and no more than a success
    return classes | {named} if named and classes - {""} else classes


def _own_classes(end: dict[str, Any]) -> Classes | None:
    """What the main container's end is by itself: the job's own word counts more than what Kubernetes and its exit code
    say, and these more than its words. None where the job's own rule decides, or a signal that may be anybody's."""
    said, code = message_from(end.get("message", "")), end["exitCode"]
    if code and said.by_word:
        return None if code == _OF_ITS_OWN_RULE else frozenset({said.by_word})
    if end.get("reason") == "OOMKilled":
        return frozenset({"Crash"})
    if code == 1:
        return said.of_1
    return frozenset({_BY_CODE[code]}) if code in _BY_CODE else None


def _by_order(pod: Pod, own: Classes, finished: float, struck: Version | None) -> Classes:
    """By what came first: the main container's own end, the deadline, or somebody who asked for it.

    A kubelet may tell of an end so late that our stop came in between: then the stop's mark on the pod decides, as the
    first of the rules says, though the end was the container's own.
    """
    asked, classes = first_deletion(pod), set(own)
    if struck is not None and struck.at < finished + _SURE:
        classes |= {"Timeout", "Stopped"}
    if _forced_soon_after(pod, _last_end(pod) or finished):
        classes |= {"Disruption"}
    if asked is not None and (asked.user == OPERATOR or finished >= asked.at - _SURE):
        classes |= _by_our_stop(asked) if asked.user == OPERATOR else {"Disruption", "Stopped"}
        if asked.user != OPERATOR and finished > asked.at + 1 and not own & {"", "Crash"} and not _named(pod):
            classes -= own
    return frozenset(classes)


def _by_our_stop(asked: Version) -> Classes:
    """What our stop makes of an end: nothing where main had ended before, and others alone were stopped."""
    reason = _stop_reason(asked.body) if asked.body is not None else ""
    return frozenset() if reason == "main-ended" else frozenset({"StartFailure" if reason == "start" else "Stopped"})


def _stop_reason(body: Body) -> str:
    return str(_annotations(body).get(_STOP, ""))


def _named(pod: Pod) -> bool:
    """The job gave its end a class: that outranks a deletion."""
    last = pod.last_there
    return (
        last is not None
        and last.body is not None
        and bool(message_from((_main_end(last.body) or {}).get("message", "")).by_word)
    )


def first_deletion(pod: Pod) -> Version | None:
    """When somebody first asked for its end, while it lived; None where it ended by itself.

    The operator asks with its stop-reason: from then on the end is ours, though the DELETE may come too late.
    """
    for before, after in pod.steps():
        if before.body is None or not is_live(before.body):
            return None
        if after.body is None or "deletionTimestamp" in after.body["metadata"] or _STOP in _annotations(after.body):
            return after
    return None


def _annotations(body: Body) -> Body:
    return body["metadata"].get("annotations") or {}


def is_disrupted(pod: Pod) -> bool:
    """Kubernetes itself says that something came over it."""
    return any(
        condition["type"] == "DisruptionTarget"
        for version in pod.versions
        for condition in version.status.get("conditions") or ()
    )


def is_rejected(pod: Pod) -> bool:
    """Its kubelet did not take it: it failed without any container (J9)."""
    last = pod.last_there
    return last is not None and last.status.get("phase") == "Failed" and not last.status.get("containerStatuses")


def _forced_soon_after(pod: Pod, finished: float) -> bool:
    """Somebody forced its deletion within the seconds in which a kubelet may be late with its own."""
    return any(
        after.user != OPERATOR
        and (after.body is None or "deletionTimestamp" in after.body["metadata"])
        and after.at < finished + _SURE
        for after in pod.versions
    )


def _last_end(pod: Pod) -> float | None:
    """When its last container ended: a kubelet's last DELETE leaves open which of them the deletion stopped, and the
    operator takes it to have been all, for to run once more is safe.
    """
    body = next(version.body for version in reversed(pod.versions) if version.body is not None)
    states = [each["state"].get("terminated") or {} for each in body["status"].get("containerStatuses") or ()]
    return max((moment(state["finishedAt"]) for state in states if state.get("finishedAt")), default=None)


def _ended_before(pod: Pod, struck: Version) -> bool:
    """Whether the main container's end was reported before the deadline struck, which others ran into."""
    return any(v.body is not None and _main_end(v.body) for v in pod.versions if v.revision < struck.revision)


def _main_end(body: Body) -> dict[str, Any] | None:
    main = body["spec"]["containers"][0]["name"]
    for each in body["status"].get("containerStatuses") or ():
        if each["name"] == main:
            ended: dict[str, Any] | None = each["state"].get("terminated")
            return ended
    return None
