from dataclasses import replace
from typing import Any

import pytest

from queuedjob.api import names
from queuedjob.controllers.job.unlabelled_pods import UnlabelledPods
from queuedjob.controllers.namespaces import Namespaces
from tests.unit.controllers.api_server import PODS, ApiServer, a_pod_body, ended
from tests.unit.controllers.controller_env import ControllerEnv

UID = "j-abcdefghij-1-uid"


def unlabelled(env: ControllerEnv) -> UnlabelledPods:
    return UnlabelledPods(env.client, env.stores.pods, Namespaces(("default",), lambda *_, **__: None))


async def test_a_held_pod_without_our_label_is_found() -> None:
    env = ControllerEnv(ApiServer.with_pods(a_pod_body(labels={"app": "x"})))
    assert await unlabelled(env).find_in("default") == 1
    assert not env.pod(UID).labelled
    assert env.keys.added == ["queuedjobs/default/j-uid"]
    (listing, reading) = env.server.asked
    assert "labelSelector" not in listing.query
    assert "PartialObjectMetadataList" in listing.headers["accept"]
    assert reading.path == f"{PODS}/j-abcdefghij-1"


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({}, id="it has our label: the watch sees it"),
        pytest.param({"labels": {}, "finalizers": ["example.com/other"]}, id="it is not ours"),
    ],
)
async def test_a_labelled_or_foreign_pod_is_not_read(fields: dict[str, Any]) -> None:
    env = ControllerEnv(ApiServer.with_pods(a_pod_body(**fields)))
    assert await unlabelled(env).find_in("default") == 0
    assert env.server.methods() == ["GET"]


async def test_a_search_corrects_a_stored_pod_that_has_lost_its_label() -> None:
    env = ControllerEnv(ApiServer.with_pods(a_pod_body(labels={names.QUEUE_LABEL: "q"}, version=101)))
    (pod,) = env.seeing(a_pod_body(version=100))
    env.stores.pods.refresh(replace(pod, missing_from_watch=True))
    await unlabelled(env).find()
    assert (env.pod(UID).missing_from_watch, env.pod(UID).labelled) == (False, False)


TAKEN_OVER: Any = {
    "labels": {},
    "finalizers": [],
    "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "w", "controller": True}],
}
"""A pod to which no labels are put back."""


async def test_the_end_of_a_pod_that_gets_no_labels_back_is_found() -> None:
    env = ControllerEnv(ApiServer.with_pods(ended(a_pod_body(version=102, **TAKEN_OVER))))
    env.seeing(a_pod_body(version=100))
    env.stores.pods.found(a_pod_body(version=101, **TAKEN_OVER))
    assert await unlabelled(env).find_in("default") == 1
    assert env.pod(UID).ended
    assert await unlabelled(env).find_in("default") == 0, "this version is known"


async def test_the_deletion_of_a_pod_that_gets_no_labels_back_is_found() -> None:
    env = ControllerEnv(ApiServer.with_pods(a_pod_body("other", version=200)))
    env.seeing(a_pod_body(version=100))
    await unlabelled(env).find_in("default")
    assert not env.pod(UID).missing_from_watch, "a pod with labels is the watch's"
    env.stores.pods.found(a_pod_body(version=101, **TAKEN_OVER))
    env.keys.added.clear()
    await unlabelled(env).find_in("elsewhere")
    assert not env.pod(UID).missing_from_watch, "it is of another namespace"
    await unlabelled(env).find_in("default")
    assert env.pod(UID).missing_from_watch
    assert env.keys.added == ["queuedjobs/default/j-uid"]
