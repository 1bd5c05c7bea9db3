"""Pods of a real kubelet (pods/*.json, recorded by dev/record_pods.py), and made-up bodies that never occurred."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dev.record_pods import CASES
from queuedjob.api import names
from queuedjob.api.canonical import spec_hash
from queuedjob.kube.objects.kubelet_events import kubelet_event_from
from queuedjob.kube.objects.pods import pod_from
from queuedjob.policy.facts import ContainerRole, ExtraEvidence, StopReason
from queuedjob.policy.failure.classes import HEARTBEAT_LOST
from queuedjob.policy.failure.classification import classify
from queuedjob.policy.failure.evidence import evidence_of
from queuedjob.policy.failure.kubelet_kill import Kill, KillCause, kill_of
from queuedjob.policy.job.missing_evidence import missing_evidence
from queuedjob.ports import Body

FOLDER: Final = Path(__file__).parent / "pods"

ENDED: Final = {
    "succeeded": (None, "succeeded"),
    "exit-75": ("Transient", "exit-temporary"),
    "segfault": ("Crash", "fatal-signal"),
    "out-of-memory": ("Crash", "oom-killed"),
    "start-error": ("Permanent", "start-error"),
    "deadline": ("Timeout", "deadline"),
    "deadline-exit-0": ("Timeout", "deadline"),
    "deadline-pulling": ("StartFailure", "deadline-before-start"),
    "deadline-before-start": ("StartFailure", "deadline-before-start"),
    "deadline-in-init": ("StartFailure", "deadline-before-start"),
    "deadline-no-config": ("StartFailure", "deadline-before-start"),
    "deadline-invalid-image-name": ("Permanent", "image-name-invalid"),
    "main-done-then-deadline": (None, "succeeded"),
    "main-failed-then-deadline": ("Transient", "exit-temporary"),
    "main-done-then-deleted": (None, "succeeded"),
    "silent": ("HeartbeatLost", "heartbeat-mark"),
    "silent-exit-0": ("HeartbeatLost", "heartbeat-mark"),
    "silent-over-the-mark": (None, "succeeded"),
    "own-liveness-probe": ("Crash", "killed"),
    "deleted-under-a-probe": ("Disruption", "deleted"),
    "deleted": ("Disruption", "deleted"),
    "deleted-exit-1": ("Disruption", "deleted"),
    "deleted-exit-0": (None, "succeeded"),
    "deleted-with-a-slow-other": ("Disruption", "deleted"),
    "deleted-by-force": ("Disruption", "deleted"),
    "deleted-after-failure": ("Transient", "exit-temporary"),
    "deleted-pulling": ("Disruption", "deleted"),
    "deleted-unscheduled": ("Disruption", "deleted-before-scheduling"),
    "evicted": ("Disruption", "disruption-target"),
    "node-gone": ("Disruption", "disruption-target"),
    "disk-over-limit": ("Crash", "storage-limit"),
    "out-of-cpu": ("Disruption", "kubelet-rejection"),
    "init-failed": ("Permanent", "exit-input"),
    "init-out-of-memory": ("Crash", "oom-killed"),
    "sidecar": ("Transient", "exit-temporary"),
}
LIVE: Final = {"pulling", "invalid-image-name", "no-config", "unschedulable", "running"}


def recorded(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return body


def events_of(name: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = json.loads(
        (FOLDER.parent / "kubelet_events" / f"{name}.json").read_text(encoding="utf-8")
    )
    return events


@pytest.mark.parametrize("name", ENDED)
def test_a_real_pod_that_ended_is_classified_by_its_rule(name: str) -> None:
    pod = pod_from(recorded(name))
    verdict = classify(evidence_of(pod))
    assert pod.ended
    assert (verdict.failure.name if verdict.failure is not None else None, verdict.rule) == ENDED[name]


KILLED: Final = {
    "silent": "Liveness probe failed: last heartbeat 4 s ago",
    "silent-exit-0": "Liveness probe failed: last heartbeat 4 s ago",
    "silent-over-the-mark": "Liveness probe failed: last heartbeat 4 s ago",
    "own-liveness-probe": "Liveness probe failed:",
}
"""Pods whose Events of the kubelet show a liveness kill. Events are read only if the pod itself leaves that open."""


@pytest.mark.parametrize("name", sorted(KILLED))
def test_recorded_events_of_a_liveness_kill_classify_the_pod_as_heartbeat_lost(name: str) -> None:
    extra = ExtraEvidence(events=tuple(kubelet_event_from(event) for event in events_of(name)))
    evidence = evidence_of(pod_from(recorded(name)), extra)
    assert evidence.kill == Kill(KillCause.LIVENESS, KILLED[name])
    assert classify(evidence).failure is HEARTBEAT_LOST


OPEN: Final = {"silent-over-the-mark", "own-liveness-probe", "deadline-before-start"}


@pytest.mark.parametrize(("name", "asked"), [(n, n in OPEN) for n in ENDED])
def test_events_are_read_only_for_a_pod_that_leaves_a_kill_or_its_start_open(name: str, asked: bool) -> None:  # noqa: FBT001 - a column
    step = missing_evidence(pod_from(recorded(name)), ExtraEvidence())
    assert (step is not None and step.events) == asked


def test_a_deletion_under_a_failing_probe_is_told_from_a_liveness_kill_by_the_pod() -> None:
    events = tuple(kubelet_event_from(event) for event in events_of("deleted-under-a-probe"))
    assert kill_of(events, "main", datetime.now(UTC)) is not None
    assert evidence_of(pod_from(recorded("deleted-under-a-probe")), ExtraEvidence(events=events)).kill is None
    body = recorded("deleted-under-a-probe")
    body["spec"]["containers"][0]["livenessProbe"]["failureThreshold"] = 2  # so the probe could have killed by then
    step = missing_evidence(pod_from(body), ExtraEvidence())
    assert step is None or not step.events


@pytest.mark.parametrize("name", sorted(LIVE))
def test_a_real_pod_that_has_not_ended_is_live(name: str) -> None:
    assert pod_from(recorded(name)).live


def test_every_case_that_can_be_recorded_is_recorded_and_tested() -> None:
    assert {case.name for case in CASES} == {*ENDED, *LIVE} == {path.stem for path in FOLDER.glob("*.json")}


# --- the sources of the facts


def test_the_facts_of_a_real_pod_are_read() -> None:
    body = recorded("deadline")
    pod = pod_from(body)
    assert pod.uid == body["metadata"]["uid"]
    assert (pod.namespace, pod.node, pod.phase, pod.reason) == ("record-pods", "node", "Failed", "DeadlineExceeded")
    assert pod.resource_version == int(body["metadata"]["resourceVersion"])
    assert (pod.number, len(pod.name_hash)) == (1, 10)
    assert pod.name.endswith(f"-{pod.name_hash}-1")
    assert (pod.owner_uid, pod.owner_name) == ("recorded", "deadline")
    assert (pod.generation, pod.deadline_seconds, pod.deadline_by_total, pod.termination_grace) == (1, 3, False, 1)
    assert (pod.has_finalizer, pod.finalizer_index, pod.labelled) == (True, 0, True)
    assert pod.start_time is not None
    assert (pod.start_time - pod.created).total_seconds() in {0, 1}
    assert pod.main is not None
    end = pod.main.terminated
    assert end is not None
    assert (end.exit_code, end.reason, end.message) == (137, "Error", "record 800\n")
    assert end.finished is not None
    assert end.finished > pod.start_time


def test_a_container_start_time_in_1970_is_read_as_none() -> None:
    main = pod_from(recorded("start-error")).main
    assert main is not None
    assert main.terminated is not None
    assert main.terminated.started is None
    assert main.terminated.finished is not None


def test_the_signal_of_a_terminated_container_is_read() -> None:
    body = recorded("deadline")
    body["status"]["containerStatuses"][0]["state"]["terminated"]["signal"] = 9
    main = pod_from(body).main
    assert main is not None
    assert main.terminated is not None
    assert main.terminated.signal == 9


def test_the_reason_why_a_pod_waits_is_read() -> None:
    main = pod_from(recorded("pulling")).main
    assert main is not None
    assert main.waiting_reason == "ImagePullBackOff"
    assert main.waiting_message.startswith("Back-off pulling image")
    assert pod_from(recorded("unschedulable")).unschedulable.startswith("0/1 nodes are available")
    assert pod_from(recorded("deadline")).unschedulable == ""


def saying(message: str, reason: str) -> list[Body]:
    """Bodies of pods that say these words at every place where a pod has words."""
    words = {"message": message, "reason": reason}
    ended, waiting = recorded("deadline"), recorded("pulling")
    ended["status"]["containerStatuses"][0]["state"]["terminated"].update(words)
    ended["status"].update(words)
    ended["status"]["conditions"] = [
        {"type": "DisruptionTarget", "status": "True", **words},
        {"type": "PodScheduled", "status": "False", **words},
    ]
    ended["metadata"]["annotations"][names.STOP_DETAIL_ANNOTATION] = message
    waiting["status"]["containerStatuses"][0]["state"]["waiting"] = words
    return [ended, waiting]


def messages_and_reasons(bodies: list[Body]) -> tuple[set[str], set[str]]:
    ended, waiting = map(pod_from, bodies)
    assert ended.main is not None
    assert ended.main.terminated is not None
    assert ended.disruption is not None
    assert waiting.main is not None
    messages = {ended.message, ended.main.terminated.message, ended.unschedulable, ended.stop_detail}
    reasons = {ended.reason, ended.main.terminated.reason, ended.disruption[0], waiting.main.waiting_reason}
    return {*messages, ended.disruption[1], waiting.main.waiting_message}, reasons


def test_no_control_character_comes_into_the_facts() -> None:
    words = "10 %\r99 %\r\x1b[31mno space\x1b[0m\0"
    messages, reasons = messages_and_reasons(saying(words, words))
    assert messages == {"no space"}
    assert reasons == {"", "DisruptionTarget"}, "a reason is one word, and counts as absent otherwise"


def test_the_words_of_a_pod_are_kept_within_bounds() -> None:
    messages, reasons = messages_and_reasons(saying("x" * 1_000_000, "R" * 1_000_000))
    assert {len(each) for each in messages} == {4096}
    assert reasons == {"", "DisruptionTarget"}
    assert messages_and_reasons(saying("", "R" * 128))[1] == {"R" * 128}


def test_of_a_long_termination_message_the_end_is_kept_as_the_kubelet_does() -> None:
    body = recorded("deadline")
    body["status"]["containerStatuses"][0]["state"]["terminated"]["message"] = "x" * 10_000 + " no space"
    main = pod_from(body).main
    assert main is not None
    assert main.terminated is not None
    assert main.terminated.message == "x" * (4096 - len(" no space")) + " no space"


@pytest.mark.parametrize(
    ("last", "words"),
    [
        pytest.param(None, "back-off 10s", id="no last state"),
        pytest.param(
            {"exitCode": 3, "reason": "Error", "message": "no key\n"}, "exited with 3: no key", id="its words"
        ),
        pytest.param({"exitCode": 137, "reason": "OOMKilled"}, "exited with 137 (OOMKilled): back-off 10s", id="none"),
    ],
)
def test_a_sidecar_that_waits_for_its_restart_tells_its_last_end(last: Body | None, words: str) -> None:
    body = recorded("sidecar")
    waiting = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}}
    state = {"state": waiting, "lastState": {"terminated": last} if last else {}}
    body["status"]["initContainerStatuses"][0].update(state)
    sidecar = pod_from(body).containers[0]
    assert (sidecar.waiting_reason, sidecar.waiting_message) == ("CrashLoopBackOff", words)


@pytest.mark.parametrize(
    ("containers", "size", "kept"),
    [
        pytest.param(3, 4096, None, id="three: each keeps its 4 KiB"),
        pytest.param(4, 3072, 3072, id="four: the end was cut off"),
        pytest.param(4, 3071, None, id="four, and it was short enough"),
        pytest.param(12, 1024, 1024, id="twelve"),
    ],
)
def test_a_message_whose_end_the_kubelet_cut_off_is_known_by_its_length(
    containers: int, size: int, kept: int | None
) -> None:
    body = recorded("deadline")
    body["spec"]["containers"] += [{"name": f"c{number}"} for number in range(containers - 2)]
    body["spec"]["initContainers"] = [{"name": "init"}]
    body["status"]["containerStatuses"][0]["state"]["terminated"]["message"] = "é" * (size // 2) + "x" * (size % 2)
    main = pod_from(body).main
    assert main is not None
    assert main.terminated is not None
    assert main.terminated.kept == kept


def test_the_time_at_which_a_pod_got_its_node_is_read() -> None:
    assert pod_from(recorded("pulling")).scheduled_time == datetime(2026, 11, 22, 16, 26, 29, tzinfo=UTC)
    assert pod_from(recorded("unschedulable")).scheduled_time is None


def test_the_stop_detail_of_a_pod_that_we_stopped_is_read() -> None:
    body = recorded("pulling")
    body["metadata"]["annotations"]["queuedjob.dev/stop-detail"] = "ImagePullBackOff: no"
    assert pod_from(body).stop_detail == "ImagePullBackOff: no"
    assert pod_from(recorded("pulling")).stop_detail == ""


def test_the_time_at_which_a_container_started_is_read() -> None:
    main = pod_from(recorded("running")).main
    assert main is not None
    assert main.running_since is not None


def test_a_deletion_is_read_with_its_grace_period() -> None:
    pod = pod_from(recorded("deleted"))
    assert pod.deletion_time is not None
    assert pod.deletion_grace == 0


def test_a_disruption_condition_is_read_with_its_time_only_while_it_is_true() -> None:
    body = recorded("evicted")
    pod = pod_from(body)
    assert pod.disruption == ("EvictionByEvictionAPI", "Eviction API: evicting")
    assert pod.disruption_time is not None
    for condition in body["status"]["conditions"]:
        if condition["type"] == "DisruptionTarget":
            condition["status"] = "False"
    stale = pod_from(body)
    assert (stale.disruption, stale.disruption_time) == (None, None)


def preempted_by_kueue(*, deleted: bool = True) -> Any:  # noqa: ANN401 - JSON
    """A pod that Kueue evicts: first its condition, then the DELETE (kueue: pkg/controller/jobs/pod, Stop)."""
    body = recorded("deleted" if deleted else "running")
    words = {"reason": "WorkloadEvictedDueToPreempted", "message": "Preempted to accommodate a workload"}
    condition = {"type": "TerminationTarget", "status": "True", "lastTransitionTime": "2026-11-22T16:00:00Z", **words}
    body["status"]["conditions"].append(condition)
    return body


def test_kueues_word_about_a_deletion_is_read_as_a_disruption() -> None:
    pod = pod_from(preempted_by_kueue())
    assert pod.disruption == ("WorkloadEvictedDueToPreempted", "Preempted to accommodate a workload")
    assert pod.disruption_time == datetime(2026, 11, 22, 16, tzinfo=UTC)
    assert pod_from(preempted_by_kueue(deleted=False)).disruption is None, "it has not been deleted"


def test_a_disruption_of_kubernetes_outranks_kueues_word() -> None:
    body = preempted_by_kueue()
    body["status"]["conditions"].append(
        {"type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler"}
    )
    assert pod_from(body).disruption == ("PreemptionByScheduler", "")


def test_scheduling_gates_are_read_with_the_queue_that_kueue_holds_the_pod_in() -> None:
    body = recorded("unschedulable")
    body["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] = "user-queue"
    body["spec"]["schedulingGates"] = [{"name": "kueue.x-k8s.io/admission"}, {"name": "example.com/quota"}, {}, 7]
    assert pod_from(body).gates == ("kueue.x-k8s.io/admission (queue user-queue)", "example.com/quota")
    del body["metadata"]["labels"]["kueue.x-k8s.io/queue-name"]
    assert pod_from(body).gates == ("kueue.x-k8s.io/admission", "example.com/quota")
    assert pod_from(recorded("unschedulable")).gates == ()


def test_of_many_scheduling_gates_the_first_are_named() -> None:
    body = recorded("unschedulable")
    body["spec"]["schedulingGates"] = [{"name": f"example.com/{number}"} for number in range(512)]
    assert pod_from(body).gates == (*(f"example.com/{number}" for number in range(5)), "and 507 more")
    body["spec"]["schedulingGates"] = [{"name": "example.com/" + "x" * 400}]
    assert pod_from(body).gates == ()


def test_the_latest_condition_time_is_that_of_the_newest_condition() -> None:
    body = recorded("evicted")
    times = [each["lastTransitionTime"] for each in body["status"]["conditions"]]
    assert pod_from(body).latest_condition_time == datetime.fromisoformat(max(times))


def roles(body: dict[str, Any]) -> dict[str, ContainerRole]:
    return {each.name: each.role for each in pod_from(body).containers}


def test_the_main_container_is_the_first_of_the_spec_or_the_one_that_the_pod_names() -> None:
    body = recorded("main-done-then-deadline")
    assert roles(body) == {"main": ContainerRole.MAIN, "other": ContainerRole.REGULAR}
    body["spec"]["containers"].reverse()  # the kubelet sorts statuses by name; the spec keeps its order
    assert roles(body) == {"main": ContainerRole.REGULAR, "other": ContainerRole.MAIN}
    body["metadata"].setdefault("annotations", {})[names.MAIN_CONTAINER_ANNOTATION] = "main"
    assert roles(body) == {"main": ContainerRole.MAIN, "other": ContainerRole.REGULAR}


def test_a_native_sidecar_is_not_taken_for_an_init_container() -> None:
    assert roles(recorded("sidecar")) == {"proxy": ContainerRole.SIDECAR, "main": ContainerRole.MAIN}
    assert roles(recorded("init-failed")) == {"fetch": ContainerRole.INIT, "main": ContainerRole.MAIN}


def reference(**changes: object) -> dict[str, object]:
    ours = {"apiVersion": names.API_VERSION, "kind": "QueuedJob", "name": "job", "uid": "u-1", "controller": True}
    return {**ours, **changes}


@pytest.mark.parametrize(
    ("references", "owner"),
    [
        pytest.param([reference()], ("u-1", "job"), id="the reference"),
        pytest.param(
            [reference(kind="ReplicaSet", uid="x", controller=False), reference()],
            ("u-1", "job"),
            id="ours among others",
        ),
        pytest.param([reference(apiVersion="queuedjob.dev/v1")], ("u-1", "job"), id="of another version"),
        pytest.param([reference(controller=False)], ("recorded", "deadline"), id="a mere owner: the labels"),
        pytest.param([reference(name="../../victim/queuedjobs/j")], ("u-1", ""), id="a name that no job can have"),
        pytest.param([], ("recorded", "deadline"), id="none: the labels"),
    ],
)
def test_the_owner_is_read_from_the_owner_reference_or_else_from_the_labels(
    references: list[dict[str, object]], owner: tuple[str, str]
) -> None:
    body = recorded("deadline")
    body["metadata"]["ownerReferences"] = references
    pod = pod_from(body)
    assert (pod.owner_uid, pod.owner_name, pod.foreign) == (*owner, False)


@pytest.mark.parametrize(
    "references",
    [
        pytest.param([reference(apiVersion="apps/v1", kind="ReplicaSet")], id="a ReplicaSet"),
        pytest.param([reference(apiVersion="other.dev/v1")], id="a QueuedJob of another group"),
        pytest.param(
            [reference(controller=False), reference(kind="ReplicaSet")], id="beside a mere reference to a job"
        ),
    ],
)
def test_a_pod_of_another_controller_belongs_to_no_job_whatever_its_labels_say(
    references: list[dict[str, object]],
) -> None:
    body = recorded("deadline")
    body["metadata"]["ownerReferences"] = references
    pod = pod_from(body)
    assert (pod.owner_uid, pod.owner_name, pod.foreign) == ("", "", True)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"finalizers": []}, id="without our finalizer"),
        pytest.param({"name": "deadline-abcdefghij-1"}, id="with another hash in its name"),
        pytest.param({"name": "deadline"}, id="with a name that is none of ours"),
    ],
)
def test_labels_are_no_ownership_of_a_pod(changes: dict[str, object]) -> None:
    body = recorded("deadline")
    body["metadata"].update(ownerReferences=[], **changes)
    pod = pod_from(body)
    assert (pod.owner_uid, pod.owner_name, pod.foreign) == ("", "", False)


@pytest.mark.parametrize(
    "labels",
    [
        pytest.param({names.JOB_UID_LABEL: "another"}, id="another job's UID"),
        pytest.param({names.REDRIVES_LABEL: "1"}, id="another run"),
        pytest.param({names.REDRIVES_LABEL: "first"}, id="no run"),
        pytest.param({names.JOB_UID_LABEL: ""}, id="no UID"),
    ],
)
def test_labels_that_do_not_fit_a_pods_name_are_not_believed(labels: dict[str, str]) -> None:
    body = recorded("deadline")
    body["metadata"]["ownerReferences"] = []
    body["metadata"]["labels"].update(labels)
    assert pod_from(body).owner_uid == ""


def test_a_pod_without_owner_reference_and_labels_has_no_owner() -> None:
    body = recorded("deadline")
    del body["metadata"]["labels"]
    pod = pod_from(body)
    assert (pod.owner_uid, pod.owner_name, pod.labelled) == ("", "", False)


@pytest.mark.parametrize(
    "label", [names.JOB_LABEL, names.JOB_UID_LABEL, names.REDRIVES_LABEL, names.ATTEMPT_LABEL, names.QUEUE_LABEL]
)
def test_a_pod_that_lacks_one_of_our_labels_is_not_labelled(label: str) -> None:
    body = recorded("deadline")
    del body["metadata"]["labels"][label]
    assert not pod_from(body).labelled


@pytest.mark.parametrize(
    ("finalizers", "index"),
    [(["a/b", names.FINALIZER, "c/d"], 1), (["a/b"], None), ([], None), (None, None)],
)
def test_the_index_of_our_finalizer_is_read(finalizers: list[str] | None, index: int | None) -> None:
    body = recorded("deadline")
    body["metadata"]["finalizers"] = finalizers
    pod = pod_from(body)
    assert (pod.has_finalizer, pod.finalizer_index) == (index is not None, index)


@pytest.mark.parametrize(
    "name", ["", "j", "j-1", "j-abcdefghij", "j-abcdefghij-0", "j-ABCDEFGHIJ-1", "j-abcdefghij-1x"]
)
def test_a_pod_name_that_is_not_ours_has_no_attempt_number(name: str) -> None:
    body = recorded("deadline")
    body["metadata"]["name"] = name
    pod = pod_from(body)
    assert (pod.number, pod.name_hash) == (None, "")


def test_our_annotations_are_read() -> None:
    body = recorded("deadline")
    body["metadata"]["annotations"] = {
        names.GENERATION_ANNOTATION: "9223372036854775807",
        names.SPEC_HASH_ANNOTATION: spec_hash({}),
        names.STOP_REASON_ANNOTATION: "main-ended",
        names.MAIN_CONTAINER_ANNOTATION: "main",
        names.DEADLINE_ANNOTATION: "total",
    }
    pod = pod_from(body)
    assert (pod.generation, pod.spec_hash) == (2**63 - 1, spec_hash({}))
    assert (pod.stop_reason, pod.main_container, pod.deadline_by_total) == ("main-ended", "main", True)


@pytest.mark.parametrize("reason", list(StopReason))
def test_every_stop_reason_of_ours_is_read(reason: StopReason) -> None:
    body = recorded("deadline")
    body["metadata"]["annotations"][names.STOP_REASON_ANNOTATION] = reason
    assert pod_from(body).stop_reason == reason


@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param(names.STOP_REASON_ANNOTATION, "\x1b[31mstart", id="a stop reason that acts on a terminal"),
        pytest.param(names.STOP_REASON_ANNOTATION, "s" * 65, id="a long stop reason"),
        pytest.param(names.STOP_REASON_ANNOTATION, "for no reason", id="a stop reason of several words"),
        pytest.param(names.SPEC_HASH_ANNOTATION, "v1-" + "g" * 32, id="a spec hash that is no hash"),
        pytest.param(names.SPEC_HASH_ANNOTATION, "v1-" + "0" * 200_000, id="a long spec hash"),
        pytest.param(names.MAIN_CONTAINER_ANNOTATION, "\x1b]0;x\x07main", id="a container that acts on a terminal"),
        pytest.param(names.MAIN_CONTAINER_ANNOTATION, "m" * 64, id="a container that cannot be"),
    ],
)
def test_an_annotation_that_the_operator_cannot_have_written_is_absent(key: str, value: str) -> None:
    body = recorded("deadline")
    body["metadata"]["annotations"] = {key: value}
    pod = pod_from(body)
    assert (pod.stop_reason, pod.spec_hash, pod.main_container) == ("", "", "")


@pytest.mark.parametrize("uid", ["u" * 65, "u" * 1_000_000, "u/1", "\x1b[31m", "", 7])
def test_a_pod_whose_owner_has_no_possible_uid_names_no_owner(uid: object) -> None:
    body = recorded("deadline")
    body["metadata"]["ownerReferences"] = [reference(uid=uid)]
    pod = pod_from(body)
    assert (pod.owner_uid, pod.foreign) == ("", False)


@pytest.mark.parametrize("generation", ["", "seven", "-1", "1.5", "1_0", "\u0667", "9" * 5000, str(2**63), "9" * 19])
def test_an_annotation_with_an_invalid_value_is_absent(generation: str) -> None:
    body = recorded("deadline")
    body["metadata"]["annotations"][names.GENERATION_ANNOTATION] = generation
    assert pod_from(body).generation is None


def test_an_empty_body_is_a_pod_without_facts() -> None:
    pod = pod_from({})
    assert (pod.uid, pod.name, pod.phase, pod.containers) == ("", "", "Pending", ())
    assert (pod.labelled, pod.has_finalizer, pod.finalizer_index) == (False, False, None)


# --- made-up bodies that never occurred


def paths(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path to every value within a body."""
    if path:
        yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from paths(inner, (*path, index))


BODIES: Final = [recorded(name) for name in sorted({*ENDED, *LIVE})]
PLACES: Final = [(body, path) for body in BODIES for path in paths(body)]

MISSING: Final = ("missing",)

junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("9999-12-31T23:59:59Z"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@contextmanager
def changed(body: dict[str, Any], path: tuple[Any, ...], value: object) -> Iterator[None]:
    """Within the context, the body has `value` at `path`. MISSING removes the value at `path`."""
    *way, last = path
    inner: Any = body
    for step in way:
        inner = inner[step]
    kept = copy(inner)
    if value is MISSING:
        del inner[last]
    else:
        inner[last] = value
    try:
        yield
    finally:
        inner.clear()
        if isinstance(inner, dict):
            inner.update(kept)
        else:
            inner.extend(kept)


@pytest.mark.parametrize(
    "odd", [MISSING, None, "", "x", -1, 2**70, 0.5, True, [], [None], [["x"]], {}, {"name": ["x"]}], ids=str
)
def test_a_body_with_one_value_missing_or_odd_is_read_and_classified(odd: object) -> None:
    for body, path in PLACES:
        with changed(body, path, odd):
            assert classify(evidence_of(pod_from(body))).reason


@given(st.sampled_from(BODIES), junk, junk, junk)
def test_a_body_with_odd_values_is_read_and_classified(
    body: dict[str, Any], metadata: object, spec: object, status: object
) -> None:
    for key, odd in (("metadata", metadata), ("spec", spec), ("status", status)):
        assert classify(evidence_of(pod_from({**body, key: odd}))).reason


@given(st.dictionaries(st.sampled_from(["metadata", "spec", "status"]), junk))
def test_a_body_of_junk_is_read_and_classified(body: dict[str, Any]) -> None:
    assert classify(evidence_of(pod_from(body))).reason
