"""Classifies the end of a pod by the pod's own history, independently of the operator's chain of rules."""

from typing import Any, Final, TypeAlias

from tests.simulation.apiserver.storage import Body
from tests.simulation.pod_status import main_of
from tests.simulation.pods import is_live
from tests.simulation.promises.history import Pod, Version, moment
from tests.simulation.termination_messages import MARKED, OVERWRITTEN, message_from
from tests.simulation.witness import OPERATOR

Classes: TypeAlias = frozenset[str]
"""The failure classes that are right; an empty string is a success."""

_BY_CODE: Final = {0: "", 75: "Transient", 70: "Crash", 139: "Crash", 124: "Timeout", 65: "Permanent"}
"""The classes of exit codes, as the documentation for users has them."""

_OF_ITS_OWN_RULE: Final = 3
"""The exit code for which jobs have rules of their own."""

_SURE: Final = 7.0
"""Least seconds between two times for which their order is certain: kubelets report whole seconds, by their own clocks,
and may be 5 s late (failure catalogue J21)."""

_WHOLE_SECONDS: Final = 2.0
"""Seconds by which two times in whole seconds are surely in this order."""

_LATE: Final = 5.0
"""Seconds from the last end of a container after which the kubelet's last DELETE is late (the same place)."""

_STOP: Final = "queuedjob.dev/stop-reason"
_DELETION: Final = "queuedjob.dev/deletion-requested"

_BY_REASON: Final = {
    "main-ended": frozenset[str](),
    "start": frozenset({"StartFailure"}),
    "deadline": frozenset({"Timeout", "StartFailure", "Disruption"}),
    "": frozenset({"Stopped", "Disruption", "Timeout", "StartFailure"}),
}
"""The classes that follow from our stops by their reasons; without one on the pod, the job's status held it."""

_ASKED_BY_SPEC: Final = ("suspended", "cancelled", "total")

_SIGNALS: Final = (137, 143)
"""Exit codes of a container that SIGKILL or SIGTERM ended."""

_MADE_UP: Final = ("Unknown", "ContainerStatusUnknown")
"""Reasons of terminated states that were made up, because the end was not observed."""


def classes_of(pod: Pod) -> Classes | None:
    """The classes that fit a pod's end; None: it is not possible to decide."""
    final = pod.last_there
    if final is not None and final.body is not None and MARKED in (_main_end(final.body) or {}).get("message", ""):
        lost = (_main_end(final.body) or {}).get("reason") in _MADE_UP  # its node was lost while it was being killed
        return None if lost else frozenset({"HeartbeatLost"})  # whatever happened afterwards
    if final is None or final.body is None or pod.forged_stop or is_disrupted(pod):
        return None
    struck = next((v for v in pod.versions if v.status.get("reason") == "DeadlineExceeded"), None)
    end = _main_end(final.body)
    if struck is not None and not _ended_before(pod, struck) and not _ended_in_time(final.body, _WHOLE_SECONDS):
        return _by_deadline(final.body, noted=struck.body is not None and _is_noted(struck.body))
    if _stop_reason(final.body) == "start" and (end is None or end.get("reason") in _MADE_UP):
        return frozenset({"StartFailure", "Disruption"} if final.status.get("reason") else {"StartFailure"})
    if end is None or (final.status.get("reason") and struck is None) or end.get("reason") in _MADE_UP:
        return None
    own = _own_classes(end)
    if own is None or end.get("message") == OVERWRITTEN:  # an Event decides, if it is available
        return None
    if final.status.get("phase") == "Succeeded":
        return frozenset({"", "Timeout"} if _stopped_overdue(pod, final.body) else {""})
    classes = _by_order(pod, own, moment(end["finishedAt"]), struck)
    named = message_from(
        end.get("message", "")
    ).by_word  # takes precedence over a stop or disruption, but not over a success
    return classes | {named} if named and classes - {""} else classes


def _stopped_overdue(pod: Pod, final: Body) -> bool:
    """Whether our stop may have been for the deadline: then it is the deadline, whatever main answers.

    A pod whose kubelet is stuck has no startTime yet, and its deadline counts from when it got its node.
    """
    asked, allowed = first_deletion(pod), final["spec"].get("activeDeadlineSeconds")
    ours = asked is not None and asked.user == OPERATOR
    return ours and allowed is not None and asked is not None and pod.first.at + float(allowed) <= asked.at


def _by_deadline(final: Body, *, noted: bool) -> Classes | None:
    """The classes of a pod that its deadline struck. None if the job's own rule or word decides: both come first.

    A deletion that another user asked for before (`noted`: the pod said so by then), or a deadline that the spec does
    not set any more, is a Disruption; or our stop, if an operator that did not see the deletion yet decided on it, and
    no pod could be marked: the status alone then says what was meant. An end just before the deadline may count, too,
    and what the job itself names its failure comes before all of them.
    """
    end = _main_end(final)
    if end is not None and end["exitCode"] == _OF_ITS_OWN_RULE:
        return None
    classes = {"Disruption", "Stopped"} if noted else {"Timeout", "StartFailure", "Stopped", "Disruption"}
    named = message_from(end.get("message", "")).by_word if end is not None else ""
    if end is None or not _ended_in_time(final, 0.0):
        return frozenset(classes | ({named} if named else set()))
    own = _own_classes(end)
    return None if own is None else own | classes


def _is_noted(body: Body) -> bool:
    """Whether the pod is being deleted since before its deadline, as it says itself, and no stop of ours explains its
    end in another way."""
    noted = _annotations(body).get(_DELETION)
    if noted is None or "deletionTimestamp" not in body["metadata"] or _struck_by(body, moment(noted)):
        return False
    return _stop_reason(body) not in ("start", "deadline", "main-ended")


def _own_classes(end: dict[str, Any]) -> Classes | None:
    """The classes of the main container's end by itself. A class that the job itself names takes precedence over
    Kubernetes and the exit code, and these take precedence over its text. None if the job's own rule decides, or if a
    signal ended it whose sender is unknown."""
    said, code = message_from(end.get("message", "")), end["exitCode"]
    if code and said.by_word:
        return None if code == _OF_ITS_OWN_RULE else frozenset({said.by_word})
    if end.get("reason") == "OOMKilled":
        return frozenset({"Crash"})
    if code == 1:
        return said.of_1
    return frozenset({_BY_CODE[code]}) if code in _BY_CODE else None


def _by_order(pod: Pod, own: Classes, finished: float, struck: Version | None) -> Classes:
    """The classes by what came first: the main container's own end, the deadline, or a request to end the pod.

    A kubelet may report an end so late that our stop came in between: then the stop-reason on the pod decides, by the
    first of the rules, although the container ended by itself. An end in the second of the deadline may be the
    deadline's, however late a kubelet writes DeadlineExceeded onto the pod: whole seconds do not show the order.

    A kubelet whose last DELETE comes long after the last end hides when another client first asked for the deletion:
    the pod then looks as if it had ended before (failure catalogue J21).
    """
    asked, classes = first_deletion(pod), set(own)
    final = pod.last_there
    same_second = final is not None and final.body is not None and not _ended_in_time(final.body, 0.0)
    if struck is not None and (same_second or struck.at < finished + _SURE):
        classes |= {"Timeout", "Stopped"}
    if _forced_soon_after(pod, _last_end(pod) or finished):
        classes |= {"Disruption", "Stopped"}  # the second where the status alone held our reason
    if asked is not None and (asked.user == OPERATOR or finished >= asked.at - _SURE):
        classes |= _by_our_stop(asked) if asked.user == OPERATOR else {"Disruption", "Stopped"}
        sure = finished > asked.at + 1 and not _hidden(pod, _last_end(pod) or finished)
        if asked.user != OPERATOR and sure and not own & {"", "Crash"} and not _named(pod):
            classes -= own
    return frozenset(classes)


def _hidden(pod: Pod, finished: float) -> bool:
    """Whether the kubelet's last DELETE came so late that it says nothing of the deletion before `finished`."""
    return any(
        after.at >= finished + _LATE and after.body["metadata"].get("deletionGracePeriodSeconds") == 0
        for after in pod.versions
        if after.body is not None
    )


def _by_our_stop(asked: Version) -> Classes:
    """The classes that follow from our stop; none if the main container had ended and only others were stopped.

    It is a disruption if the spec does not ask for a stop any more (counting.py: our_stops_are_no_disruptions).
    """
    reason = _stop_reason(asked.body) if asked.body is not None else ""
    return _BY_REASON.get(reason, frozenset({"Stopped", "Disruption"}))


def ended_by_our_stop(pod: Pod) -> bool:
    """Whether the signals of a stop that the spec had asked for certainly ended the main container."""
    asked, final = first_deletion(pod), pod.last_there
    deleted = next((v for v in pod.versions if v.body is not None and "deletionTimestamp" in v.body["metadata"]), None)
    if asked is None or asked.body is None or deleted is None or final is None or final.body is None:
        return False
    end, asker = _main_end(final.body), {asked.user, deleted.user}
    if asker != {OPERATOR} or _stop_reason(asked.body) not in _ASKED_BY_SPEC or pod.forged_stop or end is None:
        return False
    killed = end["exitCode"] in _SIGNALS and end.get("reason") == "Error" and not _named(pod)
    return killed and deleted.at + 1 < moment(end["finishedAt"]) and not _struck_by(final.body, deleted.at + _SURE)


def _struck_by(body: Body, time: float) -> bool:
    """Whether the pod's deadline had passed at this time."""
    began, allowed = body["status"].get("startTime"), body["spec"].get("activeDeadlineSeconds")
    return began is not None and allowed is not None and moment(began) + float(allowed) <= time


def _stop_reason(body: Body) -> str:
    return str(_annotations(body).get(_STOP, ""))


def _named(pod: Pod) -> bool:
    """Whether the job itself named the class of its end: this takes precedence over a deletion."""
    last = pod.last_there
    return (
        last is not None
        and last.body is not None
        and bool(message_from((_main_end(last.body) or {}).get("message", "")).by_word)
    )


def first_deletion(pod: Pod) -> Version | None:
    """The version with the first request to end the pod while it was live; None if the pod ended by itself.

    The operator's stop-reason is such a request: from then on the end is ours, although the DELETE may come too late.
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
    """Whether Kubernetes itself has set the condition DisruptionTarget on the pod."""
    return any(
        condition["type"] == "DisruptionTarget"
        for version in pod.versions
        for condition in version.status.get("conditions") or ()
    )


def is_rejected(pod: Pod) -> bool:
    """Whether the kubelet rejected the pod: it failed without any container status (J9)."""
    last = pod.last_there
    return last is not None and last.status.get("phase") == "Failed" and not last.status.get("containerStatuses")


def _forced_soon_after(pod: Pod, finished: float) -> bool:
    """Whether another client than the operator deleted the pod before it is certain that `finished` came first."""
    return any(
        after.user != OPERATOR
        and (after.body is None or "deletionTimestamp" in after.body["metadata"])
        and after.at < finished + _SURE
        for after in pod.versions
    )


def _last_end(pod: Pod) -> float | None:
    """When the last container ended. A kubelet's last DELETE does not show which containers the deletion stopped. The
    operator assumes that it stopped all of them, because another attempt is safe.
    """
    body = next(version.body for version in reversed(pod.versions) if version.body is not None)
    states = [each["state"].get("terminated") or {} for each in body["status"].get("containerStatuses") or ()]
    return max((moment(state["finishedAt"]) for state in states if state.get("finishedAt")), default=None)


def _ended_before(pod: Pod, struck: Version) -> bool:
    """Whether the main container's end was reported before the deadline struck, so that only others ran into it."""
    return any(v.body is not None and _main_end(v.body) for v in pod.versions if v.revision < struck.revision)


def _ended_in_time(body: Body, margin: float) -> bool:
    """Whether the main container ended more than `margin` seconds before its deadline. The kubelet may report both
    together, if its node was away: it writes DeadlineExceeded onto pods that had ended in time, too."""
    end, began, allowed = _main_end(body), body["status"].get("startTime"), body["spec"].get("activeDeadlineSeconds")
    if end is None or began is None or allowed is None or not end.get("finishedAt"):
        return False
    return moment(end["finishedAt"]) + margin < moment(began) + float(allowed)


def _main_end(body: Body) -> dict[str, Any] | None:
    main = main_of(body)["name"]
    for each in body["status"].get("containerStatuses") or ():
        if each["name"] == main:
            ended: dict[str, Any] | None = each["state"].get("terminated")
            return ended
    return None
