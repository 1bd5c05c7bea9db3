from dataclasses import replace
from typing import Any

import pytest

from queuedjob.api import names
from queuedjob.controllers.inventory import Inventory
from queuedjob.kube.client import paths
from queuedjob.ports import NoAnswer
from tests.unit.controllers.api_server import PODS, ApiServer, a_job_body, a_letter_body, a_pod_body
from tests.unit.controllers.controller_env import ControllerEnv

JOB = paths.job("default", "j")
LETTER = paths.letter("default", "j-abcdefghij")
UID = "j-abcdefghij-1-uid"


def a_shop() -> ControllerEnv:
    return ControllerEnv(ApiServer((JOB, a_job_body()), (LETTER, a_letter_body())))


def inventory(env: ControllerEnv, *namespaces: str) -> Inventory:
    return Inventory(env.client, env.stores, namespaces or ("default",))


async def test_at_the_start_every_job_and_letter_is_taken_in_whole() -> None:
    env = a_shop()
    await inventory(env).take_all()
    assert (len(env.stores.jobs), len(env.stores.letters)) == (1, 1)
    assert "job/j-uid" in env.keys.added


async def test_a_listing_that_fails_is_no_inventory() -> None:
    env = a_shop()
    env.seeing_job(a_job_body())
    env.server.fails = {"GET": [NoAnswer("reset")]}
    with pytest.raises(NoAnswer):
        await inventory(env).find_deleted()
    assert len(env.stores.jobs) == 1


async def test_what_is_deleted_is_found_by_metadata_alone() -> None:
    env = a_shop()
    await inventory(env).take_all()
    del env.server.objects[JOB]
    env.server.asked.clear()
    await inventory(env).find_deleted()
    assert (len(env.stores.jobs), len(env.stores.letters)) == (0, 1)
    assert all("PartialObjectMetadataList" in request.headers["accept"] for request in env.server.asked)


async def test_what_was_created_since_the_listing_is_not_taken_for_deleted() -> None:
    env = a_shop()
    env.seeing_job(a_job_body("newer", uid="newer-uid", version=99_999))
    await inventory(env).find_deleted()
    assert "newer-uid" in env.stores.jobs


async def test_all_namespaces_are_asked_at_once_where_none_is_named() -> None:
    env = ControllerEnv(ApiServer())
    await Inventory(env.client, env.stores, ()).find_deleted()
    assert [request.path for request in env.server.asked] == [paths.jobs(), paths.letters()]


# --- pods that the watch cannot see


async def test_a_pod_of_ours_without_our_label_is_found() -> None:
    env = ControllerEnv(ApiServer.with_pods(a_pod_body(labels={"app": "x"})))
    assert await inventory(env).find_unlabelled() == 1
    assert not env.pod(UID).labelled
    assert env.keys.added == ["job/j-uid"]
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
async def test_no_other_pod_is_read(fields: dict[str, Any]) -> None:
    env = ControllerEnv(ApiServer.with_pods(a_pod_body(**fields)))
    assert await inventory(env).find_unlabelled() == 0
    assert env.server.methods() == ["GET"]


async def test_a_pod_that_the_store_thinks_is_labelled_is_known_better_afterwards() -> None:
    env = ControllerEnv(ApiServer.with_pods(a_pod_body(labels={names.QUEUE_LABEL: "q"}, version=101)))
    (pod,) = env.seeing(a_pod_body(version=100))
    env.stores.refresh_pod(replace(pod, missing_from_watch=True))
    await inventory(env).find_unlabelled()
    assert (env.pod(UID).missing_from_watch, env.pod(UID).labelled) == (False, False)
