import os
import re
from dataclasses import replace
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuedjob.api.types.json_value import Json
from queuedjob.policy.facts import ContainerRole, ExtraEvidence, KubeletEvent, Pod, StopReason
from queuedjob.policy.failure.classes import PERMANENT
from queuedjob.policy.failure.classification import FIXED_RULES, RULES, classify
from queuedjob.policy.failure.evidence import LAST_WORDS, Evidence, evidence_of, evidence_of_refusal
from queuedjob.policy.failure.heartbeat_mark import mark
from queuedjob.policy.failure.kubelet_kill import Kill, KillCause
from queuedjob.policy.failure.rules import Action, Rule, Verdict
from queuedjob.policy.failure.text.rules import TEXT_RULES
from tests.builders import NOON, a_pod, own_rule, seconds

Told = tuple[str | None, str]
"""Class and rule."""

SUCCEEDED: Final[Told] = (None, "succeeded")
DEADLINE: Final[Told] = ("Timeout", "deadline")
DELETED: Final[Told] = ("Disruption", "deleted")


def told(verdict: Verdict) -> Told:
    return (verdict.failure.name if verdict.failure is not None else None, verdict.rule)


HUNG: Final[Told] = ("HeartbeatLost", "heartbeat-mark")
MARK: Final = mark(30)

NOT_STARTED: Final = replace(
    a_pod().waiting("ImagePullBackOff", "Back-off"),
    stop_reason="start",
    stop_detail="ImagePullBackOff: container main: no",
)
LATE: Final = NOT_STARTED.running()
NAMELESS: Final = replace(NOT_STARTED, stop_detail="InvalidImageName: container main: couldn't parse image name")

TABLE: Final[list[tuple[str, Pod, Told]]] = [
    # A hang, whatever the kill led to.
    ("killed for its silence", a_pod().watched().exited(137, message=MARK), HUNG),
    ("told to stop for its silence", a_pod().watched().exited(143, message=f"saving\n{MARK}\n"), HUNG),
    ("exit 0 after the kill", a_pod().watched().exited(0, message=MARK), HUNG),
    ("the deadline struck during the kill", a_pod().watched().deadline_exceeded().exited(137, message=MARK), HUNG),
    ("deleted during the kill", a_pod().watched().deleted().exited(137, message=MARK), HUNG),
    ("suspended during the kill", a_pod().watched().stopped_by_us("suspended").exited(137, message=MARK), HUNG),
    (
        "the same words without our probe",
        a_pod().probed().exited(65, message=MARK),
        ("Permanent", "exit-data"),
    ),
    ("a job that speaks of it", a_pod().watched().exited(65, message=f"no: {MARK}"), ("Permanent", "exit-data")),
    # Success.
    ("exit 0", a_pod().succeeded(), SUCCEEDED),
    ("exit 0 after a SIGTERM", a_pod().running().deleted().succeeded(), SUCCEEDED),
    ("done, then deleted", a_pod().succeeded().deleted(), SUCCEEDED),
    ("done, then gone", a_pod().succeeded().vanished(), SUCCEEDED),
    ("a child ran out of memory, main coped", a_pod().exited(0, reason="OOMKilled"), SUCCEEDED),
    ("main ended with 0, another with 1", a_pod().exited(0).beside(ContainerRole.REGULAR, 1), SUCCEEDED),
    (
        "exit 0 before the deadline that ended the others",
        a_pod().exited(0).beside(ContainerRole.REGULAR).deadline_exceeded(),
        SUCCEEDED,
    ),
    ("exit 0, then an eviction", a_pod().exited(0).beside(ContainerRole.REGULAR).disrupted(), SUCCEEDED),
    # Our own stops.
    ("suspended", a_pod().running().stopped_by_us(StopReason.SUSPENDED).exited(143), ("Stopped", "stopped-suspended")),
    ("cancelled", a_pod().running().stopped_by_us(StopReason.CANCELLED).exited(3), ("Stopped", "stopped-cancelled")),
    ("total", a_pod().running().stopped_by_us(StopReason.TOTAL).oom_killed(), ("Stopped", "stopped-total")),
    ("stray", a_pod().running().stopped_by_us(StopReason.STRAY).exited(143), ("Stopped", "stopped-stray")),
    ("it did not start in time", NOT_STARTED.deleted().lost(), ("StartFailure", "stopped-start")),
    ("it vanished before it started", NOT_STARTED.deleted().vanished(), ("StartFailure", "stopped-start")),
    (
        "it started after our mark, and our DELETE ended it",
        LATE.deleted().exited(143),
        ("StartFailure", "stopped-start"),
    ),
    ("it started after our mark, and was done", LATE.exited(0), SUCCEEDED),
    ("it started after our mark, and was done in spite of our DELETE", LATE.deleted().exited(0), SUCCEEDED),
    ("it started after our mark, and failed by itself", LATE.exited(65), ("Permanent", "exit-data")),
    ("it could not be started after our mark", NOT_STARTED.start_error(), ("Permanent", "start-error")),
    ("its init container failed after our mark", NOT_STARTED.init_failed(75), ("Transient", "exit-temporary")),
    (
        "its deadline struck after our mark",
        NOT_STARTED.deadline_exceeded().lost(),
        ("StartFailure", "stopped-start"),
    ),
    (
        "its node was dead, and is gone",
        NOT_STARTED.deleted().disrupted("DeletionByPodGC").lost(),
        ("Disruption", "disruption-target"),
    ),
    ("its node did not take it after all", NOT_STARTED.rejected(), ("Disruption", "kubelet-rejection")),
    ("no image can have its name", NAMELESS.deleted().lost(), ("Permanent", "image-name-invalid")),
    ("a later version's", a_pod().running().stopped_by_us("of-tomorrow").exited(143), ("Stopped", "stopped")),
    ("done outranks our stop", a_pod().running().stopped_by_us(StopReason.SUSPENDED).succeeded(), SUCCEEDED),
    (
        "main was done when we stopped it",
        a_pod().exited(0).beside(ContainerRole.REGULAR, 143).stopped_by_us(StopReason.CANCELLED),
        SUCCEEDED,
    ),
    (
        "the deadline was total's",
        a_pod().running().deadline_exceeded(by_total=True).exited(137),
        ("Stopped", "deadline-total"),
    ),
    # The main container had ended before we stopped the rest: its end decides.
    ("main ended with 0", a_pod().exited(0).stopped_by_us(StopReason.MAIN_ENDED), SUCCEEDED),
    (
        "main ended with 75, whatever the deletion says",
        a_pod().exited(75).stopped_by_us(StopReason.MAIN_ENDED).deleted(at=NOON),
        ("Transient", "exit-temporary"),
    ),
    (
        "main ended out of memory, whatever came over the pod",
        a_pod().oom_killed().disrupted(at=NOON).stopped_by_us(StopReason.MAIN_ENDED),
        ("Crash", "oom-killed"),
    ),
    # What the job itself reports.
    ("says Disruption", a_pod().saying("Disruption"), ("Disruption", "says-disruption")),
    ("says Timeout", a_pod().saying("Timeout"), ("Timeout", "says-timeout")),
    ("says Crash", a_pod().saying("Crash"), ("Crash", "says-crash")),
    ("says RateLimited", a_pod().saying("RateLimited"), ("RateLimited", "says-rate-limited")),
    ("says Transient", a_pod().saying("Transient"), ("Transient", "says-transient")),
    ("says Permanent", a_pod().saying("Permanent"), ("Permanent", "says-permanent")),
    ("its word outranks its exit code", a_pod().saying("Permanent", code=75), ("Permanent", "says-permanent")),
    ("done, whatever it says", a_pod().saying("Permanent", code=0), SUCCEEDED),
    (
        "said before its memory ran out",
        a_pod().saying("Transient", code=137, how="OOMKilled"),
        ("Transient", "says-transient"),
    ),
    (
        "said before its deadline",
        a_pod().running().deadline_exceeded().saying("Transient"),
        ("Transient", "says-transient"),
    ),
    (
        "said before somebody deleted it",
        a_pod().running().deleted().saying("Permanent"),
        ("Permanent", "says-permanent"),
    ),
    (
        "our own stop outranks its word",
        a_pod().running().stopped_by_us(StopReason.SUSPENDED).saying("Permanent"),
        ("Stopped", "stopped-suspended"),
    ),
    ("says what is not for it to say", a_pod().saying("Stopped", code=75), ("Transient", "exit-temporary")),
    (
        "an init container says it",
        a_pod().init_failed(1, message='{"class": "Permanent"}'),
        ("Permanent", "says-permanent"),
    ),
    # The kubelet's deadline.
    ("killed at its deadline", a_pod().deadline_exceeded().exited(137), DEADLINE),
    ("exit 0 after the deadline is no success", a_pod().deadline_exceeded().exited(0), DEADLINE),
    ("whatever it says after its deadline", a_pod().deadline_exceeded().exited(75), DEADLINE),
    ("even if its memory runs out then", a_pod().deadline_exceeded().oom_killed(), DEADLINE),
    ("a deadline outranks a deletion", a_pod().running().deadline_exceeded().deleted(), DEADLINE),
    ("before it ever started", a_pod().deadline_exceeded().lost(), ("StartFailure", "deadline-before-start")),
    (
        "pulling its image",
        a_pod().waiting("ImagePullBackOff").deadline_exceeded(),
        ("StartFailure", "deadline-before-start"),
    ),
    (
        "its image can never be pulled",
        a_pod().waiting("InvalidImageName").deadline_exceeded(),
        ("Permanent", "image-name-invalid"),
    ),
    (
        "a deadline written onto what had ended before is none",
        a_pod().exited(64).deadline_exceeded(),
        ("Permanent", "exit-usage"),
    ),
    # Disruptions.
    ("eviction API", a_pod().running().disrupted().exited(143), ("Disruption", "disruption-target")),
    (
        "exit 0 in an evicted pod that failed",
        a_pod().running().disrupted().exited(0).beside(ContainerRole.REGULAR, 143),
        ("Disruption", "disruption-target"),
    ),
    ("evicted by the kubelet", a_pod().evicted().exited(137), ("Disruption", "disruption-target")),
    ("a node under pressure takes no pod", a_pod().rejected("Evicted"), ("Disruption", "evicted")),
    (
        "a node short of disk, before there was a condition that says so",
        a_pod().evicted_saying("The node was low on resource: ephemeral-storage.").exited(137),
        ("Disruption", "evicted"),
    ),
    *(
        (
            f"evicted for its own use of disk: {words}",
            a_pod().evicted_saying(words).exited(137),
            ("Crash", "storage-limit"),
        )
        for words in (
            "Pod ephemeral local storage usage exceeds the total limit of containers 1Mi. ",
            'Container main exceeded its local ephemeral storage limit "1Mi". ',
            'Usage of EmptyDir volume "work" exceeds the limit "1Mi". ',
        )
    ),
    ("preempted by the kubelet", a_pod().rejected("Preempting"), ("Disruption", "preempting")),
    ("its node was shut down", a_pod().rejected("Terminated"), ("Disruption", "node-shutdown")),
    ("its node shuts down", a_pod().rejected("NodeShutdown"), ("Disruption", "node-shutdown")),
    ("no CPU left on the node", a_pod().rejected("OutOfcpu"), ("Disruption", "kubelet-rejection")),
    ("no room for a pod", a_pod().rejected("OutOfpods"), ("Disruption", "kubelet-rejection")),
    ("admission error", a_pod().rejected("UnexpectedAdmissionError"), ("Disruption", "kubelet-rejection")),
    ("labels changed", a_pod().rejected("NodeAffinity"), ("Disruption", "kubelet-rejection")),
    ("another system", a_pod().rejected("PodOSNotSupported"), ("Permanent", "wrong-os")),
    ("its label's", a_pod().rejected("PodOSSelectorNodeLabelDoesNotMatch"), ("Permanent", "wrong-os")),
    ("disrupted a minute after its end", a_pod().exited(64).disrupted(), ("Permanent", "exit-usage")),
    # A deletion by another client.
    ("it never had a node", a_pod().deleted(), ("Disruption", "deleted-before-scheduling")),
    ("deleted while it ran", a_pod().running().deleted().exited(143), DELETED),
    ("by force", a_pod().running().deleted(grace=0).exited(137), DELETED),
    ("whatever exit code followed", a_pod().running().deleted().exited(1), DELETED),
    ("before its container ran", a_pod().waiting("ImagePullBackOff").deleted().lost(), DELETED),
    ("and nobody saw its end", a_pod().running().deleted().vanished(), DELETED),
    ("memory outranks deletion", a_pod().running().deleted().oom_killed(), ("Crash", "oom-killed")),
    ("deleted a minute after its end", a_pod().exited(1).deleted(), ("Unknown", "unknown")),
    ("gone without a trace", a_pod().running().vanished(), ("Disruption", "pod-gone")),
    ("gone before it had a node", a_pod().vanished(), ("Disruption", "pod-gone")),
    ("gone, but its end was seen", a_pod().exited(75).vanished(), ("Transient", "exit-temporary")),
    ("the kubelet found nothing of it", a_pod().lost(), ("Disruption", "container-lost")),
    ("the runtime found it dead", a_pod().exited(255, reason="Unknown"), ("Disruption", "container-lost")),
    (
        "deleted before anybody gave up on its image's name",
        a_pod().waiting("InvalidImageName").deleted().lost(),
        DELETED,
    ),
    # The containers.
    ("memory limit exceeded", a_pod().oom_killed(), ("Crash", "oom-killed")),
    ("by a child of main", a_pod().exited(1, reason="OOMKilled"), ("Crash", "oom-killed")),
    ("an init container's", a_pod().init_failed(137, reason="OOMKilled"), ("Crash", "oom-killed")),
    (
        "a sidecar's memory decides nothing",
        a_pod().exited(3).beside(ContainerRole.SIDECAR, 137, reason="OOMKilled"),
        ("Unknown", "unknown"),
    ),
    ("command not found", a_pod().start_error(), ("Permanent", "start-error")),
    (
        "the runtime's helper was killed before it came to the command",
        a_pod().start_error(
            "failed to create containerd task: failed to start shim: start failed: : signal: killed: unknown"
        ),
        ("Disruption", "start-interrupted"),
    ),
    (
        "the kubelet died while it started it",
        a_pod().start_error("failed to create containerd task: failed to create shim task: context canceled: unknown"),
        ("Disruption", "start-interrupted"),
    ),
    (
        "the runtime took too long to start it",
        a_pod().start_error("failed to reserve container name: context deadline exceeded"),
        ("Disruption", "start-interrupted"),
    ),
    (
        "its own words are no runtime's",
        a_pod().exited(1, message="context canceled"),
        ("Unknown", "unknown"),
    ),
    ("cannot be run", a_pod().exited(127, reason="ContainerCannotRun"), ("Permanent", "start-error")),
    ("the init container's exit code", a_pod().init_failed(75), ("Transient", "exit-temporary")),
    # The exit code.
    ("75", a_pod().exited(75), ("Transient", "exit-temporary")),
    ("69", a_pod().exited(69), ("Transient", "exit-unavailable")),
    ("124", a_pod().exited(124), ("Timeout", "exit-timeout")),
    ("70", a_pod().exited(70), ("Crash", "exit-software")),
    ("64", a_pod().exited(64), ("Permanent", "exit-usage")),
    ("65", a_pod().exited(65), ("Permanent", "exit-data")),
    ("66", a_pod().exited(66), ("Permanent", "exit-input")),
    ("77", a_pod().exited(77), ("Permanent", "exit-permission")),
    ("78", a_pod().exited(78), ("Permanent", "exit-config")),
    ("SIGILL", a_pod().exited(132), ("Crash", "fatal-signal")),
    ("SIGABRT", a_pod().exited(134), ("Crash", "fatal-signal")),
    (
        "SIGABRT for an exception with a cause that passes",
        a_pod().exited(
            134, message="Unhandled exception. System.Net.E: Connection refused\n   at A.B() in /a.cs:line 1"
        ),
        ("Transient", "text-connection-refused"),
    ),
    (
        "SIGABRT for an exception with a cause that lasts",
        a_pod().exited(134, message="Unhandled exception. System.Net.E: HTTP 404\n   at A.B() in /a.cs:line 1"),
        ("Crash", "fatal-signal"),
    ),
    ("SIGABRT for want of memory", a_pod().exited(134, message="what():  std::bad_alloc"), ("Crash", "fatal-signal")),
    ("SIGSEGV whatever the words", a_pod().exited(139, message="Connection refused"), ("Crash", "fatal-signal")),
    ("SIGBUS", a_pod().exited(135), ("Crash", "fatal-signal")),
    ("SIGFPE", a_pod().exited(136), ("Crash", "fatal-signal")),
    ("SIGSEGV", a_pod().exited(139), ("Crash", "fatal-signal")),
    ("the signal field", a_pod().exited(2, signal=11), ("Crash", "fatal-signal")),
    ("SIGKILL, and nobody says why", a_pod().exited(137), ("Crash", "killed")),
    ("SIGTERM, and nobody says why", a_pod().exited(143), ("Unknown", "unknown")),
    ("1", a_pod().exited(1), ("Unknown", "unknown")),
    ("255 of its own", a_pod().exited(255), ("Unknown", "unknown")),
    ("failed, and nothing says why", a_pod().rejected(""), ("Unknown", "unknown")),
]


KILLS: Final = {
    "liveness-event": (
        KubeletEvent("Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 500", "main"),
        "HeartbeatLost",
        "LivenessProbeFailed",
    ),
    "startup-event": (
        KubeletEvent("Unhealthy", "Startup probe failed: cannot connect", "main"),
        "StartFailure",
        "StartupProbeFailed",
    ),
    "post-start-event": (
        KubeletEvent("FailedPostStartHook", "PostStartHook failed", "main"),
        "StartFailure",
        "PostStartHookFailed",
    ),
    "kubelet-kill": (KubeletEvent("Pulled", "here", "main"), "Unknown", "KilledByKubelet"),
}
"""Rules about kills of which only Events tell: the Event that names the cause, the class, the reason."""


@pytest.mark.parametrize(("pod", "verdict"), [pytest.param(pod, verdict, id=name) for name, pod, verdict in TABLE])
def test_an_end_is_classified_by_one_rule(pod: Pod, verdict: Told) -> None:
    assert told(classify(evidence_of(pod))) == verdict


UNASKED: Final[list[tuple[str, Pod, Told]]] = [
    *(
        (f"stopped for {reason}", a_pod().running().stopped_by_us(reason).exited(143), ("Disruption", "stop-not-asked"))
        for reason in ("suspended", "cancelled", "total", "stray", "of-tomorrow")
    ),
    ("before it had a node", a_pod().stopped_by_us("suspended"), ("Disruption", "stop-not-asked")),
    ("it had failed by itself", a_pod().exited(65).stopped_by_us("suspended"), ("Permanent", "exit-data")),
    ("out of memory", a_pod().running().stopped_by_us("total").oom_killed(), ("Crash", "oom-killed")),
    ("done", a_pod().running().stopped_by_us("suspended").succeeded(), SUCCEEDED),
    (
        "it says what it was",
        a_pod().running().stopped_by_us("suspended").saying("Permanent"),
        ("Permanent", "says-permanent"),
    ),
    ("it was disrupted", a_pod().evicted().stopped_by_us("suspended").lost(), ("Disruption", "disruption-target")),
    ("it did not start in time", NOT_STARTED.deleted().lost(), ("StartFailure", "stopped-start")),
    ("main had ended", a_pod().exited(75).stopped_by_us("main-ended"), ("Transient", "exit-temporary")),
    (
        "the deadline was total's",
        a_pod().running().deadline_exceeded(by_total=True).exited(137),
        ("Disruption", "deadline-total-moved"),
    ),
]
"""Ends of pods with a stop reason, while the spec asks for no stop: whoever may edit a pod may write one."""


@pytest.mark.parametrize(("pod", "verdict"), [pytest.param(pod, verdict, id=name) for name, pod, verdict in UNASKED])
def test_a_stop_reason_that_the_spec_does_not_bear_out_makes_no_end_ours(pod: Pod, verdict: Told) -> None:
    assert told(classify(evidence_of(pod, stop_asked=False))) == verdict


def test_a_stop_for_which_the_spec_does_not_ask_is_told_with_its_reason() -> None:
    verdict = classify(evidence_of(a_pod().running().stopped_by_us("suspended").exited(143), stop_asked=False))
    assert (verdict.reason, verdict.message) == (
        "StopNotAsked",
        "Stopped with the reason suspended, for which the spec does not ask",
    )


def test_every_rule_decides_somewhere_in_the_table() -> None:
    decided = {rule for _, _, (_, rule) in (*TABLE, *UNASKED)}
    by_text = {rule.name for rule in TEXT_RULES}  # text/test_rules.py
    no_pod = {"template-refused", "too-large"}
    assert {rule.name for rule in (*FIXED_RULES, *RULES)} - decided - by_text == no_pod | set(KILLS)


@pytest.mark.parametrize("code", [0, 1, 65, 137, 143])
@pytest.mark.parametrize("rule", KILLS)
def test_a_kill_that_the_kubelet_reports_is_a_failure_whatever_the_exit_code(rule: str, code: int) -> None:
    event, failure, reason = KILLS[rule]
    events = (event, KubeletEvent("Killing", "Stopping container main", "main"))
    verdict = classify(evidence_of(a_pod().probed().exited(code, message="saved"), ExtraEvidence(events=events)))
    assert (told(verdict), verdict.reason) == ((failure, rule), reason)
    words = event.message if rule != "kubelet-kill" else "Stopping container main"
    assert verdict.message == f"Killed by the kubelet ({words}): saved"


@pytest.mark.parametrize(
    "pod",
    [
        pytest.param(a_pod().probed().running().deleted().exited(143), id="deleted"),
        pytest.param(a_pod().probed().running().deadline_exceeded().exited(143), id="the deadline"),
        pytest.param(a_pod().probed().running().disrupted().exited(143), id="disrupted"),
        pytest.param(a_pod().probed().running().stopped_by_us("suspended").exited(143), id="stopped by us"),
        pytest.param(a_pod().probed().init_failed(1), id="main never ran"),
        pytest.param(a_pod().probed().lost(), id="nobody saw its end"),
    ],
)
def test_a_killing_with_another_cause_on_the_pod_is_no_kill(pod: Pod) -> None:
    told_of = ExtraEvidence(events=(KubeletEvent("Killing", "Stopping container main", "main"),))
    assert evidence_of(pod, told_of).kill is None


@pytest.mark.parametrize(
    ("rule", "code", "verdict"),
    [
        pytest.param("post-start-event", 0, ("StartFailure", "post-start-event"), id="its hook failed"),
        pytest.param("post-start-event", 143, ("Disruption", "deleted"), id="its hook failed, and it says no success"),
        pytest.param("liveness-event", 0, SUCCEEDED, id="a probe may have failed before, and the deletion counts"),
        pytest.param("kubelet-kill", 0, SUCCEEDED, id="the Event is that of the deletion"),
    ],
)
def test_of_a_container_that_ended_with_0_as_its_pod_was_deleted_only_a_failed_hook_counts(
    rule: str, code: int, verdict: Told
) -> None:
    killing = KubeletEvent("Killing", "FailedPostStartHook" if rule == "post-start-event" else "Stopping", "main")
    pod = a_pod().probed().exited(code).deleted(at=NOON + seconds(12))
    assert told(classify(evidence_of(pod, ExtraEvidence(events=(KILLS[rule][0], killing))))) == verdict


def test_a_volume_that_does_not_come_is_told_by_the_kubelets_events() -> None:
    words = 'MountVolume.SetUp failed for volume "v" : configmap "c" not found'
    told_of = ExtraEvidence(events=(KubeletEvent("FailedMount", words),))
    waiting = a_pod().waiting("ContainerCreating")
    stopped = classify(evidence_of(replace(waiting, stop_reason="start").deleted().lost(), told_of))
    assert (stopped.reason, stopped.message) == ("FailedMount", f"Did not start within timeouts.start ({words})")
    struck = classify(evidence_of(waiting.deadline_exceeded().lost(), told_of))
    assert struck.message == f"The main container did not start before the deadline (FailedMount: {words})"


def test_a_verdict_reports_the_mark_once_and_then_the_last_words() -> None:
    verdict = classify(evidence_of(a_pod().watched().exited(137, message=f"record 800\n\n{MARK}\n\n{MARK}\n")))
    assert verdict.message == "Killed after 30s without a heartbeat: record 800"


def test_the_logs_tail_is_the_last_words_of_a_container_without_a_message() -> None:
    hung = a_pod().watched().exited(137, message=MARK)
    assert evidence_of(hung, ExtraEvidence(log="record 799\nrecord 800\n")).last_words == "record 799\nrecord 800"
    spoke = a_pod().watched().exited(137, message=f"saving\n{MARK}")
    assert evidence_of(spoke, ExtraEvidence(log="record 800")).last_words == "saving"


def test_the_users_rule_does_not_touch_a_hang() -> None:
    mine = own_rule("mine", "Transient", exit_codes=[137])
    assert classify(evidence_of(a_pod().watched().exited(137, message=MARK)), [mine]).rule == "heartbeat-mark"


@pytest.mark.parametrize("reason", ["PayloadTooLarge", "PayloadTooDeep", "SpecTooLarge"])
def test_a_job_that_is_too_large_is_not_called_refused_by_the_api_server(reason: str) -> None:
    verdict = classify(evidence_of_refusal(reason, "spec.payload is 140000 bytes as JSON"))
    assert (verdict.rule, verdict.reason, verdict.action) == ("too-large", reason, Action.FIX_SPEC)
    assert verdict.message == "No pod was requested: spec.payload is 140000 bytes as JSON"


def test_a_template_that_the_api_server_refuses_is_the_specs_fault() -> None:
    verdict = classify(evidence_of_refusal("Invalid", "spec.containers[0].image: Required value"))
    assert told(verdict) == ("Permanent", "template-refused")
    assert verdict.action is Action.FIX_SPEC
    assert verdict.reason == "Invalid"
    assert verdict.message == "The API server refused the pod: spec.containers[0].image: Required value"


# --- actions, reasons, messages


@pytest.mark.parametrize(
    ("code", "action"),
    [
        (64, Action.FIX_SPEC),
        (65, Action.FIX_SPEC),
        (66, Action.SKIP),
        (77, Action.CHECK_CREDENTIALS),
        (78, Action.FIX_SPEC),
        (75, None),
    ],
)
def test_an_exit_code_of_a_permanent_failure_has_an_action(code: int, action: Action | None) -> None:
    assert classify(evidence_of(a_pod().exited(code))).action is action


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.name.startswith("exit-")], ids=lambda it: it.name)
def test_a_rule_by_an_exit_code_says_who_gave_the_code_its_meaning(rule: Rule) -> None:
    told = re.fullmatch(r"Exit (\d+), (EX_[A-Z]+|timeout\(1\)): [a-z][^.]+\.", rule.source)
    assert told is not None
    assert getattr(os, told[2], 124) == int(told[1])


def test_every_rule_that_ends_a_job_says_what_to_do() -> None:
    assert [rule.name for rule in RULES if rule.failure is PERMANENT and rule.action is None] == []


@pytest.mark.parametrize(
    ("pod", "reason", "message"),
    [
        (
            a_pod().exited(75, message="no route to host\n"),
            "TemporaryFailure",
            "Container main exited with 75: no route to host",
        ),
        (a_pod().oom_killed(), "OOMKilled", "Container main exited with 137 (OOMKilled, SIGKILL)"),
        (a_pod().exited(139), "SIGSEGV", "Container main exited with 139 (SIGSEGV)"),
        (a_pod().exited(1), "Error", "Container main exited with 1"),
        (a_pod().init_failed(1, name="fetch"), "Error", "Init container fetch exited with 1"),
        (a_pod().rejected("OutOfcpu"), "OutOfcpu", "Pod was rejected: OutOfcpu"),
        (a_pod().running().disrupted().exited(143), "EvictionByEvictionAPI", "EvictionByEvictionAPI: words"),
        (
            a_pod().waiting("InvalidImageName", "couldn't parse image name").deadline_exceeded(),
            "InvalidImageName",
            "couldn't parse image name",
        ),
        (
            replace(a_pod().running().disrupted().exited(143), disruption=("DeletionByPodGC", "")),
            "DeletionByPodGC",
            "The cluster took the pod away",
        ),
        (
            a_pod().deadline_exceeded().exited(143, message="record 800"),
            "DeadlineExceeded",
            "Pod was active on the node longer than the specified deadline: record 800",
        ),
        (
            a_pod().waiting("ImagePullBackOff").deadline_exceeded(),
            "DeadlineExceeded",
            "The main container did not start before the deadline (ImagePullBackOff)",
        ),
        (
            a_pod().deadline_exceeded().lost(),
            "DeadlineExceeded",
            "The main container did not start before the deadline (no reason known)",
        ),
        # What is certain.
        (a_pod().succeeded(), "Succeeded", "The main container ended with 0"),
        (
            a_pod().running().stopped_by_us(StopReason.SUSPENDED).exited(143),
            "Suspended",
            "Stopped because the job was suspended",
        ),
        (
            a_pod().running().stopped_by_us(StopReason.CANCELLED).exited(143),
            "Cancelled",
            "Stopped because the job was cancelled",
        ),
        (
            a_pod().running().stopped_by_us(StopReason.TOTAL).exited(143),
            "TotalTimeout",
            "Stopped because timeouts.total has passed",
        ),
        (a_pod().running().stopped_by_us(StopReason.STRAY).exited(143), "Stray", "Stopped because it was a stray"),
        (
            a_pod().running().stopped_by_us("of-tomorrow").exited(143),
            "Stopped",
            "Stopped with the reason of-tomorrow",
        ),
        (
            a_pod().running().deadline_exceeded(by_total=True).exited(137),
            "TotalTimeout",
            "Ran into the deadline that timeouts.total had set",
        ),
        (
            a_pod().scheduled().stopped_by_us(StopReason.START),
            "NotStarted",
            "Did not start within timeouts.start (the kubelet does not say why)",
        ),
        # What took the pod away.
        (a_pod().rejected("Evicted"), "Evicted", "Pod was rejected: Evicted"),
        (a_pod().rejected("Preempting"), "Preempting", "Pod was rejected: Preempting"),
        (a_pod().rejected("Terminated"), "Terminated", "Pod was rejected: Terminated"),
        (a_pod().rejected("NodeShutdown"), "NodeShutdown", "Pod was rejected: NodeShutdown"),
        (a_pod().deleted(), "Deleted", "A client deleted the pod before it had a node"),
        (a_pod().running().deleted().exited(143), "Deleted", "A client deleted the pod"),
        (a_pod().running().vanished(), "PodGone", "The pod vanished"),
        (a_pod().lost(), "ContainerLost", "The node lost track of the container"),
        # What the exit code of the program means.
        (a_pod().exited(69), "Unavailable", "Container main exited with 69"),
        (a_pod().exited(124), "CommandTimeout", "Container main exited with 124"),
        (a_pod().exited(70), "SoftwareError", "Container main exited with 70"),
        (a_pod().exited(64), "UsageError", "Container main exited with 64"),
        (a_pod().exited(65), "DataError", "Container main exited with 65"),
        (a_pod().exited(66), "InputMissing", "Container main exited with 66"),
        (a_pod().exited(77), "NoPermission", "Container main exited with 77"),
        (a_pod().exited(78), "ConfigError", "Container main exited with 78"),
        (a_pod().exited(132), "SIGILL", "Container main exited with 132 (SIGILL)"),
        (a_pod().exited(134), "SIGABRT", "Container main exited with 134 (SIGABRT)"),
        (a_pod().exited(135), "SIGBUS", "Container main exited with 135 (SIGBUS)"),
        (a_pod().exited(136), "SIGFPE", "Container main exited with 136 (SIGFPE)"),
        (a_pod().exited(137), "SIGKILL", "Container main exited with 137 (SIGKILL)"),
        (a_pod().exited(143), "Error", "Container main exited with 143 (SIGTERM)"),
        (a_pod().rejected(""), "Unknown", "Pod was rejected:"),
    ],
)
def test_a_verdict_says_what_happened(pod: Pod, reason: str, message: str) -> None:
    verdict = classify(evidence_of(pod))
    assert (verdict.reason, verdict.message) == (reason, message)


@pytest.mark.parametrize(
    ("pod", "rule", "reason", "message"),
    [
        (
            a_pod().exited(75, message='{"reason": "no route", "message": "to host b"}'),
            "exit-temporary",
            "NoRoute",
            "Container main exited with 75: to host b",
        ),
        (
            a_pod().oom_killed(message='loading\n{"reason": "TooMany", "message": "9 GB of rows"}'),
            "oom-killed",
            "TooMany",
            "Container main exited with 137 (OOMKilled, SIGKILL): 9 GB of rows",
        ),
        (
            a_pod().saying("Permanent", reason="NoAddress", message="of customer 42"),
            "says-permanent",
            "NoAddress",
            "Container main exited with 1: of customer 42",
        ),
        (a_pod().saying("RateLimited"), "says-rate-limited", "RateLimited", "Container main exited with 1"),
        (
            a_pod().saying("Disruption", reason="SpotTaken"),
            "says-disruption",
            "SpotTaken",
            "Container main exited with 1",
        ),
        (
            a_pod().exited(0, message='{"reason": "Sent", "message": "to 42 readers"}'),
            "succeeded",
            "Sent",
            "The main container ended with 0: to 42 readers",
        ),
        (
            a_pod().running().disrupted().exited(143, message='{"reason": "Interrupted", "message": "at record 800"}'),
            "disruption-target",
            "EvictionByEvictionAPI",
            "EvictionByEvictionAPI: words: at record 800",
        ),
        (
            a_pod().running().stopped_by_us(StopReason.SUSPENDED).exited(143, message='{"reason": "Interrupted"}'),
            "stopped-suspended",
            "Suspended",
            "Stopped because the job was suspended",
        ),
    ],
)
def test_a_verdict_quotes_the_words_of_the_job(pod: Pod, rule: str, reason: str, message: str) -> None:
    verdict = classify(evidence_of(pod))
    assert (verdict.rule, verdict.reason, verdict.message) == (rule, reason, message)


def test_a_message_that_the_kubelet_made_up_is_not_the_jobs() -> None:
    assert evidence_of(a_pod().lost()).last_words == ""


def test_the_message_of_a_container_that_its_node_lost_is_kept() -> None:
    pod = a_pod().exited(255, reason="Unknown", message='{"checkpoint": 800}')
    assert classify(evidence_of(pod)).rule == "container-lost"
    assert evidence_of(pod).reported.checkpoint == Json("800")


def test_a_job_may_ask_for_a_wait_whichever_rule_decides() -> None:
    assert classify(evidence_of(a_pod().exited(75, message='{"retryAfter": "30s"}'))).retry_after == 30
    assert classify(evidence_of(a_pod().saying("Transient", retryAfter="30s"))).retry_after == 30
    assert classify(evidence_of(a_pod().exited(75))).retry_after == 0


# --- the user's rules


MINE = own_rule("mine", "Transient", exit_codes=[3, 143, 137])


@pytest.mark.parametrize(
    ("pod", "verdict"),
    [
        pytest.param(a_pod().exited(3), ("Transient", "mine"), id="decides what it names"),
        pytest.param(a_pod().exited(4), ("Unknown", "unknown"), id="and nothing else"),
        pytest.param(a_pod().init_failed(3), ("Transient", "mine"), id="an init container's exit too"),
        pytest.param(a_pod().oom_killed(), ("Transient", "mine"), id="outranks what Kubernetes says of the container"),
        pytest.param(a_pod().running().disrupted().exited(143), ("Transient", "mine"), id="and of the pod"),
        pytest.param(a_pod().succeeded(), SUCCEEDED, id="not a success"),
        pytest.param(
            a_pod().running().stopped_by_us(StopReason.CANCELLED).exited(143),
            ("Stopped", "stopped-cancelled"),
            id="not our own stop",
        ),
        pytest.param(
            a_pod().running().deadline_exceeded(by_total=True).exited(143),
            ("Stopped", "deadline-total"),
            id="nor total's deadline",
        ),
        pytest.param(a_pod().lost(), ("Disruption", "container-lost"), id="a made up 137 is no exit code"),
    ],
)
def test_a_users_rule_outranks_every_built_in_one(pod: Pod, verdict: Told) -> None:
    assert told(classify(evidence_of(pod), [MINE])) == verdict


# --- properties of any evidence

evidences = st.builds(
    Evidence,
    silence=st.sampled_from(["", "30s"]),
    kill=st.sampled_from([None, *(Kill(cause, "words") for cause in KillCause)]),
    phase=st.sampled_from(["", "Pending", "Running", "Succeeded", "Failed", "Unknown"]),
    container=st.text(max_size=8),
    role=st.none() | st.sampled_from(ContainerRole),
    exit_code=st.none() | st.integers(-1, 300),
    signal=st.integers(0, 64),
    container_reason=st.sampled_from(["", "Error", "OOMKilled", "StartError", "ContainerStatusUnknown", "Unknown"]),
    waiting_reason=st.sampled_from(["", "InvalidImageName", "ImagePullBackOff"]),
    last_words=st.text(max_size=3000),
    started=st.none() | st.just(NOON),
    pod_reason=st.sampled_from(["", "DeadlineExceeded", "Evicted", "OutOfcpu", "Terminated"]),
    pod_message=st.text(max_size=3000),
    deadline_by_total=st.booleans(),
    lost=st.booleans(),
    disruption=st.sampled_from(["", "DeletionByPodGC"]),
    disruption_message=st.text(max_size=10),
    rejected=st.booleans(),
    deleted=st.booleans(),
    scheduled=st.booleans(),
    vanished=st.booleans(),
    stop_reason=st.sampled_from(["", *StopReason]),
    refusal=st.sampled_from(["", "Invalid"]),
)


@given(evidences)
def test_every_end_has_a_verdict_that_fits_a_status(evidence: Evidence) -> None:
    verdict = classify(evidence)
    assert verdict.reason
    assert len(verdict.message.encode("utf-8", "replace")) <= LAST_WORDS
    assert verdict.succeeded == evidence.succeeded


@given(evidences, st.lists(st.integers(1, 255), min_size=1))
def test_a_users_rule_never_touches_facts_beyond_doubt(evidence: Evidence, codes: list[int]) -> None:
    ruled = classify(evidence, [own_rule("mine", "Crash", exit_codes=codes)])
    beyond_doubt = classify(evidence).rule in {rule.name for rule in FIXED_RULES}
    assert (ruled.rule == "mine") == (not beyond_doubt and evidence.exit_code in codes)


def test_names_of_rules_are_unique() -> None:
    names = [rule.name for rule in (*FIXED_RULES, *RULES)]
    assert len(names) == len(set(names))


def test_long_last_words_keep_their_end_and_the_explanation() -> None:
    verdict = classify(evidence_of(a_pod().exited(75, message="é" * 4000 + " the cause")))
    assert verdict.message.startswith("Container main exited with 75: é")
    assert verdict.message.endswith("é the cause")


# --- what did not start


def test_the_reason_for_no_start_is_reported_after_the_kubelet_has_dropped_it() -> None:
    verdict = classify(evidence_of(NOT_STARTED.deleted().lost()))
    assert verdict.reason == "ImagePullBackOff"
    assert verdict.message == "Did not start within timeouts.start (container main: no)"


def test_a_pod_that_did_not_start_has_a_reason_if_the_kubelet_gives_none() -> None:
    verdict = classify(evidence_of(replace(a_pod().scheduled(), stop_reason="start").deleted().lost()))
    assert verdict.reason == "NotStarted"


def test_an_invalid_image_name_has_the_action_fix_spec() -> None:
    verdict = classify(evidence_of(NAMELESS.deleted().lost()))
    assert (verdict.reason, verdict.action) == ("InvalidImageName", Action.FIX_SPEC)
    assert verdict.message == "container main: couldn't parse image name"


def test_no_rule_of_the_users_outranks_our_stop() -> None:
    rule = own_rule("own", "Crash", exit_codes=[137, 143])
    assert told(classify(evidence_of(LATE.deleted().exited(143)), [rule])) == ("StartFailure", "stopped-start")
