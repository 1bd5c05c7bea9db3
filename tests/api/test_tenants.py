"""Tenants who mean harm: what they forge in their own namespaces decides nothing elsewhere, and makes nothing free."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from queuedjob.api import names
from queuedjob.api.identity import letter_name
from queuedjob.kube.client import paths
from queuedjob.kube.client.client import Client, Operation
from queuedjob.kube.client.errors import NotFound, Refused
from queuedjob.kube.objects.patches import add, pointer
from queuedjob.ports import Body, Request
from tests.api.env.api_server import UNSHOWN, ApiServerEnv
from tests.api.env.env import PATIENCE, Env
from tests.api.env.run_scenario import a_job
from tests.api.env.scripted_pods import RUNS_ON, by_number, ends, exited

SUCCEEDED: Body = {
    "phase": "Succeeded",
    "containerStatuses": [
        {
            "name": "main",
            "image": "busybox",
            "imageID": "",
            "ready": False,
            "restartCount": 0,
            "state": {"terminated": {"exitCode": 0, "reason": "Completed", "message": '{"result": {"forged": true}}'}},
        }
    ],
}


async def test_a_pod_of_another_namespace_that_claims_to_be_the_jobs_decides_nothing(
    api_server_env: ApiServerEnv,
) -> None:
    async with (
        api_server_env.env(by_number(RUNS_ON), through_kopf=True, two_namespaces=True) as env,
        api_server_env.tenant(env.elsewhere) as tenant,
    ):
        await env.steady_operator()
        await env.apply(a_job())
        await env.reaches("job", "Running")
        await forge_pod(env, tenant, like=await env.pod_runs())
        job = await env.reaches("job", "Running")
        assert job["status"].get("result") is None
        assert [(entry["number"], entry.get("finishTime")) for entry in job["status"]["attempts"]] == [(1, None)]
        assert [pod["metadata"].get("deletionTimestamp") for pod in env.history.pods] == [None]
        env.check()


async def test_a_name_in_an_owner_reference_leads_no_request_into_another_namespace(
    api_server_env: ApiServerEnv,
) -> None:
    async with (
        api_server_env.env(by_number(RUNS_ON), through_kopf=True, two_namespaces=True) as env,
        api_server_env.tenant(env.elsewhere) as tenant,
    ):
        operator = await env.steady_operator()
        asked: list[str] = []

        def noted(request: Request) -> bool:
            asked.append(request.path)
            return False

        operator.holds.at_reads(noted)
        await env.apply(a_job())
        await env.reaches("job", "Running")
        await forge_pod(
            env, tenant, like=await env.pod_runs(), uid="no-job", name=f"../../{env.namespace}/queuedjobs/job"
        )
        assert f"{paths.jobs(env.elsewhere)}" in asked
        assert [path for path in asked if ".." in path] == []
        env.check()


async def test_the_label_of_a_job_on_a_pod_of_a_replica_set_does_not_have_the_pod_stopped(
    api_server_env: ApiServerEnv,
) -> None:
    async with (
        api_server_env.env(by_number(RUNS_ON), through_kopf=True, two_namespaces=True) as env,
        api_server_env.tenant(env.elsewhere) as tenant,
    ):
        await env.steady_operator()
        job = await env.admin.create(paths.jobs(env.elsewhere), a_job(suspend=True))
        pod = await pod_of_a_replica_set(env, tenant)
        labels = {**pod["metadata"]["labels"], names.JOB_LABEL: "job", names.JOB_UID_LABEL: job["metadata"]["uid"]}
        await forged(env, tenant, lambda who: who.patch_json(_path(pod), [add("/metadata/labels", labels)]))
        await the_watch_is_past(env, tenant)
        now = await env.admin.get(_path(pod))
        assert names.STOP_REASON_ANNOTATION not in now["metadata"].get("annotations", {})
        assert "deletionTimestamp" not in now["metadata"]
        env.check()


async def test_a_dead_letter_of_another_namespace_swallows_no_death(api_server_env: ApiServerEnv) -> None:
    async with api_server_env.env(ends(exited(64)), UNSHOWN, through_kopf=True, two_namespaces=True) as env:
        operator = await env.steady_operator()
        job = await env.apply(a_job(suspend=True))
        ref = {"name": "job", "uid": job["metadata"]["uid"], "generation": 1}
        await env.admin.create(
            paths.letters(env.elsewhere),
            {
                "apiVersion": names.API_VERSION,
                "kind": "DeadLetter",
                "metadata": {"name": letter_name("job", ref["uid"], 0)},
                "spec": {"jobRef": ref, "job": {"spec": a_job()["spec"]}, "reason": "Permanent"},
            },
        )

        async def seen() -> bool:
            return len(operator.operator.stores.letters) == 1

        await _until(seen, "the operator has seen the letter")
        await env.change("job", suspend=False)
        await env.reaches("job", "DeadLettered")
        await env.is_at_rest()
        dead, (letter,) = await env.reaches("job", "DeadLettered"), env.history.letters
        assert dead["status"]["deadLetterRef"]["uid"] == letter["metadata"]["uid"]
        env.check()


async def test_a_stop_reason_that_somebody_writes_makes_no_attempt_free(api_server_env: ApiServerEnv) -> None:
    async with (
        api_server_env.env(by_number(RUNS_ON)) as env,
        api_server_env.tenant(env.namespace) as tenant,
    ):
        await env.steady_operator()
        await env.apply(a_job(retry={"maxAttempts": 1, "maxDisruptions": 1}))
        for number in (1, 2):
            pod = await env.pod_runs(number)
            written = add(pointer("metadata", "annotations", names.STOP_REASON_ANNOTATION), "suspended")
            await forged(env, tenant, partial(_patched, _path(pod), written))
        dead = await env.reaches("job", "DeadLettered", "MaxDisruptions")
        assert [entry["rule"] for entry in dead["status"]["attempts"]] == ["stop-not-asked"] * 2
        assert dead["status"]["counters"] == {"pods": 2, "disruptions": 2, "byClass": {"Disruption": 2}}
        await env.is_at_rest()
        env.check()


# --- what tenants do


async def forged(env: Env, tenant: Client, write: Callable[[Client], Awaitable[Body]]) -> Body:
    """Write as the tenant. Where an admission policy forbids it, write as on a cluster without that policy."""
    try:
        return await write(tenant)
    except Refused:
        return await write(env.admin)


async def forge_pod(env: Env, tenant: Client, *, like: Body, **owner: str) -> None:
    """Create a pod like `like` elsewhere, with `owner` changed in its owner reference. It succeeds with a result.

    Return once the operator has released it, so has seen its end.
    """
    metadata = like["metadata"]
    (reference,) = metadata["ownerReferences"]
    body: Body = {
        "metadata": {
            **{key: metadata[key] for key in ("name", "labels", "annotations", "finalizers")},
            "ownerReferences": [{**reference, "blockOwnerDeletion": False, **owner}],
        },
        "spec": {"containers": [{"name": "main", "image": "busybox"}], "restartPolicy": "Never"},
    }
    made = await forged(env, tenant, lambda who: who.create(paths.pods(env.elsewhere), body))
    await env.admin.patch_json(f"{_path(made)}/status", [add("/status", {**made["status"], **SUCCEEDED})])
    await _until(lambda: _is_released(env, made), "the forged pod is released")


async def pod_of_a_replica_set(env: Env, tenant: Client) -> Body:
    """Create a ReplicaSet elsewhere, and return its pod."""
    web = {"app": "web"}
    template = {"metadata": {"labels": web}, "spec": {"containers": [{"name": "main", "image": "busybox"}]}}
    body: Body = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {"name": "web"},
        "spec": {"replicas": 1, "selector": {"matchLabels": web}, "template": template},
    }
    await tenant.create(f"/apis/apps/v1/namespaces/{env.elsewhere}/replicasets", body)
    found: list[Body] = []

    async def there() -> bool:
        found[:] = (await env.admin.get(paths.pods(env.elsewhere)))["items"]
        return bool(found)

    await _until(there, "the ReplicaSet has its pod")
    return found[0]


async def the_watch_is_past(env: Env, tenant: Client) -> None:
    """Wait until the operator has handled an event of a pod that came after all events until now."""
    body: Body = {
        "metadata": {"name": "last", "labels": {names.JOB_LABEL: "none"}, "finalizers": [names.FINALIZER]},
        "spec": {"containers": [{"name": "main", "image": "busybox"}]},
    }
    made = await forged(env, tenant, lambda who: who.create(paths.pods(env.elsewhere), body))
    await _until(lambda: _is_released(env, made), "the last pod is released")


async def _is_released(env: Env, pod: Body) -> bool:
    try:
        now = await env.admin.get(_path(pod))
    except NotFound:
        return True
    return names.FINALIZER not in (now["metadata"].get("finalizers") or ())


async def _patched(path: str, operation: Operation, who: Client) -> Body:
    return await who.patch_json(path, [operation])


async def _until(holds: Callable[[], Awaitable[bool]], what: str) -> None:
    try:
        async with asyncio.timeout(PATIENCE):
            while not await holds():  # noqa: ASYNC110 - this namespace is not observed
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"not within {PATIENCE:.0f} s: {what}") from None


def _path(pod: Body) -> str:
    return paths.pod(pod["metadata"]["namespace"], pod["metadata"]["name"])
