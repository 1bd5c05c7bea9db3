from dataclasses import replace
from typing import Any

import pytest

from queuedjob.api import names
from queuedjob.kube.client.errors import Refused
from queuedjob.policy.facts import StopReason
from queuedjob.ports import NoAnswer
from tests.builders import NOON, a_job, an_attempt
from tests.unit.controllers.api_server import PODS, ApiServer, a_pod_body, ended
from tests.unit.controllers.controller_env import BOUND, ControllerEnv
from tests.unit.kube.client.scripted import failure

JOB = a_job()
NAME = "j-abcdefghij-1"
UID = f"{NAME}-uid"
DENIED = "pods \"p\" is forbidden: ValidatingAdmissionPolicy 'freeze' with binding 'freeze' denied request: not now"


def patched(env: ControllerEnv) -> list[tuple[str, str, object]]:
    """Return the operations of the last patch."""
    method, operations = env.server.writes()[-1]
    assert method == "PATCH"
    return [(each["op"], each["path"], each.get("value")) for each in operations]


# --- release


async def test_a_release_tests_the_uid_and_the_finalizer_at_its_index() -> None:
    body = ended(a_pod_body(finalizers=["example.com/other", names.FINALIZER]))
    env = ControllerEnv(ApiServer.with_pods(body))
    (pod,) = env.seeing(body)
    await env.pods.release(pod)
    assert patched(env) == [
        ("test", "/metadata/uid", UID),
        ("test", "/metadata/finalizers/1", names.FINALIZER),
        ("remove", "/metadata/finalizers/1", None),
    ]
    assert not env.pod(UID).has_finalizer


async def test_a_pod_whose_finalizers_moved_is_read_again_and_not_released() -> None:
    server = ApiServer.with_pods(ended(a_pod_body(version=101)))
    env = ControllerEnv(server)
    (pod,) = env.seeing(ended(a_pod_body(version=100, finalizers=["example.com/other", names.FINALIZER])))
    await env.pods.release(pod)
    assert server.methods() == ["PATCH", "GET"]
    assert server.objects[f"{PODS}/{NAME}"]["metadata"]["finalizers"] == [names.FINALIZER]
    assert (env.pod(UID).finalizer_index, env.pod(UID).resource_version) == (0, 101)


async def test_a_release_keeps_the_finalizer_of_another_pod_of_the_same_name() -> None:
    server = ApiServer.with_pods(ended(a_pod_body(uid="another", version=200)))
    env = ControllerEnv(server)
    (pod,) = env.seeing(ended(a_pod_body()))
    await env.pods.release(pod)
    assert server.objects[f"{PODS}/{NAME}"]["metadata"]["finalizers"] == [names.FINALIZER]
    assert env.pod(UID).confirmed_gone
    assert not env.pod("another").confirmed_gone


async def test_a_pod_that_its_release_does_not_find_is_confirmed_gone() -> None:
    env = ControllerEnv(ApiServer())
    (pod,) = env.seeing(ended(a_pod_body()))
    await env.pods.release(pod)
    assert env.pod(UID).confirmed_gone


async def test_a_release_without_an_answer_leaves_the_stored_pod_unchanged() -> None:
    env = ControllerEnv(ApiServer.with_pods(ended(a_pod_body())))
    (pod,) = env.seeing(ended(a_pod_body()))
    env.server.fails = {"PATCH": [NoAnswer("reset")]}
    with pytest.raises(NoAnswer):
        await env.pods.release(pod)
    assert env.pod(UID) == pod


# --- stop


async def test_a_stop_mark_tests_uid_and_resource_version() -> None:
    env = ControllerEnv(ApiServer.with_pods(a_pod_body(annotations={"a": "b"})))
    (pod,) = env.seeing(a_pod_body(annotations={"a": "b"}))
    await env.pods.mark_stop(pod, StopReason.CANCELLED, NOON)
    assert patched(env) == [
        ("test", "/metadata/uid", UID),
        ("test", "/metadata/resourceVersion", "100"),
        ("add", "/metadata/annotations/queuedjob.dev~1stop-reason", "cancelled"),
        ("add", "/metadata/annotations/queuedjob.dev~1deletion-requested", "2026-03-01T12:00:00Z"),
    ]
    assert (env.pod(UID).stop_reason, env.pod(UID).deletion_noted) == ("cancelled", NOON)


async def test_a_pod_without_annotations_gets_a_stop_mark() -> None:
    env = ControllerEnv(ApiServer.with_pods(a_pod_body()))
    (pod,) = env.seeing(a_pod_body())
    await env.pods.mark_stop(pod, StopReason.TOTAL, NOON)
    assert env.pod(UID).stop_reason == "total"


async def test_a_stop_mark_carries_the_reason_why_a_pod_does_not_start() -> None:
    env = ControllerEnv(ApiServer.with_pods(a_pod_body()))
    (pod,) = env.seeing(a_pod_body())
    await env.pods.mark_stop(pod, StopReason.START, NOON, "ImagePullBackOff: " + "é" * 2_000)
    assert (env.pod(UID).stop_reason, len(env.pod(UID).stop_detail)) == ("start", 1024)
    assert env.pod(UID).stop_detail.startswith("ImagePullBackOff: é")


async def test_the_time_of_a_deletion_is_noted_on_the_pod_by_its_uid() -> None:
    server = ApiServer.with_pods(a_pod_body(version=105, annotations={"a": "b"}))
    env = ControllerEnv(server)
    (pod,) = env.seeing(a_pod_body(version=100, annotations={"a": "b"}))
    await env.pods.note_deletion(pod, NOON)
    assert patched(env) == [
        ("test", "/metadata/uid", UID),
        ("add", "/metadata/annotations/queuedjob.dev~1deletion-requested", "2026-03-01T12:00:00Z"),
    ]
    assert env.pod(UID).deletion_noted == NOON


async def test_a_pod_without_annotations_gets_the_time_of_its_deletion() -> None:
    env = ControllerEnv(ApiServer.with_pods(a_pod_body()))
    (pod,) = env.seeing(a_pod_body())
    await env.pods.note_deletion(pod, NOON)
    assert env.pod(UID).deletion_noted == NOON


async def test_a_pod_that_has_ended_since_gets_no_stop_mark() -> None:
    server = ApiServer.with_pods(ended(a_pod_body(version=101)))
    env = ControllerEnv(server)
    (pod,) = env.seeing(a_pod_body(version=100))
    await env.pods.mark_stop(pod, StopReason.CANCELLED, NOON)
    assert "annotations" not in server.objects[f"{PODS}/{NAME}"]["metadata"]
    assert (env.pod(UID).ended, env.pod(UID).stop_reason) == (True, "")


async def test_a_stop_names_the_uid_and_no_resource_version() -> None:
    """A pod with a stop mark is deleted even if it has changed since."""
    env = ControllerEnv(ApiServer.with_pods(a_pod_body(version=105)))
    (pod,) = env.seeing(a_pod_body(version=100))
    await env.pods.stop(replace(pod, stop_reason="cancelled"))
    ((_, options),) = env.server.writes()
    assert options["preconditions"] == {"uid": UID}
    assert env.pod(UID).deletion_time is not None


@pytest.mark.parametrize(
    "unmarked",
    [
        pytest.param({"stop_reason": "cancelled", "stop_in_status": True}, id="the status holds the reason"),
        pytest.param({"stop_reason": ""}, id="a stray whose mark was refused"),
    ],
)
async def test_a_stop_without_a_mark_on_the_pod_names_the_version_that_was_seen(unmarked: dict[str, Any]) -> None:
    """The pod may have ended by itself since, and then nothing must look as if we had stopped it."""
    env = ControllerEnv(ApiServer.with_pods(a_pod_body(version=105)))
    (pod,) = env.seeing(a_pod_body(version=100))
    await env.pods.stop(replace(pod, **unmarked))
    ((_, options),) = env.server.writes()
    assert options["preconditions"] == {"uid": UID, "resourceVersion": "100"}
    assert (env.pod(UID).deletion_time, env.pod(UID).resource_version) == (None, 105)


async def test_a_stop_does_not_delete_another_pod_of_the_same_name() -> None:
    server = ApiServer.with_pods(a_pod_body(uid="another"))
    env = ControllerEnv(server)
    (pod,) = env.seeing(a_pod_body())
    await env.pods.stop(pod)
    assert "deletionTimestamp" not in server.objects[f"{PODS}/{NAME}"]["metadata"]
    assert env.pod(UID).confirmed_gone


# --- delete


async def test_a_released_pod_is_deleted_at_the_version_that_was_seen_and_forgotten() -> None:
    body = ended(a_pod_body(finalizers=[]))
    env = ControllerEnv(ApiServer.with_pods(body))
    (pod,) = env.seeing(body)
    await env.pods.delete(pod)
    ((_, options),) = env.server.writes()
    assert options["preconditions"] == {"uid": UID, "resourceVersion": "100"}
    assert env.server.objects == {}
    assert env.pod(UID) is None


async def test_a_released_pod_that_has_changed_since_is_read_again_and_not_deleted() -> None:
    env = ControllerEnv(ApiServer.with_pods(ended(a_pod_body(finalizers=[], version=101))))
    (pod,) = env.seeing(ended(a_pod_body(finalizers=[], version=100)))
    await env.pods.delete(pod)
    assert len(env.server.objects) == 1
    assert env.pod(UID).resource_version == 101


# --- labels


@pytest.mark.parametrize("left", [{}, {"app": "x"}])
async def test_lost_labels_are_restored_and_other_labels_stay(left: dict[str, str]) -> None:
    server = ApiServer.with_pods(a_pod_body(labels=left))
    env = ControllerEnv(server)
    (pod,) = env.seeing(a_pod_body(labels=left))
    await env.pods.restore_labels(JOB, pod, 0)
    assert patched(env)[0] == ("test", "/metadata/uid", UID)
    assert server.objects[f"{PODS}/{NAME}"]["metadata"]["labels"] == {**left, **a_pod_body()["metadata"]["labels"]}
    assert env.pod(UID).labelled


async def test_labels_that_a_user_set_since_are_not_overwritten() -> None:
    server = ApiServer.with_pods(a_pod_body(version=101, labels={"app": "x"}))
    env = ControllerEnv(server)
    (pod,) = env.seeing(a_pod_body(version=100, labels={}))
    await env.pods.restore_labels(JOB, pod, 0)
    assert server.objects[f"{PODS}/{NAME}"]["metadata"]["labels"] == {"app": "x"}
    assert env.pod(UID).has_labels


# --- live reads


async def test_a_pod_that_a_get_finds_is_no_longer_missing() -> None:
    env = ControllerEnv(ApiServer.with_pods(a_pod_body(version=100, labels={})))
    env.stores.pods.take("DELETED", a_pod_body(version=100))
    await env.pods.look(JOB, NAME, pod=env.pod(UID))
    assert (env.pod(UID).missing_from_watch, env.pod(UID).confirmed_gone, env.pod(UID).labelled) == (
        False,
        False,
        False,
    )


async def test_a_pod_that_a_get_does_not_find_is_gone_and_its_last_state_is_kept() -> None:
    env = ControllerEnv(ApiServer())
    env.stores.pods.take("DELETED", ended(a_pod_body()))
    await env.pods.look(JOB, NAME, pod=env.pod(UID))
    assert (env.pod(UID).confirmed_gone, env.pod(UID).phase) == (True, "Failed")


async def test_a_pod_is_gone_when_a_get_finds_another_pod_of_the_same_name() -> None:
    env = ControllerEnv(ApiServer.with_pods(a_pod_body(uid="another")))
    env.stores.pods.take("DELETED", a_pod_body())
    await env.pods.look(JOB, NAME, pod=env.pod(UID))
    assert env.pod(UID).confirmed_gone
    assert not env.pod("another").confirmed_gone


async def test_a_get_without_an_answer_leaves_the_pod_missing_and_not_gone() -> None:
    env = ControllerEnv(ApiServer())
    env.stores.pods.take("DELETED", a_pod_body())
    env.server.fails = {"GET": [NoAnswer("reset")]}
    with pytest.raises(NoAnswer):
        await env.pods.look(JOB, NAME, pod=env.pod(UID))
    assert (env.pod(UID).missing_from_watch, env.pod(UID).confirmed_gone) == (True, False)


async def test_a_pod_that_only_the_status_names_is_stored_as_gone() -> None:
    env = ControllerEnv(ApiServer())
    await env.pods.look(JOB, JOB.pod().name, attempt=an_attempt(JOB.pod()))
    assert env.pod(JOB.pod().uid).confirmed_gone


async def test_a_stored_pod_without_owner_is_confirmed_gone_by_the_attempt_in_the_status() -> None:
    env = ControllerEnv(ApiServer())
    env.seeing(a_pod_body(ownerReferences=[], labels={}))
    entry = an_attempt(JOB.pod(1)).model_copy(update={"pod_name": NAME, "pod_uid": UID, "finish_time": None})
    await env.pods.look(JOB, NAME, attempt=entry)
    assert (env.pod(UID).confirmed_gone, env.pod(UID).owner_uid, env.pod(UID).node) == (True, JOB.uid, "node")


@pytest.mark.parametrize(
    ("after", "certain"),
    [
        pytest.param(BOUND - 1, False, id="before the bound it may still come"),
        pytest.param(BOUND + 1, True, id="after the bound it cannot"),
    ],
)
async def test_the_pod_of_a_lost_post_is_absent_only_if_a_get_after_the_bound_misses_it(
    after: float, *, certain: bool
) -> None:
    env = ControllerEnv(ApiServer())
    env.late.lost(JOB.id, ("default", "j"), NAME)
    await env.clock.sleep(after)
    await env.pods.look(JOB, NAME)
    await env.clock.sleep(BOUND)
    assert env.late.of(JOB.id).surely_absent(NAME) == certain


@pytest.mark.parametrize(("owner", "certain"), [("j-uid", False), ("another", True)])
async def test_the_pod_of_a_lost_post_is_absent_if_another_jobs_pod_has_its_name(owner: str, *, certain: bool) -> None:
    body = a_pod_body()
    body["metadata"]["ownerReferences"][0]["uid"] = owner
    env = ControllerEnv(ApiServer.with_pods(body))
    env.late.lost(JOB.id, ("default", "j"), NAME)
    await env.clock.sleep(BOUND + 1)
    await env.pods.look(JOB, NAME)
    assert env.late.of(JOB.id).surely_absent(NAME) == certain


# --- refusals


@pytest.mark.parametrize("status", [403, 422])
async def test_a_denied_patch_is_not_taken_for_a_changed_pod(status: int) -> None:
    """A policy denies with 422, the code of a failed JSON Patch test too. It must be tried again with backoff."""
    env = ControllerEnv(ApiServer.with_pods(ended(a_pod_body())))
    (pod,) = env.seeing(ended(a_pod_body()))
    env.server.fails = {"PATCH": [failure(status, "Invalid", DENIED)]}
    with pytest.raises(Refused):
        await env.pods.release(pod)
    assert env.server.methods() == ["PATCH"]


async def test_a_pod_without_owner_and_labels_gets_its_owner_from_the_attempt_in_the_status() -> None:
    body = a_pod_body()
    body["metadata"]["ownerReferences"] = []
    body["metadata"]["labels"] = {}
    env = ControllerEnv(ApiServer.with_pods(body))
    entry = an_attempt(JOB.pod(1)).model_copy(update={"pod_name": NAME, "pod_uid": UID, "finish_time": None})
    await env.pods.look(JOB, NAME, attempt=entry)
    assert (env.pod(UID).owner_uid, env.pod(UID).labelled) == (JOB.uid, False)
