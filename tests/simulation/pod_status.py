"""Pod statuses as a kubelet of Kubernetes 1.36 reports them (failure catalogue J: observed on a real kubelet)."""

from typing import Any, Final, TypeAlias

from queuedjob.ports import Body

Status: TypeAlias = dict[str, Any]


MAIN: Final = "simulation/main"
"""An annotation with the name of the container that does the pod's work, where that is not `main`."""


def main_of(pod: Body) -> Body:
    """The main container: the one of that name, wherever admission has put others; else the first."""
    containers: list[Body] = pod["spec"]["containers"]
    name = (pod["metadata"].get("annotations") or {}).get(MAIN, "main")
    return next((each for each in containers if each["name"] == name), containers[0])


def _others_of(pod: Body) -> list[Body]:
    return [each for each in pod["spec"]["containers"] if each["name"] != main_of(pod)["name"]]


def acknowledged(pod: Body, now: str, waiting: str = "ContainerCreating") -> Status:
    """The kubelet has acknowledged the pod. activeDeadlineSeconds count from startTime."""
    containers = [_container(c, {"waiting": {"reason": waiting}}) for c in pod["spec"]["containers"]]
    return {**pod["status"], "phase": "Pending", "startTime": now, "containerStatuses": containers}


def waiting_for_image(pod: Body) -> Status:
    words = {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}
    containers = [_container(c, {"waiting": words}) for c in pod["spec"]["containers"]]
    return {**pod["status"], "containerStatuses": containers}


def running(pod: Body, now: str) -> Status:
    containers = [_container(c, {"running": {"startedAt": now}}) for c in pod["spec"]["containers"]]
    return {**pod["status"], "phase": "Running", "containerStatuses": containers}


def main_ended(pod: Body, code: int, reason: str, started: str, now: str, message: str = "") -> Status:
    """The main container has ended; the other containers still run."""
    first, others = main_of(pod), _others_of(pod)
    containers = [
        _container(first, _terminated(code, reason, started, now, message)),
        *(_container(c, {"running": {"startedAt": started}}) for c in others),
    ]
    return {**pod["status"], "phase": "Running", "containerStatuses": containers}


def ended(
    pod: Body,
    code: int,
    reason: str,
    started: str,
    now: str,
    *,
    message: str = "",
    others: int = 0,
    pod_reason: str = "",
    words: str = "",
) -> Status:
    """All containers have ended. If an end of the main container is already known, it stays; otherwise the main
    container has ended with `code` and `reason` at `now`."""
    first, rest = main_of(pod), _others_of(pod)
    main = _known_end(pod) or _terminated(code, reason, started, now, message)
    containers = [
        _container(first, main),
        *(_container(c, _terminated(others, "Completed" if not others else "Error", started, now)) for c in rest),
    ]
    states = [c["state"]["terminated"]["exitCode"] for c in containers]
    phase = "Succeeded" if not any(states) and not pod_reason else "Failed"
    return {**_with_reason(pod["status"], pod_reason, words), "phase": phase, "containerStatuses": containers}


def incomplete(pod: Body, *, pod_reason: str, words: str) -> Status:
    """The pod has ended, and its containers still seem to run: the kubelet has not seen their ends yet."""
    return {**_with_reason(pod["status"], pod_reason, words), "phase": "Failed"}


def never_started(pod: Body, now: str, *, pod_reason: str = "", words: str = "") -> Status:
    """The pod ended before any container ran: the kubelet makes up a terminated state (J23)."""
    unknown = {"exitCode": 137, "reason": "ContainerStatusUnknown", "finishedAt": None, "startedAt": None}
    containers = [_container(c, {"terminated": unknown}) for c in pod["spec"]["containers"]]
    status = {**_with_reason(pod["status"], pod_reason, words), "phase": "Failed"}
    return {**with_condition(status, "Ready", "False", "PodFailed", "", now), "containerStatuses": containers}


def rejected(pod: Body, now: str) -> Status:
    """The kubelet rejects the pod (J9)."""
    words = "Pod was rejected: Node didn't have enough resource: cpu"
    return {**pod["status"], "phase": "Failed", "reason": "OutOfcpu", "message": words, "startTime": now}


def failed(pod: Body) -> Status:
    """Another client than the kubelet reports that the pod has failed (pod garbage collection, J10)."""
    return {**pod["status"], "phase": "Failed"}


def with_condition(status: Status, kind: str, value: str, reason: str, words: str, now: str) -> Status:
    """Return `status` with one condition set."""
    condition = {"type": kind, "status": value, "reason": reason, "message": words, "lastTransitionTime": now}
    others = [each for each in status.get("conditions") or () if each["type"] != kind]
    return {**status, "conditions": [*others, condition]}


def has_ended(pod: Body) -> bool:
    return pod["status"].get("phase") in ("Succeeded", "Failed")


def main_has_ended(pod: Body) -> bool:
    return _known_end(pod) is not None


def _known_end(pod: Body) -> dict[str, Any] | None:
    """The main container's, where it was reported before."""
    name = main_of(pod)["name"]
    for each in pod["status"].get("containerStatuses") or ():
        if each["name"] == name and "terminated" in each["state"]:
            return dict(each["state"])
    return None


def _with_reason(status: Status, reason: str, words: str) -> Status:
    return {**status, "reason": reason, "message": words} if reason else dict(status)


def _terminated(code: int, reason: str, started: str, now: str, message: str = "") -> dict[str, Any]:
    end = {"exitCode": code, "reason": reason, "startedAt": started, "finishedAt": now}
    return {"terminated": {**end, "message": message} if message else end}


def _container(container: Body, state: dict[str, Any]) -> Body:
    return {
        "name": container["name"],
        "image": container["image"],
        "imageID": "",
        "ready": "running" in state,
        "restartCount": 0,
        "state": state,
    }
