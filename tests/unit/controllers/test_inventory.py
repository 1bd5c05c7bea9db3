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


async def test_the_first_inventory_stores_every_job_and_dead_letter() -> None:
    env = a_shop()
    await inventory(env).take_all()
    assert (len(env.stores.jobs), len(env.stores.letters)) == (1, 1)
    assert "queuedjobs/default/j-uid" in env.keys.added


async def test_a_failed_list_removes_no_stored_job() -> None:
    env = a_shop()
    env.seeing_job(a_job_body())
    env.server.fails = {"GET": [NoAnswer("reset")]}
    with pytest.raises(NoAnswer):
        await inventory(env).find_deleted()
    assert len(env.stores.jobs) == 1


async def test_a_deleted_job_is_found_by_a_list_of_metadata_only() -> None:
    env = a_shop()
    await inventory(env).take_all()
    del env.server.objects[JOB]
    env.server.asked.clear()
    await inventory(env).find_deleted()
    assert (len(env.stores.jobs), len(env.stores.letters)) == (0, 1)
    assert all("PartialObjectMetadataList" in request.headers["accept"] for request in env.server.asked)


async def test_a_job_that_was_created_after_the_list_is_not_taken_for_deleted() -> None:
    env = a_shop()
    env.seeing_job(a_job_body("newer", uid="newer-uid", version=99_999))
    await inventory(env).find_deleted()
    assert "newer-uid" in env.stores.jobs


async def test_an_inventory_without_namespaces_lists_the_whole_cluster() -> None:
    env = ControllerEnv(ApiServer())
    await Inventory(env.client, env.registry, ()).find_deleted()
    assert [request.path for request in env.server.asked] == [paths.jobs(), paths.letters()]
