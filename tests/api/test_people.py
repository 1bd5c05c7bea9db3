"""Actions of users on a job and its pods, and the results that these must not have."""

import pytest

from queuedjob.api import names
from queuedjob.kube.objects.patches import add, pointer, remove
from queuedjob.ports import Body
from tests.api.env.api_server import SETTINGS, UNSHOWN, ApiServerEnv
from tests.api.env.env import Env
from tests.api.env.faults import Fault
from tests.api.env.run_scenario import a_job
from tests.api.env.scripted_pods import RUNS_ON, SUCCEEDS, PodScript, by_number, by_run, ends, exited


def has_run_on(fates_key: str) -> PodScript:
    """An attempt that succeeds once its job has the label `fates_key`."""
    return PodScript(SUCCEEDS, once=lambda job: fates_key in (job["metadata"].get("labels") or {}))


LET_GO = "let-go"
HELD_BACK = by_number(has_run_on(LET_GO))


async def let_go(env: Env) -> None:
    """Let the pod that was held back succeed."""
    await env.patch_job("job", add("/metadata/labels", {LET_GO: ""}))


async def succeeds_once(env: Env, released_by: str = "operators") -> Body:
    """Wait for Succeeded. Check that there was one pod and that nothing is left to be done."""
    job = await env.reaches("job", "Succeeded")
    assert job["status"]["counters"]["pods"] == 1, env.tell()
    await env.is_at_rest()
    env.check(released_by)
    return job


@pytest.mark.parametrize("label", [names.JOB_LABEL, names.REDRIVES_LABEL])
async def test_a_pod_that_loses_a_label_while_it_runs_gets_it_back(api_server_env: ApiServerEnv, label: str) -> None:
    async with api_server_env.env(HELD_BACK) as env:
        await env.steady_operator()
        await env.apply(a_job())
        await env.reaches("job", "Running")
        pod = await env.pod_runs()
        await env.patch_pod(pod["metadata"]["name"], remove(pointer("metadata", "labels", label)))
        await env.until("the label is back", lambda: env.history.pods[0]["metadata"]["labels"].get(label))
        await let_go(env)
        await succeeds_once(env)


async def test_a_deleted_job_that_a_finalizer_holds_is_cancelled_as_it_asks(
    api_server_env: ApiServerEnv,
) -> None:
    async with api_server_env.env(by_number(RUNS_ON)) as env:
        await env.steady_operator()
        await env.apply(a_job())
        await env.reaches("job", "Running")
        await env.patch_job("job", add("/metadata/finalizers", ["example.com/hold"]))
        await env.delete_job("job")
        await env.patch_job("job", add("/spec/cancel", value=True))
        await env.reaches("job", "Cancelled")
        assert len(env.history.pods) == 1, env.tell()


async def test_a_deleted_job_that_a_finalizer_holds_starts_no_further_attempt(api_server_env: ApiServerEnv) -> None:
    async with api_server_env.env(ends(exited(75))) as env:
        await env.steady_operator()
        await env.apply(a_job(retry={"backoff": {"initial": "30s", "max": "30s"}}))
        await env.reaches("job", "Waiting", "Backoff")
        await env.patch_job("job", add("/metadata/finalizers", ["example.com/hold"]))
        await env.delete_job("job")
        job = await env.reaches("job", "Waiting", "Deleting")
        assert "finalizer example.com/hold is removed" in job["status"]["message"]
        assert "nextAttemptTime" not in job["status"]
        await env.patch_job("job", remove("/metadata/finalizers"))
        await env.until("the job is gone", lambda: env.history.job("job") is None)


async def test_a_pod_that_loses_all_labels_while_no_operator_looks_is_found_and_counted(
    api_server_env: ApiServerEnv,
) -> None:
    async with api_server_env.env(HELD_BACK) as env:
        await env.steady_operator()
        await env.apply(a_job())
        pod = await env.pod_runs()
        env.kill_operator()
        await env.patch_pod(pod["metadata"]["name"], remove("/metadata/labels"))
        await let_go(env)
        env.start_operator()
        await succeeds_once(env)


async def test_a_pod_that_loses_our_finalizer_is_counted_all_the_same(api_server_env: ApiServerEnv) -> None:
    async with api_server_env.env(HELD_BACK) as env:
        await env.steady_operator()
        await env.apply(a_job())
        pod = await env.pod_runs()
        await env.patch_pod(pod["metadata"]["name"], remove("/metadata/finalizers"))
        await let_go(env)
        await succeeds_once(env, released_by="people")


async def test_a_pod_without_our_finalizer_that_vanishes_costs_no_attempt(api_server_env: ApiServerEnv) -> None:
    async with api_server_env.env(by_number(RUNS_ON, PodScript(SUCCEEDS))) as env:
        await env.steady_operator()
        await env.apply(a_job())
        await env.reaches("job", "Running")
        pod = (await env.pod_runs())["metadata"]
        await env.patch_pod(pod["name"], remove("/metadata/finalizers"))
        await env.delete_pod(pod["name"], pod["uid"], grace=0)
        job = await env.reaches("job", "Succeeded")
        assert job["status"]["counters"] == {"pods": 2, "attempts": 1, "disruptions": 1, "byClass": {"Disruption": 1}}
        env.check(released_by="people")


async def test_a_shown_pod_that_vanishes_while_no_operator_looks_is_counted_once(api_server_env: ApiServerEnv) -> None:
    async with api_server_env.env(by_number(RUNS_ON, PodScript(SUCCEEDS))) as env:
        await env.steady_operator()
        await env.apply(a_job())
        await env.reaches("job", "Running")
        env.kill_operator()
        pod = (await env.pod_runs())["metadata"]
        await env.patch_pod(pod["name"], remove("/metadata/finalizers"))
        await env.delete_pod(pod["name"], pod["uid"], grace=0)
        await env.until("the pod is gone", lambda: not env.history.pods)
        env.start_operator()
        job = await env.reaches("job", "Succeeded")
        assert job["status"]["counters"] == {"pods": 2, "attempts": 1, "disruptions": 1, "byClass": {"Disruption": 1}}
        env.check(released_by="people")


async def test_a_pod_that_loses_its_owner_reference_is_known_by_its_labels(api_server_env: ApiServerEnv) -> None:
    async with api_server_env.env(HELD_BACK) as env:
        await env.steady_operator()
        await env.apply(a_job())
        pod = await env.pod_runs()
        await env.patch_pod(pod["metadata"]["name"], remove("/metadata/ownerReferences"))
        await let_go(env)
        await succeeds_once(env)


async def test_a_pod_that_loses_its_owner_and_its_labels_is_known_by_its_uid(api_server_env: ApiServerEnv) -> None:
    async with api_server_env.env(HELD_BACK) as env:
        await env.steady_operator()
        await env.apply(a_job())
        pod = (await env.pod_runs())["metadata"]
        await env.patch_pod(pod["name"], remove("/metadata/ownerReferences"), remove("/metadata/labels"))
        await env.until("its labels are back", lambda: env.history.pods[0]["metadata"].get("labels"))
        await let_go(env)
        await succeeds_once(env, released_by="people")


async def test_a_shown_pod_that_loses_its_owner_and_its_labels_meanwhile_is_known_by_its_uid(
    api_server_env: ApiServerEnv,
) -> None:
    async with api_server_env.env(HELD_BACK) as env:
        await env.steady_operator()
        await env.apply(a_job())
        await env.reaches("job", "Running")
        pod = (await env.pod_runs())["metadata"]
        env.kill_operator()
        await env.patch_pod(pod["name"], remove("/metadata/ownerReferences"), remove("/metadata/labels"))
        env.start_operator()
        await env.until("its labels are back", lambda: env.history.pods[0]["metadata"].get("labels"))
        await let_go(env)
        await succeeds_once(env, released_by="people")


async def test_a_pod_that_only_its_name_ties_to_a_job_is_known_by_that(api_server_env: ApiServerEnv) -> None:
    async with api_server_env.env(HELD_BACK, UNSHOWN) as env:
        await env.steady_operator()
        await env.apply(a_job())
        pod = (await env.pod_runs())["metadata"]
        env.kill_operator()
        await env.patch_pod(pod["name"], remove("/metadata/ownerReferences"), remove("/metadata/labels"))
        env.start_operator()
        await env.until("its labels are back", lambda: env.history.pods[0]["metadata"].get("labels"))
        await let_go(env)
        await succeeds_once(env, released_by="people")


@pytest.mark.parametrize("propagation", ["Background", "Foreground", "Orphan"])
async def test_a_job_deleted_while_it_runs_leaves_nothing_behind_that_is_held(
    api_server_env: ApiServerEnv, propagation: str
) -> None:
    async with api_server_env.env(by_number(RUNS_ON)) as env:
        await env.steady_operator()
        await env.apply(a_job())
        await env.reaches("job", "Running")
        pod = (await env.pod_runs())["metadata"]
        await env.delete_job("job", propagation)
        await env.until("the job is gone", lambda: not env.history.jobs)
        if propagation == "Orphan":  # the pod runs on until it is deleted, too
            assert [p["metadata"]["name"] for p in env.history.pods] == [pod["name"]]
            await env.delete_pod(pod["name"], pod["uid"])
        await env.is_empty()
        env.check()


async def test_a_job_deleted_while_no_operator_looks_leaves_no_finalizer(api_server_env: ApiServerEnv) -> None:
    async with api_server_env.env(by_number(RUNS_ON)) as env:
        await env.steady_operator()
        await env.apply(a_job())
        await env.pod_runs()
        env.kill_operator()
        await env.delete_job("job")
        await env.until("the job is gone", lambda: not env.history.jobs)
        env.start_operator()
        await env.is_empty()
        env.check()


async def test_a_job_deleted_before_its_letter_is_filed_has_none(api_server_env: ApiServerEnv) -> None:
    async with api_server_env.env(ends(exited(64)), UNSHOWN) as env:
        operator = await env.steady_operator({"POST deadletters": Fault.DIES_BEFORE})
        await env.apply(a_job())
        await operator.lifetime.over.wait()
        written = [str(write) for write in operator.lifetime.writes if write.resource != "events"]
        assert written == ["POST pods", "PUT queuedjobs/status", "POST deadletters"]
        await env.delete_job("job")
        await env.until("the job is gone", lambda: not env.history.jobs)
        env.start_operator()
        await env.is_empty()
        assert not env.history.letters, env.tell()
        env.check()


async def test_a_job_created_again_waits_until_the_pods_of_the_one_before_have_ended(
    api_server_env: ApiServerEnv,
) -> None:
    async with api_server_env.env(by_run(by_number(RUNS_ON)), SETTINGS) as env:
        await env.steady_operator()
        await env.apply(a_job())
        old = (await env.pod_runs())["metadata"]
        env.kubelet.die()
        await env.delete_job("job")
        await env.until("the job is gone", lambda: not env.history.jobs)
        await env.apply(a_job())
        await env.reaches("job", "Waiting", "PreviousPodTerminating")
        assert [p["metadata"]["uid"] for p in env.history.pods] == [old["uid"]], env.tell()
        env.kubelet.revive()
        await env.reaches("job", "Running")
        assert old["uid"] not in [p["metadata"]["uid"] for p in env.history.pods], env.tell()
        env.check()
