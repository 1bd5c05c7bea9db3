"""Two operators and their Lease on a real API server: one works, the other takes over, and what is late is refused."""

import asyncio
import copy
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import pytest

from dev.cluster.locks import locked
from queuedjob.api import names
from queuedjob.kube.client import paths
from queuedjob.kube.client.client import Client
from queuedjob.kube.client.errors import AlreadyExists, ApiError, NotFound, Refused
from queuedjob.leadership.exclusive import AnotherLeads, make_sure_that_none_leads
from queuedjob.leadership.lease import Lease
from queuedjob.ports import Body, Lines, NoAnswer, Request, Response, Transport
from queuedjob.runtime.clock import RealClock
from tests.api.conftest import ApiCluster
from tests.api.env.api_server import SETTINGS, ApiServerEnv
from tests.api.env.env import PATIENCE, Env, RunningOperator
from tests.api.env.run_scenario import a_job
from tests.api.env.scripted_pods import RUNS_ON, SUCCEEDS, PodScripts, by_number, ends
from tests.api.env.users import USERS, make_namespace

NAMESPACE, NAME = names.NAMESPACE, names.LEASE
LEASE: Final = paths.lease(NAMESPACE, NAME)
ELECTING: Final = SETTINGS.model_copy(
    update={"leader_elect": True, "lease_namespace": NAMESPACE, "lease_name": NAME, "lease_duration": 8.0}
)
PATIENT: Final = ELECTING.model_copy(update={"lease_duration": 60.0})
"""A standby that had to wait for the end of this term would be too late for these tests."""


class Switch:
    """A connection that can be cut and mended."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self.on = True

    async def send(self, request: Request) -> Response:
        if not self.on:
            await asyncio.sleep(min(0.2, request.timeout))
            raise NoAnswer("cut")
        return await self._inner.send(request)

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[Lines]:
        if not self.on:
            raise NoAnswer("cut")
        async with self._inner.stream(request) as lines:
            yield Lines(lines.status, lines.headers, self._while_on(lines.lines))

    async def _while_on(self, lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for line in lines:
            if not self.on:
                raise NoAnswer("cut")
            yield line


@asynccontextmanager
async def installed(server: ApiServerEnv, cluster: ApiCluster, scripts: PodScripts, **more: Any) -> AsyncIterator[Env]:  # noqa: ANN401
    """An environment whose operators stand for the cluster's one Lease, which is empty at first."""
    with locked(cluster.kubeconfig.parent / "lease.lock", "the Lease of the operators"):
        with suppress(AlreadyExists):
            await make_namespace(server.admin, NAMESPACE)
        await _forget_the_lease(server.admin)
        metadata = {"name": NAME, "namespace": NAMESPACE}
        await server.admin.create(paths.leases(NAMESPACE), {"metadata": metadata, "spec": {}})
        async with server.env(scripts, **{"settings": ELECTING, **more}) as env:
            await _let_stand(env)
            yield env
        await _forget_the_lease(server.admin)


async def _forget_the_lease(admin: Client) -> None:
    with suppress(NotFound):
        await admin.delete(LEASE, uid=(await admin.get(LEASE))["metadata"]["uid"])


async def _let_stand(env: Env) -> None:
    """Bind the role of leader election for the operator's user, and wait until it may read the Lease."""
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "queuedjob-operator-lease"}
    subjects = [{"kind": "ServiceAccount", "name": env.namespace, "namespace": USERS}]
    binding = {"metadata": {"name": env.namespace}, "roleRef": role, "subjects": subjects}
    await env.admin.create(f"/apis/rbac.authorization.k8s.io/v1/namespaces/{NAMESPACE}/rolebindings", binding)
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                await Client(env.way).get(LEASE)
            except ApiError:
                await asyncio.sleep(0.02)
            else:
                return


async def until(env: Env, what: str, holds: Callable[[], bool]) -> None:
    """Wait until `holds()` is true; after a minute, fail with the objects and logs."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not holds():  # noqa: ASYNC110 - only asking tells
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"not within {PATIENCE:.0f} s: {what}\n{env.tell()}") from None


async def a_leader(env: Env) -> RunningOperator:
    """Start an operator, and return it once it leads."""
    started = env.start_operator()
    await until(env, "the first operator leads", lambda: started.operator.work is not None)
    return started


async def two(env: Env) -> tuple[RunningOperator, RunningOperator]:
    """Start two operators. Return the one that leads, and the standby."""
    leader, standby = await a_leader(env), env.start_operator()
    await until(env, "the standby is ready", lambda: standby.operator.health.started)
    return leader, standby


def attempts_of(env: Env, name: str) -> list[int]:
    """The numbers of a job's attempts that had a pod."""
    uid = (env.history.job(name) or {})["metadata"]["uid"]
    of_job = (
        each.body for each in env.history.of("pods") if each.body["metadata"]["labels"][names.JOB_UID_LABEL] == uid
    )
    return sorted({int(body["metadata"]["labels"][names.ATTEMPT_LABEL]) for body in of_job})


async def test_a_killed_leader_is_replaced_and_no_attempt_is_made_twice(
    api_server_env: ApiServerEnv, cluster: ApiCluster
) -> None:
    async with installed(api_server_env, cluster, by_number(RUNS_ON)) as env:
        leader, standby = await two(env)
        for number in range(4):
            await env.apply(a_job(name=f"job{number}"))
        for number in range(4):
            await env.reaches(f"job{number}", "Running")
        assert standby.operator.work is None
        leader.lifetime.end()
        await env.apply(a_job(name="job4"))
        await env.reaches("job4", "Running")
        assert standby.operator.work is not None
        assert [attempts_of(env, f"job{number}") for number in range(5)] == [[1]] * 5
        term = env.history.pods[-1]["metadata"]["labels"][names.TERM_LABEL]
        lease = await env.admin.get(LEASE)
        assert lease["spec"]["holderIdentity"] == term
        assert lease["spec"]["leaseTransitions"] == 2
        env.check()


async def test_a_leader_that_is_stopped_hands_over_within_seconds(
    api_server_env: ApiServerEnv, cluster: ApiCluster
) -> None:
    async with installed(api_server_env, cluster, ends(SUCCEEDS), settings=PATIENT) as env:
        leader, standby = await two(env)
        await leader.operator.drain()
        await env.bury(leader)
        await env.apply(a_job())
        await env.reaches("job", "Succeeded")
        assert standby.operator.work is not None
        assert (await env.admin.get(LEASE))["metadata"].get("annotations") is None, "what was late is for one term"


async def test_the_api_server_away_for_longer_than_the_lease_costs_no_restart(
    api_server_env: ApiServerEnv, cluster: ApiCluster
) -> None:
    async with installed(api_server_env, cluster, ends(SUCCEEDS)) as env:
        env.way = switch = Switch(env.way)
        leader, standby = await two(env)
        switch.on = False
        await until(env, "its term is over", lambda: leader.operator.work is None)
        switch.on = True
        await env.apply(a_job())
        await env.reaches("job", "Succeeded")
        assert not leader.task.done()
        assert not standby.task.done()


def pod_of_a_term(env: Env, term: str) -> Body:
    """The pod of an attempt as it was created, with another name, in this term."""
    body: Body = copy.deepcopy(env.history.pods[0])
    metadata = {key: body["metadata"][key] for key in ("labels", "annotations", "finalizers", "ownerReferences")}
    metadata["labels"][names.TERM_LABEL] = term
    body["spec"].pop("nodeName", None)
    return {"metadata": {**metadata, "name": "late"}, "spec": body["spec"]}


async def test_a_pod_of_a_term_that_is_over_is_refused(api_server_env: ApiServerEnv, cluster: ApiCluster) -> None:
    async with installed(api_server_env, cluster, by_number(RUNS_ON)) as env:
        leader = env.start_operator()
        await env.apply(a_job())
        await env.pod_runs()
        term = env.history.pods[0]["metadata"]["labels"][names.TERM_LABEL]
        leader.lifetime.end()
        client = Client(env.way)
        made = await client.create(paths.pods(env.namespace), pod_of_a_term(env, term), query={"dryRun": "All"})
        assert made["metadata"]["name"] == "late", "while the Lease names the term, the pod may come"
        lease = await env.admin.get(LEASE)
        lease["spec"]["holderIdentity"] = "another"
        await env.admin.put(LEASE, lease)
        refused = await refusal(client, paths.pods(env.namespace), pod_of_a_term(env, term))
        assert refused.message.startswith('pods "late" is forbidden: ValidatingAdmissionPolicy \'queuedjob-term')
        assert f"the term {term} is over, and another operator may lead" in refused.message
        await _forget_the_lease(env.admin)
        refused = await refusal(client, paths.pods(env.namespace), pod_of_a_term(env, "another"))
        assert "queuedjob-term" in refused.message, "without a Lease nothing of a term comes"


async def refusal(client: Client, path: str, body: Body) -> Refused:
    """Try until the API server refuses, which sees a change of the Lease a moment after it."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                await client.create(path, body, query={"dryRun": "All"})
            except Refused as refused:
                return refused
            await asyncio.sleep(0.02)


async def test_a_user_who_may_edit_cannot_write_such_a_lease(api_server_env: ApiServerEnv) -> None:
    """The role `edit` of Kubernetes may write Leases."""
    async with api_server_env.env(ends(SUCCEEDS)) as env, api_server_env.tenant(env.namespace) as tenant:
        path = paths.lease(env.namespace, NAME)
        metadata = {"name": NAME, "namespace": env.namespace}
        lease = await env.admin.create(paths.leases(env.namespace), {"metadata": metadata, "spec": {}})
        for write in (tenant.put(path, lease), tenant.delete(path, uid=lease["metadata"]["uid"])):
            with pytest.raises(Refused, match="a Lease named queuedjob-operator says which operator"):
                await write
        await tenant.create(paths.leases(env.namespace), {"metadata": {"name": "theirs"}, "spec": {}})


async def test_an_operator_without_election_does_not_start_beside_a_leader(
    api_server_env: ApiServerEnv, cluster: ApiCluster
) -> None:
    async with installed(api_server_env, cluster, ends(SUCCEEDS)) as env:
        await a_leader(env)
        lease = Lease(env.way, RealClock(), namespace=NAMESPACE, name=NAME)
        with pytest.raises(AnotherLeads, match="stop it, or start this one with --leader-elect"):
            await make_sure_that_none_leads(lease, RealClock())
