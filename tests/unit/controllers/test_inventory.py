import pytest

from queuedjob.controllers.inventory import Inventory
from queuedjob.kube.client import paths
from queuedjob.ports import NoAnswer
from tests.unit.controllers.api_server import ApiServer, a_job_body, a_letter_body
from tests.unit.controllers.controller_env import ControllerEnv

JOB = paths.job("default", "j")
LETTER = paths.letter("default", "j-abcdefghij")
UID = "j-abcdefghij-1-uid"


def a_shop() -> ControllerEnv:
    return ControllerEnv(ApiServer((JOB, a_job_body()), (LETTER, a_letter_body())))


def inventory(env: ControllerEnv, *namespaces: str) -> Inventory:
    return Inventory(env.client, env.registry, namespaces or ("default",))


async def test_at_the_start_every_job_and_letter_is_taken_in_whole() -> None:
    env = a_shop()
    await inventory(env).take_all()
    assert (len(env.stores.jobs), len(env.stores.letters)) == (1, 1)
    assert "queuedjobs/j-uid" in env.keys.added


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
    await Inventory(env.client, env.registry, ()).find_deleted()
    assert [request.path for request in env.server.asked] == [paths.jobs(), paths.letters()]
