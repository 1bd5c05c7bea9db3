import asyncio
from itertools import pairwise

import pytest

from queuedjob.controllers.inventory import Inventory
from queuedjob.controllers.job.unlabelled_pods import UnlabelledPods
from queuedjob.controllers.namespaces import Namespaces
from queuedjob.kube.client import paths
from queuedjob.ports import Body, NoAnswer
from tests.unit.controllers.api_server import ApiServer, a_job_body, a_letter_body
from tests.unit.controllers.controller_env import ControllerEnv
from tests.unit.kube.client.scripted import answer
from tests.until import until

JOB = paths.job("default", "j")
LETTER = paths.letter("default", "j-abcdefghij")
ALL = Namespaces(("default",), lambda *_, **__: None)
UID = "j-abcdefghij-1-uid"


def a_shop() -> ControllerEnv:
    return ControllerEnv(ApiServer((JOB, a_job_body()), (LETTER, a_letter_body())))


def inventory(env: ControllerEnv, *namespaces: str) -> Inventory:
    return Inventory(env.client, env.clock, env.registry, Namespaces(namespaces or ("default",), lambda *_, **__: None))


async def test_the_first_inventory_stores_every_job_and_dead_letter() -> None:
    env = a_shop()
    await inventory(env).take_all()
    assert (len(env.stores.jobs), len(env.stores.letters)) == (1, 1)
    assert "queuedjobs/default/j-uid" in env.keys.added


async def test_other_tasks_run_while_the_jobs_of_a_page_are_read() -> None:
    """A tenant's jobs of 256 KiB take 12 ms each; a probe may not wait for a whole page of them."""
    jobs = {paths.job("default", f"j{n}"): a_job_body(f"j{n}", uid=f"u{n}") for n in range(100)}
    env = ControllerEnv(ApiServer(*jobs.items()))
    known = [0]

    async def watch() -> None:
        while True:
            known.append(len(env.stores.jobs))
            await asyncio.sleep(0)

    watching = asyncio.create_task(watch())
    await inventory(env).take_all()
    watching.cancel()
    assert len(env.stores.jobs) == 100
    assert max(later - earlier for earlier, later in pairwise([*known, 100])) <= 8


async def test_a_failed_list_removes_no_stored_job() -> None:
    env = a_shop()
    env.seeing_job(a_job_body())
    env.server.fails = {"GET": [NoAnswer("reset")]}
    with pytest.raises(NoAnswer):
        await inventory(env).resync()
    assert len(env.stores.jobs) == 1


@pytest.mark.parametrize(
    "page",
    [
        pytest.param({"metadata": {"resourceVersion": "abc"}, "items": []}, id="no number"),
        pytest.param({"metadata": {"resourceVersion": "9"}, "items": [{"metadata": {"name": "j"}}]}, id="no UID"),
    ],
)
async def test_a_list_that_breaks_the_conventions_is_a_failed_list(page: Body) -> None:
    env = a_shop()
    env.seeing_job(a_job_body())
    for work in (inventory(env).resync, inventory(env).take_all, UnlabelledPods(env.client, env.stores.pods, ALL).find):
        env.server.fails = {"GET": [answer(200, page)]}
        with pytest.raises(NoAnswer):
            await work()
    assert len(env.stores.jobs) == 1


async def test_a_deleted_job_is_found_by_a_list_of_metadata_only() -> None:
    env = a_shop()
    await inventory(env).take_all()
    del env.server.objects[JOB]
    env.server.asked.clear()
    await inventory(env).resync()
    assert (len(env.stores.jobs), len(env.stores.letters)) == (0, 1)
    assert all("PartialObjectMetadataList" in request.headers["accept"] for request in env.server.asked)


async def test_a_change_that_no_event_brought_is_read_by_the_resync() -> None:
    env = a_shop()
    await inventory(env).take_all()
    env.server.objects[JOB] = a_job_body(version=99)
    env.server.asked.clear()
    await inventory(env).resync()
    assert [job.resource_version for job in env.stores.jobs] == [99]
    assert [request.path for request in env.server.asked][-1] == JOB
    env.server.asked.clear()
    await inventory(env).resync()
    assert JOB not in [request.path for request in env.server.asked], "nothing differs any more"


async def test_a_change_that_an_event_brings_after_the_list_is_not_read() -> None:
    env = a_shop()
    await inventory(env).take_all()
    env.server.objects[JOB] = a_job_body(version=99)
    env.server.asked.clear()
    resync = asyncio.create_task(inventory(env).resync())
    await until(lambda: len(env.server.asked) == 2, "both kinds are listed")
    env.stores.jobs.take("MODIFIED", a_job_body(version=99))
    await resync
    assert JOB not in [request.path for request in env.server.asked]


async def test_a_job_that_is_gone_when_the_resync_reads_it_is_left_to_the_watch() -> None:
    env = a_shop()
    resync = asyncio.create_task(inventory(env).resync())
    await until(lambda: len(env.server.asked) == 2, "both kinds are listed")
    del env.server.objects[JOB]
    await resync
    assert (len(env.stores.jobs), len(env.stores.letters)) == (0, 1)


async def test_a_job_that_was_created_after_the_list_is_not_taken_for_deleted() -> None:
    env = a_shop()
    env.seeing_job(a_job_body("newer", uid="newer-uid", version=99_999))
    await inventory(env).resync()
    assert "newer-uid" in env.stores.jobs


async def test_an_inventory_without_namespaces_lists_the_whole_cluster() -> None:
    env = ControllerEnv(ApiServer())
    await Inventory(env.client, env.clock, env.registry, Namespaces((), lambda *_, **__: None)).resync()
    assert [request.path for request in env.server.asked] == [paths.jobs(), paths.letters()]
