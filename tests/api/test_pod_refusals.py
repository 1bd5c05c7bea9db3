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


def limited(**limits: str) -> Body:
    return {"containers": [{"name": "main", "image": "busybox", "resources": {"limits": limits}}]}


def mounted(sub_path: str) -> Body:
    mounts = [{"name": "v", "mountPath": "/v", "subPath": sub_path}]
    containers = [{"name": "main", "image": "busybox", "volumeMounts": mounts}]
    return {"containers": containers, "volumes": [{"name": "v", "emptyDir": {}}]}


SPREAD: Final = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}
SERVING: Final = [{"name": name, "image": "busybox", "ports": [{"containerPort": 81}]} for name in ("a", "b")]


async def refusal_for(env: Env, pod: Body) -> CreateError:
    with pytest.raises(ApiError) as refused:
        await env.admin.create(paths.pods(env.namespace), pod)
    return create_error_of(refused.value, pod)


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


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(limited(memroy="1Gi"), id="a misspelt resource"),
        pytest.param(limited(**{"example.com/gpu": "0.5"}), id="a part of a device"),
        pytest.param(limited(cpu="-1"), id="a limit below 0"),
        pytest.param(mounted("../y"), id="a path that leaves its volume"),
        pytest.param(mounted("/abs"), id="an absolute path in a volume"),
        pytest.param(a_pod("p")["spec"] | {"topologySpreadConstraints": [SPREAD, SPREAD]}, id="a constraint twice"),
        pytest.param({"hostNetwork": True, "containers": SERVING}, id="a port of the host twice"),
        pytest.param(limited(cpu="2") | {"resources": {"limits": {"cpu": "1"}}}, id="more than the pod may have"),
    ],
)
async def test_a_fault_of_the_template_is_the_specs_also_where_the_api_server_names_what_it_derived(
    api_server_env: ApiServerEnv, spec: Body
) -> None:
    async with api_server_env.env(ends(SUCCEEDS)) as env:
        refusal = await refusal_for(env, {"metadata": {"name": "p"}, "spec": spec})
    assert (refusal.kind, refusal.rule) == (CreateErrorKind.SPEC_FAULT, "invalid"), refusal.message


async def test_a_request_above_a_limit_that_a_limit_range_sets_is_no_fault_of_the_spec(
    api_server_env: ApiServerEnv,
) -> None:
    async with api_server_env.env(ends(SUCCEEDS)) as env:
        limit = {"type": "Container", "default": {"memory": "1Gi"}, "defaultRequest": {"memory": "1Gi"}}
        body: Body = {"metadata": {"name": "small"}, "spec": {"limits": [limit]}}
        await env.admin.create(f"/api/v1/namespaces/{env.namespace}/limitranges", body)
        asking = {"name": "main", "image": "busybox", "resources": {"requests": {"memory": "2Gi"}}}
        refusal = await refusal_for(env, {"metadata": {"name": "p"}, "spec": {"containers": [asking]}})
    assert (refusal.kind, refusal.rule) == (CreateErrorKind.MENDABLE, "invalid-by-default"), refusal.message


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
