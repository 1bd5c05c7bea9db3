"""Evidence that an ended pod lacks: the tail of its log, and a liveness kill. Read only where it decides. Pure.

A pod shows a liveness kill only as an exit code (failure catalogue J13), or not at all if the job answers SIGTERM with
exit code 0 (J24). The kubelet reports the kill in two Events: `Unhealthy` gives the reason, `Killing` shows that the
kubelet acted. Events are kept for an hour, and may be lost. So the mark that our own probe writes into the termination
message comes first. The docstring of `settle_ended_attempt` (chain/end.py) lists the steps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from queuedjob.policy.facts import Container, ContainerRole, ExtraEvidence, Pod
from queuedjob.policy.failure.evidence import Evidence, deciding_container, evidence_of
from queuedjob.policy.job.steps import ReadEvidence

_UNHEALTHY: Final = "Unhealthy"
_KILLING: Final = "Killing"
_LIVENESS: Final = "Liveness probe "
"""How the message of Unhealthy begins for this kind of probe; `failed: ...` follows (pkg/kubelet/prober)."""

_SECOND: Final = 1.0
"""Starts and ends are cut to whole seconds: a container that ran for 10 s may seem to have run for 9 s."""


@dataclass(frozen=True, slots=True)
class KubeletEvent:
    """One Event of a pod, as the kubelet reported it."""

    reason: str
    message: str
    container: str
    time: str
    """When the kubelet last reported the Event; RFC 3339 in UTC, which sorts as text."""


def missing_evidence(pod: Pod, extra: ExtraEvidence, *, stop_asked: bool = True) -> ReadEvidence | None:
    """Step 2: return what to read before the end of a pod is classified; None if there is nothing left to read."""
    evidence, container = evidence_of(pod, extra, stop_asked=stop_asked), deciding_container(pod)
    if container is None or evidence.exit_code is None or evidence.stop_reason:
        return None  # no process ended, its end is not known, or we stopped it and know why
    log = extra.log is None and not pod.confirmed_gone and _says_nothing(container, evidence)
    events = extra.unhealthy is None and _may_be_a_liveness_kill(container, evidence)
    return ReadEvidence(pod, log=log, events=events, container=container.name) if log or events else None


def liveness_kill(told: Sequence[KubeletEvent], container: str) -> str:
    """Return the kubelet's message about why it killed this container; empty if no liveness probe was the reason.

    A probe that failed less often than its failureThreshold causes Unhealthy, too. Only Killing shows a kill.
    """
    ours = sorted((each for each in told if each.container == container), key=lambda each: each.time)
    if not any(each.reason == _KILLING for each in ours):
        return ""
    failed = (each for each in ours if each.reason == _UNHEALTHY and each.message.startswith(_LIVENESS))
    return next((each.message for each in reversed([*failed])), "").strip()


def _says_nothing(container: Container, evidence: Evidence) -> bool:
    """Step 2: whether the container failed without a reported reason, and the kubelet has not read its log.

    The kubelet reads the log if the termination message is empty, the exit code is not 0 and the policy is
    FallbackToLogsOnError. We set this policy unless the template sets another. A mark of our probe is a message: with a
    mark, the kubelet does not read the log.
    """
    end, reported = container.terminated, evidence.reported
    said = evidence.last_words or reported.failure or reported.reason
    if end is None or said or not (end.exit_code or evidence.hung):
        return False
    return container.message_only or bool(end.message) or not end.exit_code


def _may_be_a_liveness_kill(container: Container, evidence: Evidence) -> bool:
    """Step 2: whether a liveness probe may have ended the main container, and no other cause is known."""
    probe, end = container.liveness, container.terminated
    if probe is None or end is None or end.started is None or end.finished is None:
        return False
    struck = evidence.pod_reason or evidence.disruption or evidence.deleted or evidence.silence
    if container.role is not ContainerRole.MAIN or struck or evidence.container_reason == "OOMKilled":
        return False
    if probe.marks and end.exit_code == 0 and not end.message:
        return False  # our probe would have left its mark, and the job did not overwrite it
    return (end.finished - end.started).total_seconds() + _SECOND >= probe.soonest
