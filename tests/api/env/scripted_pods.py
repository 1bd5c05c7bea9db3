"""Scripts for the pods on the node of the environment, so that every run of a scenario is the same."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from queuedjob.api import names
from queuedjob.ports import Body

Status: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class End:
    """How a pod's main container ends."""

    exit_code: int = 0
    reason: str = ""
    message: str = ""
    pod_reason: str = ""
    pod_message: str = ""
    at_deadline: bool = False
    """The container ends only when the pod's activeDeadlineSeconds have passed."""
    told_late: bool = False
    """The first terminal status of the pod still shows the container running; the complete one follows."""

    @property
    def phase(self) -> str:
        return "Succeeded" if self.exit_code == 0 and not self.pod_reason else "Failed"


def exited(code: int, message: str = "") -> End:
    return End(code, "Error" if code else "Completed", message)


SUCCEEDS: Final = exited(0)
OOM_KILLED: Final = End(137, "OOMKilled")
DEADLINE_EXCEEDED: Final = End(
    137,
    "Error",
    pod_reason="DeadlineExceeded",
    pod_message="Pod was active on the node longer than the specified deadline",
    at_deadline=True,
)
NEVER_STARTED: Final = End(137, "ContainerStatusUnknown")
"""The terminated state that the kubelet makes up for a container that did not start; the reason why it did not start is
lost (failure catalogue J23)."""
TERMINATED: Final = exited(143)
"""How most programs end after SIGTERM."""


@dataclass(frozen=True, slots=True)
class PodScript:
    """The script of one attempt's pod."""

    end: End | None = None
    """None: the pod runs until it is deleted."""
    once: Callable[[Body], bool] | None = None
    """The pod ends by itself only once this is true for the job's body, as the API server shows it."""
    when_stopped: End = TERMINATED
    scheduled_once: Callable[[Body], bool] | None = None
    """The pod gets a node only once this is true for the job's body."""
    kept_by: tuple[str, str] | None = None
    """The kubelet's reason and message for not starting the pod: the pod waits until it is deleted."""
    others_run_on: bool = False
    """Only the main container ends; the others run until the pod is deleted."""

    def shown(self) -> "PodScript":
        """The same script, but the pod runs until the job's phase is Running."""
        return replace(self, once=lambda job: (job.get("status") or {}).get("phase") == "Running")

    def unscheduled_until_shown(self) -> "PodScript":
        """The same script, but the scheduler finds no node until the reason in the job's status is Scheduling."""
        return replace(self, scheduled_once=lambda job: (job.get("status") or {}).get("reason") == "Scheduling")


RUNS_ON: Final = PodScript()


def never_starts(reason: str, words: str) -> PodScript:
    """A script for a pod that the kubelet cannot start."""
    return PodScript(kept_by=(reason, words), when_stopped=NEVER_STARTED)


def ends(*each: End) -> "PodScripts":
    """The attempts of a job end like this, one after the other; the last end is used for all later attempts."""
    return by_number(*(PodScript(end) for end in each))


def by_number(*each: PodScript) -> "PodScripts":
    """Scripts by the number of the attempt; the last script is used for all later attempts."""
    return PodScripts(lambda _redrives, number: each[min(number, len(each)) - 1])


def by_run(*each: "PodScripts") -> "PodScripts":
    """Scripts by the redrive count of the job; the last ones are used for all later redrives."""
    return PodScripts(lambda redrives, number: each[min(redrives, len(each) - 1)].choose(redrives, number))


@dataclass(frozen=True, slots=True)
class PodScripts:
    """Chooses a script by the redrive count and the number of the attempt."""

    choose: Callable[[int, int], PodScript]

    def of(self, pod: Body) -> PodScript:
        """The script of a pod, by its labels. A foreign pod runs on."""
        labels = pod["metadata"].get("labels") or {}
        number, redrives = labels.get(names.ATTEMPT_LABEL), labels.get(names.REDRIVES_LABEL)
        if number is None or redrives is None:
            return RUNS_ON
        return self.choose(int(redrives), int(number))


def running(pod: Body, now: str) -> Status:
    """The status of a pod whose containers have just started."""
    containers = [_container(c, {"running": {"startedAt": now}}) for c in pod["spec"]["containers"]]
    return {**pod.get("status", {}), "phase": "Running", "startTime": now, "containerStatuses": containers}


def waiting(pod: Body, reason: str, words: str, now: str) -> Status:
    """The status of a pod whose containers cannot be started."""
    state = {"waiting": {"reason": reason, "message": words}}
    containers = [_container(c, state) for c in pod["spec"]["containers"]]
    return {**pod.get("status", {}), "startTime": now, "containerStatuses": containers}


def main_ended(pod: Body, end: End, now: str) -> Status:
    """The status of a pod whose first container has ended, while the others still run."""
    status = ended(pod, end, now)
    first, *_ = status["containerStatuses"]
    _, *others = pod["status"]["containerStatuses"]
    return {**pod["status"], "containerStatuses": [first, *others]}


def incomplete(pod: Body, end: End) -> Status:
    """The status of a pod that has ended as `end`, of which the kubelet has not seen the containers' ends yet."""
    over = {"phase": end.phase, "reason": end.pod_reason, "message": end.pod_message}
    return {**(pod.get("status") or {}), **{key: value for key, value in over.items() if value}}


def ended(pod: Body, end: End, now: str) -> Status:
    """The status of a pod whose first container has ended as `end`; the others were stopped with it."""
    status = pod.get("status") or {}
    states = {c["name"]: c["state"] for c in status.get("containerStatuses") or ()}
    containers = []
    for index, container in enumerate(pod["spec"]["containers"]):
        its, state = end if index == 0 or end is NEVER_STARTED else TERMINATED, states.get(container["name"], {})
        terminated = {"exitCode": its.exit_code, "reason": its.reason, "message": its.message}
        if its is not NEVER_STARTED:
            terminated |= {"startedAt": state.get("running", {}).get("startedAt", now), "finishedAt": now}
        containers.append(_container(container, state if "terminated" in state else {"terminated": terminated}))
    over = {"phase": end.phase, "reason": end.pod_reason, "message": end.pod_message}
    return {**status, **{k: v for k, v in over.items() if v}, "containerStatuses": containers}


def _container(container: Body, state: Status) -> Status:
    return {
        "name": container["name"],
        "image": container["image"],
        "imageID": "",
        "ready": "running" in state,
        "restartCount": 0,
        "state": state,
    }
