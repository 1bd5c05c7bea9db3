"""Evidence that an ended pod lacks: the tail of its log, and the kubelet's Events. Read only where it decides. Pure.

The mark that our own probe writes into the termination message comes first, because an Event may be lost. The docstring
of `settle_ended_attempt` (chain/end.py) lists the steps.
"""

from typing import Final

from queuedjob.policy.facts import Container, ContainerRole, ExtraEvidence, Pod
from queuedjob.policy.failure.evidence import Evidence, evidence_of, unexplained_start
from queuedjob.policy.failure.pod_end import deciding_container
from queuedjob.policy.job.steps import ReadEvidence

_SECOND: Final = 1.0
"""Starts and ends are cut to whole seconds: a container that ran for 10 s may seem to have run for 9 s."""


def missing_evidence(pod: Pod, extra: ExtraEvidence, *, stop_asked: bool = True) -> ReadEvidence | None:
    """Step 2: return what to read before the end of a pod is classified; None if there is nothing left to read."""
    evidence, container = evidence_of(pod, extra, stop_asked=stop_asked), deciding_container(pod)
    if extra.events is None and unexplained_start(pod, evidence):
        return ReadEvidence(pod, log=False, events=True)
    if container is None or evidence.exit_code is None or evidence.stop_reason:
        return None  # no process ended, its end is not known, or we stopped it and know why
    log = extra.log is None and not pod.confirmed_gone and _says_nothing(container, evidence)
    events = extra.events is None and _may_have_been_killed(container, evidence)
    return ReadEvidence(pod, log=log, events=events, container=container.name) if log or events else None


def _says_nothing(container: Container, evidence: Evidence) -> bool:
    """Step 2: whether the container failed without a reported reason, and the kubelet has not read its log.

    Also if the kubelet cut off the end of what was said, for then most likely the reason is missing.

    The kubelet reads the log if the termination message is empty, the exit code is not 0 and the policy is
    FallbackToLogsOnError. We set this policy unless the template sets another. A mark of our probe is a message: with a
    mark, the kubelet does not read the log.
    """
    end, reported = container.terminated, evidence.reported
    said = evidence.last_words or reported.failure or reported.reason
    if end is None or not (end.exit_code or evidence.hung):
        return False
    if end.kept is not None:
        return True
    if said:
        return False
    return container.message_only or bool(end.message) or not end.exit_code


def _may_have_been_killed(container: Container, evidence: Evidence) -> bool:
    """Step 2: whether a failed check may have ended the main container, and no other cause is known."""
    checks, end = container.checks, container.terminated
    if checks is None or end is None or end.started is None or end.finished is None:
        return False
    if container.role is not ContainerRole.MAIN or evidence.silence:
        return False
    if evidence.struck and not evidence.may_answer_a_kill:
        return False
    if evidence.container_reason == "OOMKilled":
        return False
    if checks.marks_all and end.exit_code == 0 and not end.message:
        return False  # our probe would have left its mark, and the job did not overwrite it
    return (end.finished - end.started).total_seconds() + _SECOND >= checks.soonest
