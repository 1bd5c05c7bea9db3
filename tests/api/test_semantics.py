"""The simulated API server against the real one: each difference between their answers is a fault of the simulation."""

import asyncio
import difflib
import time
import uuid
from collections.abc import AsyncIterator
from typing import Final

import pytest
import pytest_asyncio

from dev.cluster.waiting import tries
from queuedjob.kube.client.client import Client
from queuedjob.ports import Transport
from queuedjob.runtime.clock import RealClock
from tests.api.conftest import ApiCluster
from tests.api.env.api_server import FAREWELL
from tests.api.env.users import ApiServer, make_namespace, transport_over
from tests.api.semantics import CASES, Case
from tests.api.semantics.admission import a_quota_of_letters_holds
from tests.api.semantics.api import Api
from tests.api.semantics.simulated import told_by_simulated
from tests.api.semantics.transcript import comparable

pytestmark = pytest.mark.asyncio(loop_scope="module")

_A_MOMENT: Final = 0.05
"""Seconds to wait for the controllers."""

_COUNTS_WITHIN: Final = 120.0
_LETTERS: Final = "count/deadletters.queuedjob.dev"


class _Cluster:
    """The real cluster: its controllers work at any time."""

    def __init__(self, cluster: ApiCluster) -> None:
        self._cluster = cluster

    async def keep_house(self) -> None:
        await asyncio.sleep(_A_MOMENT)

    async def forget(self) -> None:
        await asyncio.to_thread(self._cluster.forget_the_beginning)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def way(cluster: ApiCluster) -> AsyncIterator[Transport]:
    """The administrator's transport, one for all cases: to open and close it takes longer than most cases."""
    async with transport_over(ApiServer(cluster.kubeconfig).connection()) as it:
        yield it
    await asyncio.sleep(FAREWELL)


def _until_quotas_count_letters(cluster: ApiCluster) -> None:
    """Wait until quotas hold for our kinds.

    Their controller learns of a new kind within half a minute, and looks at a quota that it saw before only minutes
    later.
    """
    namespace, quota = cluster.namespace("quota"), ("quota", "probe")
    used = ""
    for _ in tries(_COUNTS_WITHIN):
        cluster.kubectl.run("create", *quota, f"--namespace={namespace}", f"--hard={_LETTERS}=0")
        time.sleep(_A_MOMENT)
        used = cluster.kubectl.run("get", *quota, f"--namespace={namespace}", "--output=jsonpath={.status.used}")
        if _LETTERS in used:
            return
        cluster.kubectl.run("delete", *quota, f"--namespace={namespace}")
    raise AssertionError(f"no quota counts {_LETTERS} after {_COUNTS_WITHIN:.0f} s; the last one said {used!r}")


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_both_api_servers_give_the_same_answers(case: Case, way: Transport, cluster: ApiCluster) -> None:
    if case is a_quota_of_letters_holds:
        await asyncio.to_thread(_until_quotas_count_letters, cluster)
    real = await _told_by_real(case, way, cluster)
    simulated = await told_by_simulated(case, RealClock())
    differences = difflib.unified_diff(real, simulated, "the real API server", "the simulated one", lineterm="", n=0)
    assert simulated == real, "\n".join(differences)


async def _told_by_real(case: Case, way: Transport, cluster: ApiCluster) -> list[str]:
    namespace = f"semantics-{uuid.uuid4().hex[:10]}"
    await make_namespace(Client(way), namespace)
    api = Api(way, namespace, _Cluster(cluster))
    await case(api)
    return comparable(api.said, namespace)
