"""Pods that are created late: requested by an operator that is dead, or for a run of their job that is over."""

import copy

from queuedjob.api import names
from queuedjob.api.identity import pod_name
from queuedjob.kube.client import paths
from queuedjob.ports import Body
from tests.api.env.api_server import UNSHOWN, ApiServerEnv
from tests.api.env.env import Env
from tests.api.env.faults import Fault
from tests.api.env.run_scenario import a_job
from tests.api.env.scripted_pods import RUNS_ON, SUCCEEDS, PodScript, by_number, by_run, ends, exited


def last_of(env: Env, uid: str) -> Body | None:
    """The last version of a pod, once its deletion was seen; None before that."""
    return next((sight.body for sight in env.history.of("pods") if sight.uid == uid and sight.gone), None)


async def cancelled_with_one_stopped(env: Env) -> None:
    """Check that the late pod was created first, then stopped, and that the job was Cancelled only after that."""
    job = await env.reaches("job", "Cancelled")
    assert job["status"]["counters"] == {"pods": 1, "byClass": {"Stopped": 1}}, env.tell()
    await env.is_at_rest()
    env.check()


async def test_a_job_is_not_cancelled_before_what_a_dead_operator_asked_for_has_come(
    api_server_env: ApiServerEnv,
) -> None:
    async with api_server_env.env(by_number(RUNS_ON), UNSHOWN) as env:
        operator = await env.steady_operator({1: Fault.DIES_AND_ARRIVES_LATE})
        await env.apply(a_job())
        await operator.lifetime.over.wait()
        env.start_operator()
        await env.change("job", cancel=True)
        await cancelled_with_one_stopped(env)


async def test_a_job_is_not_cancelled_before_what_was_given_up_for_lost_has_come(api_server_env: ApiServerEnv) -> None:
    async with api_server_env.env(by_number(RUNS_ON), UNSHOWN) as env:
        operator = await env.steady_operator({1: Fault.ARRIVES_LATE})
        await env.apply(a_job())
        await operator.lifetime.hit.wait()
        await env.change("job", cancel=True)
        await cancelled_with_one_stopped(env)


async def test_a_pod_that_comes_after_its_job_was_deleted_is_let_go(api_server_env: ApiServerEnv) -> None:
    async with api_server_env.env(by_number(RUNS_ON), UNSHOWN) as env:
        operator = await env.steady_operator({1: Fault.DIES_AND_ARRIVES_LATE})
        await env.apply(a_job())
        await operator.lifetime.over.wait()
        await env.delete_job("job")
        env.start_operator()
        await env.until("the pod has come", lambda: any(env.history.of("pods")))
        await env.is_empty()
        env.check()


async def test_a_pod_of_an_earlier_life_is_stopped_and_not_counted(api_server_env: ApiServerEnv) -> None:
    scripts = by_run(by_number(PodScript(exited(64)), RUNS_ON), by_number(RUNS_ON))
    async with api_server_env.env(scripts) as env:
        await env.steady_operator()
        job = await env.apply(a_job())
        await env.reaches("job", "DeadLettered")
        await env.is_at_rest()
        first = env.history.pods[0]
        await env.change("job", template={**job["spec"]["template"], "metadata": {"labels": {"fixed": "yes"}}})
        await env.reaches("job", "Running")
        metadata = first["metadata"]
        late = {
            "metadata": {
                "name": pod_name("job", job["metadata"]["uid"], 0, 2),
                "labels": {**metadata["labels"], names.ATTEMPT_LABEL: "2"},
                "annotations": metadata["annotations"],
                "finalizers": [names.FINALIZER],
                "ownerReferences": copy.deepcopy(metadata["ownerReferences"]),
            },
            "spec": {"containers": [{"name": "main", "image": "busybox"}]},
        }
        pod = await env.admin.create(paths.pods(env.namespace), late)
        last = await env.until("the late pod is gone", lambda: last_of(env, pod["metadata"]["uid"]))
        assert last["metadata"]["annotations"][names.STOP_REASON_ANNOTATION] == "stray", env.tell()
        job = await env.reaches("job", "Running")
        assert "pods" not in job["status"]["counters"], env.tell()
        assert len(job["status"]["attempts"]) == 1


async def test_a_job_created_again_waits_for_what_may_come_for_the_one_before(api_server_env: ApiServerEnv) -> None:
    async with api_server_env.env(ends(SUCCEEDS), UNSHOWN) as env:
        operator = await env.steady_operator({1: Fault.ARRIVES_LATE})
        again = operator.holds.at_writes(lambda request: request.method == "POST" and bool(operator.lifetime.writes))
        await env.apply(a_job())
        await again.has_been_reached()
        await env.delete_job("job")
        await env.until("the job is gone", lambda: not env.history.jobs)
        again.open()
        await env.apply(a_job())
        await env.reaches("job", "Succeeded")
        names_in_order = list(dict.fromkeys(s.body["metadata"]["name"] for s in env.history.of("pods")))
        uid = env.history.jobs[0]["metadata"]["uid"]
        assert names_in_order[-1] == pod_name("job", uid, 0, 1), env.tell()
        assert len(names_in_order) == 2, env.tell()
        await env.is_at_rest()
        env.check()
