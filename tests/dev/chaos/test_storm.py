import asyncio

import pytest

from dev.chaos.storm import unless_broken
from dev.cluster import ClusterError


async def for_ever() -> None:
    await asyncio.Event().wait()


async def breaks() -> None:
    """Raise an error as a supervisor does when a component cannot be started again."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(for_ever())
        await asyncio.sleep(0)
        raise ClusterError("etcd does not start")


async def test_work_that_comes_to_its_end_leaves_the_supervisor_at_work() -> None:
    supervisor = asyncio.create_task(for_ever())
    await unless_broken(supervisor, asyncio.sleep(0))
    assert not supervisor.done()
    supervisor.cancel()


async def test_an_error_of_the_supervisor_ends_the_work_and_is_raised_alone() -> None:
    work = asyncio.create_task(for_ever())
    with pytest.raises(ClusterError, match="etcd does not start"):
        await unless_broken(asyncio.create_task(breaks()), work)
    assert work.cancelled()


async def test_an_error_of_the_work_is_raised_alone() -> None:
    supervisor = asyncio.create_task(for_ever())
    with pytest.raises(ClusterError, match="etcd does not start"):
        await unless_broken(supervisor, breaks())
    supervisor.cancel()
