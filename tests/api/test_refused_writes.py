"""An admission policy refuses the operator's writes to pods: work goes on, and the status says what is refused."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from typing import Any, Final

from queuedjob.api import names
from queuedjob.kube.client import paths
from queuedjob.kube.client.client import Client
from queuedjob.kube.client.errors import NotFound, Refused
from queuedjob.kube.objects.patches import add
from queuedjob.ports import Body
from tests.api.env.api_server import UNSHOWN, ApiServerEnv
from tests.api.env.env import PATIENCE, Env
from tests.api.env.run_scenario import a_job
from tests.api.env.scripted_pods import SUCCEEDS, PodScript, by_number, exited
from tests.api.env.users import USERS

POLICIES: Final = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
BINDINGS: Final = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings"
SETTINGS: Final = UNSHOWN.model_copy(update={"running_after": 0.0})
KEPT: Final = "pods are kept"
QUICK: Final = {"maxAttempts": 3, "backoff": {"initial": "200ms"}}


@asynccontextmanager
async def refusing(env: Env, operation: str) -> AsyncIterator[None]:
    """Refuse this operation on pods to the operator, and to nobody else."""
    name = f"{env.namespace}-{operation.lower()}"
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"], "operations": [operation]}
    place = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": env.namespace}}}
    operator = f"request.userInfo.username == 'system:serviceaccount:{USERS}:{env.namespace}'"
    policy = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {"resourceRules": [rule], **place},
            "matchConditions": [{"name": "operator", "expression": operator}],
            "validations": [{"expression": "false", "message": KEPT}],
        },
    }
    binding = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name},
        "spec": {"policyName": name, "validationActions": ["Deny"]},
    }
    made = [await env.admin.create(POLICIES, policy), await env.admin.create(BINDINGS, binding)]
    try:
        await until_refused(env, operation)
        yield
    finally:
        for path, body in zip((POLICIES, BINDINGS), made, strict=True):
            await env.admin.delete(f"{path}/{name}", uid=body["metadata"]["uid"])


async def until_refused(env: Env, operation: str) -> None:
    """Wait until the policy is in force: the API server hears of it a moment after its creation.

    The decoys have a mark of ours: other pods are kept from operators by a policy that is in force always.
    """
    operator = Client(env.way)
    async with asyncio.timeout(PATIENCE):
        for number in count():
            metadata = {"name": f"decoy-{number}", "labels": {names.JOB_UID_LABEL: "decoy"}}
            decoy = {"metadata": metadata, "spec": {"containers": [{"name": "a", "image": "b"}]}}
            made = await env.admin.create(paths.pods(env.namespace), decoy)
            path, uid = paths.pod(env.namespace, f"decoy-{number}"), made["metadata"]["uid"]
            try:
                if operation == "DELETE":
                    await operator.delete(path, uid=uid, grace=0)
                else:
                    await operator.patch_json(path, [add("/metadata/annotations", {})])
            except Refused as refused:
                if KEPT not in str(refused):
                    raise
                with suppress(NotFound):  # the policy came into force within a DELETE: refused, and yet it is gone
                    await env.admin.delete(path, uid=uid, grace=0)
                return
            if operation != "DELETE":
                await env.admin.delete(path, uid=uid, grace=0)


def conditions(job: Body | None) -> dict[str, Any]:
    return {c["type"]: c for c in ((job or {}).get("status") or {}).get("conditions") or ()}


async def test_attempts_go_on_though_no_old_pod_can_be_deleted(api_server_env: ApiServerEnv) -> None:
    scripts = by_number(PodScript(exited(75)), PodScript(exited(75)), PodScript(SUCCEEDS))
    async with api_server_env.env(scripts, SETTINGS) as env, refusing(env, "DELETE"):
        await env.steady_operator()
        await env.apply(a_job(podHistoryLimit=0, retry=QUICK))
        await env.reaches("job", "Succeeded")
        job = await env.until("it is shown", lambda: conditions(env.history.job("job")).get("WriteRefused"))
        assert "beyond podHistoryLimit, cannot be deleted" in job["message"]
        assert "pods are kept" in job["message"]
        assert len(env.history.pods) == 3


async def test_a_stop_is_carried_out_though_no_pod_can_be_marked(api_server_env: ApiServerEnv) -> None:
    async with api_server_env.env(by_number(PodScript(), PodScript(SUCCEEDS)), SETTINGS) as env:
        await env.steady_operator()
        await env.apply(a_job())
        await env.pod_runs()
        async with refusing(env, "UPDATE"):
            await env.change("job", suspend=True)
            job = await env.reaches("job", "Waiting", "Suspended")
            (attempt,) = job["status"]["attempts"]
            assert (attempt["rule"], attempt.get("counted", False)) == ("stopped-suspended", False)
            (seen,) = env.history.pods
            assert names.STOP_REASON_ANNOTATION not in seen["metadata"]["annotations"]
            refused = await env.until("it is shown", lambda: conditions(env.history.job("job")).get("WriteRefused"))
            assert "cannot be released" in refused["message"]
        await env.change("job", suspend=False)
        await env.reaches("job", "Succeeded")
        await env.is_at_rest()
        await env.until("it is gone", lambda: "WriteRefused" not in conditions(env.history.job("job")))


async def test_a_stop_that_is_refused_is_shown_and_carried_out_later(api_server_env: ApiServerEnv) -> None:
    async with api_server_env.env(by_number(PodScript()), SETTINGS) as env:
        await env.steady_operator()
        await env.apply(a_job())
        await env.pod_runs()
        async with refusing(env, "DELETE"):
            await env.change("job", cancel=True)
            job = await env.reaches("job", "Running", "StopRefused")
            assert "attempt 1 must stop (cancelled), and it cannot be stopped" in job["status"]["message"]
        await env.reaches("job", "Cancelled")
