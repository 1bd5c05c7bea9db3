"""A confined operator takes each of its namespaces by itself: a Role that is gone costs the others nothing."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from queuedjob.kube.client import paths
from queuedjob.kube.client.client import Client
from queuedjob.kube.client.errors import ApiError
from tests.api.env.api_server import ApiServerEnv
from tests.api.env.env import PATIENCE, Env
from tests.api.env.run_scenario import a_job
from tests.api.env.scripted_pods import SUCCEEDS, ends
from tests.api.env.users import let_operator_in, make_namespace


async def until(what: str, holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until `holds()` is true; fail after a minute."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not await holds():  # noqa: ASYNC110 - only asking tells
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"not within {PATIENCE:.0f} s: {what}") from None


@asynccontextmanager
async def beside(env: Env) -> AsyncIterator[str]:
    """Another namespace, in which the operators of `env` work, too."""
    other = f"beside-{uuid.uuid4().hex[:10]}"
    await make_namespace(env.admin, other)
    await let_operator_in(env.admin, other, account=env.namespace)
    env.settings = env.settings.model_copy(update={"namespace": (env.namespace, other)})
    yield other


@pytest.mark.parametrize("through_kopf", [False, True], ids=["list and watch", "kopf"])
async def test_a_namespace_whose_role_is_gone_costs_the_others_nothing(
    api_server_env: ApiServerEnv,
    through_kopf: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    async with api_server_env.env(ends(SUCCEEDS), through_kopf=through_kopf) as env, beside(env) as other:
        binding = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{other}/rolebindings/operator"
        uid = (await env.admin.get(binding))["metadata"]["uid"]
        await env.admin.delete(binding, uid=uid)
        client = Client(env.way)
        await until("the Role is gone", lambda: _may_not_list(client, other))
        running = env.start_operator()
        await env.admin.create(paths.jobs(other), a_job())
        await env.apply(a_job())
        await env.reaches("job", "Succeeded")
        health = running.operator.health
        assert (health.readiness_problems(), running.operator.namespaces.lost) == ([], (other,))
        await let_operator_in(env.admin, other, account=env.namespace)
        await until("its job has a pod", lambda: _has_pods(env.admin, other))
        assert running.operator.namespaces.lost == ()


async def _has_pods(admin: Client, namespace: str) -> bool:
    return any([page.items async for page in admin.list_pages(paths.pods(namespace))])


async def _may_not_list(client: Client, namespace: str) -> bool:
    try:
        async for _ in client.list_pages(paths.jobs(namespace), page=1):
            pass
    except ApiError:
        return True
    return False
