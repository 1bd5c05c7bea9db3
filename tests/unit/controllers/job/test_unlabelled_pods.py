import asyncio
from dataclasses import replace
from typing import Any

import pytest

from queuedjob.api import names
from queuedjob.api.identity import pod_name
from queuedjob.controllers.job.unlabelled_pods import UnlabelledPods
from queuedjob.controllers.namespaces import Namespaces
from queuedjob.ports import Body, NoAnswer, Request, Response
from tests.unit.controllers.api_server import PODS, ApiServer, a_job_body, a_pod_body, ended
from tests.unit.controllers.controller_env import ControllerEnv

UID = "j-abcdefghij-1-uid"


def unlabelled(env: ControllerEnv) -> UnlabelledPods:
    return UnlabelledPods(env.client, env.stores.pods, Namespaces(("default",), lambda *_, **__: None))


async def test_a_held_pod_without_our_label_is_found() -> None:
    env = ControllerEnv(ApiServer.with_pods(a_pod_body(labels={"app": "x"})))
    await unlabelled(env).find_in("default")
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
    await unlabelled(env).find_in("default")
    assert env.server.methods() == ["GET"], "the LIST"


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
    await unlabelled(env).find_in("default")
    assert env.pod(UID).ended
    env.server.asked.clear()
    await unlabelled(env).find_in("default")
    assert env.server.methods() == ["GET"], "this version is known"


def taken_over(name: str = "j-abcdefghij-1", **fields: Any) -> Body:  # noqa: ANN401 - JSON
    """A hidden pod of another controller."""
    return a_pod_body(name, **(TAKEN_OVER | {"finalizers": [names.FINALIZER]} | fields))


async def test_a_hidden_pod_of_another_controller_that_concerns_no_job_is_not_read() -> None:
    env = ControllerEnv(ApiServer.with_pods(taken_over()))
    env.seeing_job(a_job_body())
    await unlabelled(env).find_in("default")
    assert env.server.methods() == ["GET"], "the LIST"
    assert env.pod(UID) is None


async def test_a_hidden_pod_of_another_controller_is_read_where_its_name_fits_a_job() -> None:
    name = pod_name("j", "j-uid", 0, 1)
    env = ControllerEnv(ApiServer.with_pods(taken_over(name)))
    env.seeing_job(a_job_body())
    await unlabelled(env).find_in("default")
    assert env.pod(f"{name}-uid").foreign


async def test_a_hidden_pod_of_another_controller_is_read_when_it_is_being_deleted() -> None:
    """Our finalizer holds it back then."""
    env = ControllerEnv(ApiServer.with_pods(taken_over(deletionTimestamp="2026-03-01T12:01:00Z")))
    await unlabelled(env).find_in("default")
    assert env.keys.added == [f"pods/default/{UID}"]


class CountingServer(ApiServer):
    """Answers a moment later, and counts how many requests wait for their answers at a time."""

    waiting = most = 0

    async def send(self, request: Request) -> Response:
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        await asyncio.sleep(0)
        self.waiting -= 1
        return await super().send(request)


MANY = tuple(a_pod_body(f"j-abcdefghij-{number}", labels={}) for number in range(1, 31))


async def test_hidden_pods_are_read_several_at_a_time_and_never_all() -> None:
    server = CountingServer.with_pods(*MANY)
    env = ControllerEnv(server)
    await unlabelled(env).find_in("default")
    assert len(env.stores.pods) == len(MANY)
    assert server.most == 8


class FailingServer(ApiServer):
    """Loses the first request after its first LIST."""

    lists = 0

    def _list(self, request: Request) -> Response:
        self.lists += 1
        if self.lists == 1:
            self.fails["GET"] = [NoAnswer("lost")]
        return super()._list(request)


async def test_a_read_that_fails_ends_the_sweep_and_the_next_one_reads_what_is_left() -> None:
    server = FailingServer.with_pods(*MANY)
    env = ControllerEnv(server)
    with pytest.raises(NoAnswer, match="lost"):
        await unlabelled(env).find_in("default")
    assert len(env.stores.pods) == 7, "those that were read beside it"
    server.asked.clear()
    await unlabelled(env).find_in("default")
    assert len(env.stores.pods) == len(MANY)
    assert len(server.asked) == 1 + len(MANY) - 7


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
