"""What of an end a pod does not tell: its log's tail, and a liveness kill. Asked for only where it decides. Pure.

A liveness kill shows on a pod as nothing but an exit code (failure catalogue J13), and as none where the job answered
SIGTERM with 0 (J24). The kubelet tells of it in two Events: `Unhealthy` says why, `Killing` that it acted on it. Both
can be had for an hour, and may be lost; so what our own probe writes into the termination message comes first.
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
"""How the words of Unhealthy begin for this kind of probe: `failed: ...` (pkg/kubelet/prober)."""

_SECOND: Final = 1.0
"""Starts and ends are cut to whole seconds: what lasted 10 s may look like 9."""


@dataclass(frozen=True, slots=True)
class KubeletEvent:
    """One Event of a pod, as its kubelet told it."""

    reason: str
    message: str
    container: str
    time: str
    """When it was told last; RFC 3339 in UTC, which sorts as text."""


def missing_evidence(pod: Pod, extra: ExtraEvidence) -> ReadEvidence | None:
    """What is to be read before an ended pod's end can be classified; None where everything is known that can be."""
    evidence, container = evidence_of(pod, extra), deciding_container(pod)
    if container is None or evidence.exit_code is None or evidence.stop_reason:
        return None  # no process ended, nobody saw how, or we stopped it and know why
    log = extra.log is None and not pod.confirmed_gone and _says_nothing(container, evidence)
    events = extra.unhealthy is None and _may_be_a_liveness_kill(container, evidence)
    return ReadEvidence(pod, log=log, events=events, container=container.name) if log or events else None


def liveness_kill(told: Sequence[KubeletEvent], container: str) -> str:
    """Why the kubelet killed this container, in its words; empty where no liveness probe was the reason.

    A probe that failed less often than its failureThreshold is Unhealthy, too: only with Killing it was a kill.
    """
    ours = sorted((each for each in told if each.container == container), key=lambda each: each.time)
    if not any(each.reason == _KILLING for each in ours):
        return ""
    failed = (each for each in ours if each.reason == _UNHEALTHY and each.message.startswith(_LIVENESS))
    return next((each.message for each in reversed([*failed])), "").strip()


def _says_nothing(container: Container, evidence: Evidence) -> bool:
    """Whether it failed without a word of why, and the kubelet has not looked into its log itself.

    It does where the termination message is empty, the exit code is not 0 and the policy is FallbackToLogsOnError, as
    it is unless the template says otherwise. A mark of ours, too, keeps it from that.
    """
    end, reported = container.terminated, evidence.reported
    said = evidence.last_words or reported.failure or reported.reason
    if end is None or said or not (end.exit_code or evidence.hung):
        return False
    return container.message_only or bool(end.message) or not end.exit_code


def _may_be_a_liveness_kill(container: Container, evidence: Evidence) -> bool:
    """Whether a liveness probe of the main container may have been its end, and nothing else is known to have been."""
    probe, end = container.liveness, container.terminated
    if probe is None or end is None or end.started is None or end.finished is None:
        return False
    struck = evidence.pod_reason or evidence.disruption or evidence.deleted or evidence.silence
    if container.role is not ContainerRole.MAIN or struck or evidence.container_reason == "OOMKilled":
        return False
    if probe.marks and end.exit_code == 0 and not end.message:
        return False  # our probe would have left its mark, and nobody wrote over it
    return (end.finished - end.started).total_seconds() + _SECOND >= probe.soonest
