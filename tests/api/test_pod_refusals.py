"""Answers of the real API server that a unit test can only quote: to pods that are too large, in a race on a quota."""

import asyncio
from typing import Final

import pytest

from queuedjob.kube.client import paths
from queuedjob.kube.client.errors import ApiError, Conflict
from queuedjob.kube.objects.pod_refusals import CreateError, CreateErrorKind, create_error_of
from queuedjob.ports import Body
from tests.api.env.api_server import ApiServerEnv
from tests.api.env.env import Env
from tests.api.env.scripted_pods import SUCCEEDS, ends

_TRIES: Final = 2_000


def a_pod(name: str, size: int = 0) -> Body:
    container = {"name": "main", "image": "busybox", "env": [{"name": "A", "value": "x" * size}]}
    return {"metadata": {"name": name}, "spec": {"containers": [container]}}


async def refusal_for(env: Env, pod: Body) -> CreateError:
    with pytest.raises(ApiError) as refused:
        await env.admin.create(paths.pods(env.namespace), pod)
    return create_error_of(refused.value)


@pytest.mark.parametrize(
    ("size", "rule"),
    [
        pytest.param(4_000_000, "too-large", id="for a request"),
        pytest.param(3_000_000, "too-large", id="for etcd's client"),
        pytest.param(2_000_000, "too-large", id="for etcd"),
    ],
)
async def test_a_pod_that_is_too_large_is_the_specs_fault(api_server_env: ApiServerEnv, size: int, rule: str) -> None:
    async with api_server_env.env(ends(SUCCEEDS)) as env:
        refusal = await refusal_for(env, a_pod("large", size))
    assert (refusal.kind, refusal.rule) == (CreateErrorKind.SPEC_FAULT, rule)


async def test_a_quota_that_others_change_at_the_same_moment_decides_nothing(api_server_env: ApiServerEnv) -> None:
    async with api_server_env.env(ends(SUCCEEDS)) as env:
        path = f"/api/v1/namespaces/{env.namespace}/resourcequotas"
        quota: Body = {"metadata": {"name": "wide"}, "spec": {"hard": {"pods": str(_TRIES)}}}
        await env.admin.create(path, quota)
        found: list[Conflict] = []

        async def change() -> None:
            count = 0
            while not found:
                count += 1
                try:
                    now = await env.admin.get(f"{path}/wide")
                    now["metadata"]["annotations"] = {"changed": str(count)}
                    await env.admin.put(f"{path}/wide", now)
                except Conflict:  # another writer was faster
                    continue

        async def create(serial: int) -> None:
            for number in range(_TRIES):
                if found:
                    return
                try:
                    await env.admin.create(paths.pods(env.namespace), a_pod(f"p-{serial}-{number}"))
                except Conflict as conflict:
                    found.append(conflict)
                    return

        async with asyncio.timeout(60):
            await asyncio.gather(*(change() for _ in range(8)), *(create(serial) for serial in range(8)))
    assert found[0].message.startswith('Operation cannot be fulfilled on resourcequotas "wide"')
    assert create_error_of(found[0]).kind is CreateErrorKind.RETRY
