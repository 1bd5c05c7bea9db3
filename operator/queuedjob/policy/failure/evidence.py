"""A pod that has ended -> what happened, as plain evidence for the chain of rules. Pure.

The end of the main container is the job's outcome. What happened to the pod after that end (a deadline, an eviction, a
deletion) did not cause the end and is left out of the evidence (pod_end.py).
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from queuedjob.api.types.plain_text import one_word
from queuedjob.policy.facts import ContainerRole, ExtraEvidence, Pod, StopReason, Termination
from queuedjob.policy.failure.heartbeat_mark import read_mark
from queuedjob.policy.failure.kubelet_kill import Kill, KillCause, kill_of, obstacle_in
from queuedjob.policy.failure.pod_end import (
    DEADLINE_EXCEEDED,
    deciding_container,
    ended_before_disruption,
    finish_time,
    is_made_up,
    main_start,
    nothing_ran,
    reason_speaks,
    was_deleted,
    was_rejected,
)
from queuedjob.policy.failure.termination_message import NO_MESSAGE, TerminationMessage, read_termination_message

LAST_WORDS: Final = 2048
"""Bytes that are kept of a container's output at its end."""

INVALID_IMAGE_NAME: Final = "InvalidImageName"
"""No registry can hold an image of this name, so the kubelet never tries to pull it (pkg/kubelet/images)."""

PAYLOAD_TOO_DEEP: Final = "PayloadTooDeep"
PAYLOAD_TOO_LARGE: Final = "PayloadTooLarge"
SPEC_TOO_LARGE: Final = "SpecTooLarge"
NOT_CARRIED: Final = frozenset({PAYLOAD_TOO_DEEP, PAYLOAD_TOO_LARGE, SPEC_TOO_LARGE})
"""Reasons of refusals that are our own: the job is over a limit, so no pod was requested."""

ORDINARY_WAITS: Final = frozenset({"", "ContainerCreating", "PodInitializing"})
"""Reasons of a container that waits for its turn, and gives no cause."""


_OVERTAKEN: Final = frozenset({StopReason.START, StopReason.DEADLINE})
"""Reasons of our stops that yield to what happened to the pod before the stop."""

_OVERDUE: Final = "Its deadline had passed and its kubelet did not stop it, so the operator did"

_NOTHING_READ: Final = ExtraEvidence()


@dataclass(frozen=True, slots=True)
class ContainerEnd:
    """How one container of the pod ended, whether its end decides or not."""

    name: str
    exit_code: int | None = None
    """The exit code of the process; None if the kubelet or the runtime made the number up."""
    reason: str = ""
    text: str = ""
    """The termination message, unchanged."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about the end of one attempt. Absent facts are None or empty, never guessed."""

    silence: str = ""
    """How long the job had given no heartbeat, as the mark of our liveness probe reports."""
    kill: Kill | None = None
    """Why the kubelet killed the main container, as its Events tell; None if they do not show a kill."""
    phase: str = ""
    container: str = ""
    """The container whose end decides: the main container, or the init container that failed before it."""
    role: ContainerRole | None = None
    exit_code: int | None = None
    """The exit code of the process; None if no process ended, or if the kubelet or the runtime made the number up."""
    signal: int = 0
    """The signal that killed the process, as reported, or as shown by the exit code (128 + n)."""
    container_reason: str = ""
    waiting_reason: str = ""
    """Why the main container did not start."""
    waiting_message: str = ""
    reported: TerminationMessage = NO_MESSAGE
    """The content of the deciding container's termination message."""
    last_words: str = ""
    """The part of the output that a person should read."""
    started: datetime | None = None
    """When the main container started; None if it never started."""
    finished: datetime | None = None
    """When the pod ended, as exactly as it can be known (failure catalogue J7); None without a pod."""
    pod_reason: str = ""
    pod_message: str = ""
    deadline_by_total: bool = False
    disruption: str = ""
    disruption_message: str = ""
    rejected: bool = False
    """The kubelet rejected the pod: the pod failed before it had any container."""
    deleted: bool = False
    """A deletion ended the pod; also if the pod had no node yet."""
    scheduled: bool = True
    lost: bool = False
    """The node lost track of the container: the reported end is made up."""
    vanished: bool = False
    """The pod is gone, and no end of the deciding container was seen."""
    stop_reason: str = ""
    stop_asked: bool = True
    """The spec asks for a stop now: the job is suspended, cancelled, or past timeouts.total."""
    unasked_stop: str = ""
    """The stop reason on the pod, if the spec does not ask for a stop. Another client may have written it on a pod, so
    it explains a deletion, and no more."""
    refusal: str = ""
    """The reason with which the API server, or we ourselves, refused to create the pod: the spec is at fault."""
    ends: tuple[ContainerEnd, ...] = ()
    """The ends of all containers that have ended, for rules about a container that does not decide."""

    @property
    def deadline_struck(self) -> bool:
        """The deadline ended the pod; the container did not end by itself."""
        return self.pod_reason == DEADLINE_EXCEEDED

    @property
    def hung(self) -> bool:
        """The kubelet killed main, for one of its checks: the exit code that followed is not the job's own result."""
        return bool(self.silence or self.kill)

    @property
    def struck(self) -> bool:
        """The pod itself says what ended it: a deadline, a disruption, a deletion."""
        return bool(self.pod_reason or self.disruption or self.deleted)

    @property
    def may_answer_a_kill(self) -> bool:
        """The pod was deleted at about the time when main exited with 0, and nothing else struck it."""
        return self.deleted and self.exit_code == 0 and not (self.pod_reason or self.disruption)

    @property
    def succeeded(self) -> bool:
        """The work is done: phase Succeeded, or main exited with 0 before any deadline, disruption or deletion.

        Where we enforced the deadline by a deletion, exit code 0 gives the phase Succeeded, and only answers SIGTERM.
        """
        if self.hung or self.deadline_struck:
            return False
        by_itself = self.role is ContainerRole.MAIN and self.exit_code == 0 and not self.struck
        return self.phase == "Succeeded" or by_itself


def evidence_of_refusal(reason: str, message: str) -> Evidence:
    """Return the evidence of an attempt without a pod, which was refused with this reason."""
    return Evidence(refusal=reason, last_words=last_words(message))


def evidence_of(pod: Pod, extra: ExtraEvidence = _NOTHING_READ, *, stop_asked: bool = True) -> Evidence:
    """Return what happened to an ended pod. For a pod that is gone, use its last known state.

    `stop_asked` says whether the spec asks for a stop now (stops.py). Without it, a stop reason on the pod is not
    believed. A stop because the pod did not start, or did not stop at its deadline, spends an attempt: it needs no
    proof.

    We mark a pod that did not start or that ran past its deadline, and then send a DELETE. Between the two, the pod may
    still end by itself, or be disrupted because of its node. Then this end counts: our stop came too late. A stop past
    the deadline is the deadline itself, which the kubelet did not enforce.
    """
    main, deciding = pod.main, deciding_container(pod)
    end = deciding.terminated if deciding is not None else None
    ended = end.finished if end is not None else None
    by_itself = pod.stop_reason == StopReason.MAIN_ENDED
    disruption = pod.disruption if not by_itself and not ended_before_disruption(pod, end) else None
    explained = not by_itself and reason_speaks(pod, end)
    known = end if end is not None and not is_made_up(end) else None
    marks = deciding is not None and deciding.checks is not None and deciding.checks.marks
    message = end.message if end is not None else ""
    silence, message = read_mark(message) if marks else ("", message)
    reported = read_termination_message(message, end.kept if end is not None else None)
    words = reported.words if known is not None else ""
    if end is not None and end.kept is not None and extra.log:
        words = extra.log  # the end of the words is what says most, and it was cut off
    deleted = not by_itself and was_deleted(pod, ended)
    overtaken = (known is not None and not deleted) or disruption is not None or was_rejected(pod)
    ours = not by_itself and not (pod.stop_reason in _OVERTAKEN and overtaken)
    late = pod.stop_reason == StopReason.DEADLINE
    overdue = ours and late and (deleted or pod.confirmed_gone)
    believed = stop_asked or pod.stop_reason in _OVERTAKEN
    kept_by, why_kept = _obstacle(pod, extra)
    evidence = Evidence(
        silence=silence if known is not None else "",
        phase=pod.phase,
        container=deciding.name if deciding is not None else "",
        role=deciding.role if deciding is not None else None,
        exit_code=known.exit_code if known is not None else None,
        signal=_signal(known) if known is not None else 0,
        container_reason=end.reason if end is not None else "",
        waiting_reason=kept_by,
        waiting_message=why_kept,
        reported=reported,
        last_words=last_words(words) or last_words(extra.log or ""),
        started=main_start(main),
        finished=finish_time(pod),
        pod_reason=DEADLINE_EXCEEDED if overdue else pod.reason if explained else "",
        pod_message=_OVERDUE if overdue else pod.message if explained else "",
        deadline_by_total=pod.deadline_by_total,
        disruption=disruption[0] if disruption is not None else "",
        disruption_message=disruption[1] if disruption is not None else "",
        rejected=was_rejected(pod),
        deleted=deleted,
        scheduled=bool(pod.node),
        lost=end is not None and known is None,
        vanished=pod.confirmed_gone and end is None,
        stop_reason=pod.stop_reason if ours and believed and not late else "",
        stop_asked=stop_asked,
        unasked_stop=pod.stop_reason if ours and not believed else "",
        ends=tuple(_end_of(each.name, each.terminated) for each in pod.containers if each.terminated is not None),
    )
    kill = kill_of(extra.events, evidence.container, ended) if extra.events and ended is not None else None
    return (
        replace(evidence, kill=kill) if kill is not None and known is not None and _kills(evidence, kill) else evidence
    )


def _kills(evidence: Evidence, kill: Kill) -> bool:
    """Whether a kill by the kubelet is what ended the attempt.

    A deletion is the cause, too, if it came up to _SLACK after the end. But exit code 0 of a container whose postStart
    hook failed answers SIGTERM, and is no success, whatever came next.
    """
    if evidence.role is not ContainerRole.MAIN or evidence.stop_reason:
        return False
    return not evidence.struck or (evidence.may_answer_a_kill and kill.cause is KillCause.POST_START)


def unexplained_start(pod: Pod, evidence: Evidence) -> bool:
    """Whether no container of a pod started in time, and the pod's status gave no reason for it."""
    stopped = evidence.stop_reason == StopReason.START or evidence.deadline_struck
    return stopped and evidence.scheduled and evidence.waiting_reason in ORDINARY_WAITS and nothing_ran(pod)


def _obstacle(pod: Pod, extra: ExtraEvidence) -> tuple[str, str]:
    """Reason and message of what kept the pod from starting: as noted at our stop, from its status, or from Events."""
    noted, _, words = pod.stop_detail.partition(": ")
    if one_word(noted):  # whoever may edit the pod may have written anything
        return noted, words
    main = pod.main
    reason, message = (main.waiting_reason, main.waiting_message) if main is not None else ("", "")
    told = obstacle_in(extra.events or ()) if reason in ORDINARY_WAITS and nothing_ran(pod) else ("", "")
    return told if told[0] else (reason, message)


def last_words(message: str, room: int = LAST_WORDS) -> str:
    """The end of a container's output, cut to `room` bytes of UTF-8 without splitting a character."""
    encoded = message.strip().encode("utf-8", "replace")
    return encoded[max(0, len(encoded) - room) :].decode("utf-8", "ignore").lstrip()


def _end_of(name: str, end: Termination) -> ContainerEnd:
    if is_made_up(end):
        return ContainerEnd(name, reason=end.reason)
    return ContainerEnd(name, end.exit_code, end.reason, last_words(end.message))


def _signal(end: Termination) -> int:
    """The signal that caused an end. Shells and runtimes report signal n as exit code 128 + n; there are 64 signals."""
    by_code = end.exit_code - 128
    return end.signal or (by_code if 0 < by_code <= 64 else 0)  # noqa: PLR2004 - explained above
