"""What happened -> class and rule: one ordered chain of named rules; the first that matches decides. Pure.

The documentation of failures is generated from this chain. The order: what is certain (a hang, success, our own
stops), the user's rules, what the job reports, what Kubernetes reports about the pod, what it reports about the
containers, the exit code, the text of the last words; else Unknown.
"""

from collections.abc import Sequence
from typing import Final

from queuedjob.policy.facts import StopReason
from queuedjob.policy.failure.classes import (
    CRASH,
    DISRUPTION,
    HEARTBEAT_LOST,
    NAMEABLE,
    PERMANENT,
    START_FAILURE,
    STOPPED,
    TIMEOUT,
    TRANSIENT,
    UNKNOWN,
)
from queuedjob.policy.failure.evidence import INVALID_IMAGE_NAME, NOT_CARRIED, Evidence
from queuedjob.policy.failure.kubelet_kill import KillCause
from queuedjob.policy.failure.rules import (
    Action,
    Rule,
    Verdict,
    container_reason,
    container_reason_in,
    exits,
    job_says,
    killed_for,
    of_exit,
    of_kill,
    of_pod,
    pod_reason_in,
    says,
    signal_in,
    signal_name,
    stopped_for,
)
from queuedjob.policy.failure.text.rules import TEXT_RULES, names_a_passing_cause

_GIVEN_UP: Final = ("context canceled", "context deadline exceeded", "failed to start shim")
"""Texts of the runtime when its caller is gone or no longer waits (gRPC's Canceled and DeadlineExceeded), or when the
runtime itself was killed or too slow before it started the command. The kubelet reports a StartError in these cases,
too ("failed to create shim task: context canceled", "failed to start shim: start failed: : signal: killed"; containerd
1.6)."""

_OVER_ITS_OWN: Final = (
    "Pod ephemeral local storage usage exceeds the total limit",
    "exceeded its local ephemeral storage limit",
    "Usage of EmptyDir volume",
)
"""Texts of the kubelet for a pod that used more disk than its limits allow (pkg/kubelet/eviction,
localStorageEviction). The kubelet uses the reason Evicted for this, too, but sets no condition, because the node is not
short of any resource (seen with 1.36)."""


_FATAL: Final = (4, 7, 8, 11)
"""SIGILL, SIGBUS, SIGFPE, SIGSEGV (signal(7), Linux): no program ends so on purpose."""

_SIGABRT: Final = 6


def _unstarted(it: Evidence) -> bool:
    """The main container never ran, and timeouts.start or the deadline ended the pod."""
    return it.started is None and (it.stop_reason == StopReason.START or it.deadline_struck)


def _why_unstarted(it: Evidence) -> str:
    """Why the main container did not start, as far as it is known."""
    return ": ".join(part for part in (it.waiting_reason, it.waiting_message) if part) or "no reason known"


FIXED_RULES: Final = (
    # A kill for a failed check has priority over any exit code, 0 included (failure catalogue J24).
    Rule(
        "heartbeat-mark",
        HEARTBEAT_LOST,
        lambda it: bool(it.silence),
        "timeouts.heartbeat: the job was silent too long, and our liveness probe left its mark before the kill.",
        "HeartbeatLost",
        lambda it: f"Killed after {it.silence} without a heartbeat",
    ),
    Rule(
        "liveness-event",
        HEARTBEAT_LOST,
        killed_for(KillCause.LIVENESS),
        "The kubelet's Events (Unhealthy, Killing): it killed the main container because its liveness probe failed.",
        "LivenessProbeFailed",
        of_kill,
    ),
    Rule(
        "startup-event",
        START_FAILURE,
        killed_for(KillCause.STARTUP),
        "The kubelet's Events (Unhealthy, Killing): it killed the main container because its startup probe failed.",
        "StartupProbeFailed",
        of_kill,
    ),
    Rule(
        "post-start-event",
        START_FAILURE,
        killed_for(KillCause.POST_START),
        "The kubelet's Events (FailedPostStartHook, Killing): it killed the main container: its postStart hook failed.",
        "PostStartHookFailed",
        of_kill,
    ),
    Rule(
        "kubelet-kill",
        UNKNOWN,
        lambda it: it.kill is not None,
        "The kubelet's Event Killing: it killed the main container, and no deletion, deadline or disruption is known.",
        "KilledByKubelet",
        of_kill,
    ),
    Rule(
        "succeeded",
        None,
        lambda it: it.succeeded,
        "Phase Succeeded, or main ended with 0 before any deadline, disruption or deletion struck.",
        "Succeeded",
        says("The main container ended with 0"),
    ),
    Rule(
        "too-large",
        PERMANENT,
        lambda it: it.refusal in NOT_CARRIED,
        "The payload is too large or too deep, or the whole spec too large: no pod was requested.",
        lambda it: it.refusal,
        says("No pod was requested"),
        Action.FIX_SPEC,
    ),
    Rule(
        "template-refused",
        PERMANENT,
        lambda it: bool(it.refusal),
        "The API server refuses to create a pod of this template.",
        lambda it: it.refusal,
        says("The API server refused the pod"),
        Action.FIX_SPEC,
    ),
    Rule(
        "stopped-suspended",
        STOPPED,
        stopped_for(StopReason.SUSPENDED),
        "spec.suspend was set while it ran.",
        "Suspended",
        says("Stopped because the job was suspended"),
    ),
    Rule(
        "stopped-cancelled",
        STOPPED,
        stopped_for(StopReason.CANCELLED),
        "spec.cancel was set while it ran.",
        "Cancelled",
        says("Stopped because the job was cancelled"),
    ),
    Rule(
        "stopped-total",
        STOPPED,
        stopped_for(StopReason.TOTAL),
        "timeouts.total passed while it ran.",
        "TotalTimeout",
        says("Stopped because timeouts.total has passed"),
    ),
    Rule(
        "stopped-stray",
        STOPPED,
        stopped_for(StopReason.STRAY),
        "A pod that no attempt of its job stands for any more.",
        "Stray",
        says("Stopped because it was a stray"),
    ),
    Rule(
        "image-name-invalid",
        PERMANENT,
        lambda it: it.waiting_reason == INVALID_IMAGE_NAME and _unstarted(it),
        "pkg/kubelet/images: no registry can hold an image of this name; stopped without waiting for timeouts.start.",
        INVALID_IMAGE_NAME,
        lambda it: it.waiting_message or "The image's name is invalid",
        Action.FIX_SPEC,
    ),
    Rule(
        "stopped-start",
        START_FAILURE,
        stopped_for(StopReason.START),
        "timeouts.start passed, and its main container had not started: image, ConfigMap, Secret, volume.",
        lambda it: it.waiting_reason or "NotStarted",
        lambda it: f"Did not start within timeouts.start ({it.waiting_message or 'the kubelet does not say why'})",
    ),
    Rule(
        "stopped",
        STOPPED,
        lambda it: bool(it.stop_reason),
        "A stop-reason that this version does not know, written by another.",
        "Stopped",
        lambda it: f"Stopped with the reason {it.stop_reason}",
    ),
    Rule(
        "deadline-total",
        STOPPED,
        lambda it: it.deadline_struck and it.deadline_by_total and it.stop_asked,
        "Its deadline was the remainder of timeouts.total.",
        "TotalTimeout",
        says("Ran into the deadline that timeouts.total had set"),
    ),
    Rule(
        "deadline-total-moved",
        DISRUPTION,
        lambda it: it.deadline_struck and it.deadline_by_total,
        "Its deadline was the remainder of timeouts.total, and timeouts.total has not passed: it was raised since.",
        "DeadlineMoved",
        says("Ran into a deadline that timeouts.total does not set any more"),
    ),
)
"""Rules for what is certain. They come before the user's rules."""

RULES: Final = (
    # What the job itself reports.
    *(job_says(failure) for failure in NAMEABLE.values()),
    # What Kubernetes reports about the pod.
    Rule(
        "deadline-before-start",
        START_FAILURE,
        lambda it: it.deadline_struck and it.started is None,
        "The deadline passed before the main container ever ran: image, volumes, configuration, init containers.",
        "DeadlineExceeded",
        lambda it: f"The main container did not start before the deadline ({_why_unstarted(it)})",
    ),
    Rule(
        "deadline",
        TIMEOUT,
        lambda it: it.deadline_struck,
        "pkg/kubelet/active_deadline.go: activeDeadlineSeconds passed; whatever exit code followed. Where the kubelet "
        "does not stop the pod, the operator does, a minute beyond the grace period.",
        "DeadlineExceeded",
        of_pod,
    ),
    Rule(
        "disruption-target",
        DISRUPTION,
        lambda it: bool(it.disruption),
        "Condition DisruptionTarget is True: eviction, preemption, taint, node shutdown, pod garbage collection; or "
        "TerminationTarget, by which Kueue says why it deletes a pod.",
        lambda it: it.disruption,
        lambda it: it.disruption_message or it.pod_message or "The cluster took the pod away",
    ),
    Rule(
        "storage-limit",
        CRASH,
        lambda it: it.pod_reason == "Evicted" and any(words in it.pod_message for words in _OVER_ITS_OWN),
        "pkg/kubelet/eviction: it used more disk than its own limits allow, whatever room the node has.",
        "StorageLimit",
        of_pod,
    ),
    Rule(
        "evicted",
        DISRUPTION,
        pod_reason_in("Evicted"),
        "pkg/kubelet/eviction: the node ran short of memory, disk or process ids.",
        "Evicted",
        of_pod,
    ),
    Rule(
        "preempting",
        DISRUPTION,
        pod_reason_in("Preempting"),
        "pkg/kubelet/preemption: a critical pod took its place.",
        "Preempting",
        of_pod,
    ),
    Rule(
        "node-shutdown",
        DISRUPTION,
        pod_reason_in("Terminated", "NodeShutdown"),
        "pkg/kubelet/nodeshutdown: the node was shut down, or was going to.",
        lambda it: it.pod_reason,
        of_pod,
    ),
    Rule(
        "wrong-os",
        PERMANENT,
        lambda it: it.rejected and it.pod_reason in {"PodOSNotSupported", "PodOSSelectorNodeLabelDoesNotMatch"},
        "pkg/kubelet/lifecycle: the pod is for another operating system than the node's. A nodeSelector for "
        "kubernetes.io/os leads it to a node of its own.",
        lambda it: it.pod_reason,
        of_pod,
        Action.FIX_SPEC,
    ),
    Rule(
        "kubelet-rejection",
        DISRUPTION,
        lambda it: it.rejected and bool(it.pod_reason),
        "pkg/kubelet/lifecycle: the kubelet did not admit it (OutOfcpu, UnexpectedAdmissionError, NodeAffinity ...).",
        lambda it: it.pod_reason,
        of_pod,
    ),
    # What Kubernetes reports about the containers; a memory kill has priority over a deletion (failure catalogue J21).
    Rule(
        "oom-killed",
        CRASH,
        container_reason_in("OOMKilled"),
        "The kernel killed the container at its memory limit.",
        "OOMKilled",
        of_exit,
    ),
    Rule(
        "stop-not-asked",
        DISRUPTION,
        lambda it: it.deleted and bool(it.unasked_stop),
        "It carries a stop-reason that the spec does not bear out: the job runs again, or another client wrote it.",
        "StopNotAsked",
        lambda it: f"Stopped with the reason {it.unasked_stop}, for which the spec does not ask",
    ),
    Rule(
        "deleted-before-scheduling",
        DISRUPTION,
        lambda it: it.deleted and not it.scheduled,
        "A client deleted the pod before it had a node: it can never run.",
        "Deleted",
        says("A client deleted the pod before it had a node"),
    ),
    Rule(
        "deleted",
        DISRUPTION,
        lambda it: it.deleted,
        "Another client deleted the pod while it ran.",
        "Deleted",
        says("A client deleted the pod"),
    ),
    Rule(
        "pod-gone",
        DISRUPTION,
        lambda it: it.vanished,
        "The pod vanished, and no end of it was ever seen.",
        "PodGone",
        says("The pod vanished"),
    ),
    Rule(
        "container-lost",
        DISRUPTION,
        lambda it: it.lost,
        "The node lost track of the container, as after a reboot: the kubelet or containerd made its end up.",
        "ContainerLost",
        says("The node lost track of the container"),
    ),
    Rule(
        "start-interrupted",
        DISRUPTION,
        lambda it: it.container_reason == "StartError" and any(words in it.last_words for words in _GIVEN_UP),
        "The kubelet gave up, or was killed, while the runtime was starting the container: nothing is wrong with it.",
        "StartInterrupted",
        says("The node gave up while it started the container"),
    ),
    Rule(
        "start-error",
        PERMANENT,
        container_reason_in("StartError", "ContainerCannotRun"),
        "The runtime could not start the command: not found, not executable, a bad working directory.",
        lambda it: it.container_reason,
        of_exit,
        Action.FIX_SPEC,
    ),
    # The exit code.
    exits("exit-temporary", TRANSIENT, 75, "EX_TEMPFAIL: try again later", "TemporaryFailure"),
    exits("exit-unavailable", TRANSIENT, 69, "EX_UNAVAILABLE: a service is not there", "Unavailable"),
    exits("exit-timeout", TIMEOUT, 124, "timeout(1): the command ran out of time", "CommandTimeout"),
    exits("exit-software", CRASH, 70, "EX_SOFTWARE: an internal error", "SoftwareError"),
    exits("exit-usage", PERMANENT, 64, "EX_USAGE: the command was called wrongly", "UsageError", Action.FIX_SPEC),
    exits("exit-data", PERMANENT, 65, "EX_DATAERR: the input is wrong", "DataError", Action.FIX_SPEC),
    exits("exit-input", PERMANENT, 66, "EX_NOINPUT: the input is not there", "InputMissing", Action.SKIP),
    exits("exit-permission", PERMANENT, 77, "EX_NOPERM: not allowed", "NoPermission", Action.CHECK_CREDENTIALS),
    exits("exit-config", PERMANENT, 78, "EX_CONFIG: wrongly configured", "ConfigError", Action.FIX_SPEC),
    Rule(
        "fatal-signal",
        CRASH,
        lambda it: it.signal in _FATAL or (it.signal == _SIGABRT and not names_a_passing_cause(it)),
        "SIGILL, SIGBUS, SIGFPE, SIGSEGV: the program broke (signal(7)). SIGABRT, too, unless the last words name a "
        "cause that passes: .NET and C++ end so for every exception that is not caught.",
        signal_name,
        of_exit,
    ),
    Rule(
        "killed",
        CRASH,
        signal_in(9),
        "SIGKILL, and neither we nor the cases above sent it: a child at the memory limit, a probe, a person.",
        "SIGKILL",
        of_exit,
    ),
    # The text of the last words.
    *TEXT_RULES,
    Rule(
        "unknown",
        UNKNOWN,
        lambda _: True,
        "Nothing above knows this failure: retried with care.",
        container_reason,
        of_exit,
    ),
)
"""Rules that come after the user's rules. The last rule always matches, so every end has a class."""


def chain(user_rules: Sequence[Rule] = ()) -> tuple[Rule, ...]:
    """All rules in the order of evaluation: rules for what is certain, then the user's rules, then ours."""
    return (*FIXED_RULES, *user_rules, *RULES)


def classify(evidence: Evidence, user_rules: Sequence[Rule] = ()) -> Verdict:
    """Return the verdict of the first rule that matches."""
    return next(rule.verdict(evidence) for rule in chain(user_rules) if rule.matches(evidence))
