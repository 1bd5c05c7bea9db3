"""A stale store must not decide: each live read shows what the watches have not delivered yet."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import pytest

from queuedjob.api import names
from queuedjob.kube.objects.patches import add
from queuedjob.ports import Request
from tests.api.env.api_server import UNSHOWN, ApiServerEnv
from tests.api.env.env import Env, RunningOperator
from tests.api.env.faults import Fault
from tests.api.env.holds import Holds
from tests.api.env.run_scenario import a_job
from tests.api.env.scripted_pods import RUNS_ON, SUCCEEDS, PodScript, by_number, ends, exited

Change: TypeAlias = Callable[[Env], Awaitable[object]]


async def create_again(env: Env) -> None:
    await env.delete_job("job")
    await env.until("the job is gone", lambda: not env.history.jobs)
    await env.apply(a_job(suspend=True))


CHANGES: dict[str, Change] = {
    "suspended": lambda env: env.change("job", suspend=True),
    "cancelled": lambda env: env.change("job", cancel=True),
    "given one attempt": lambda env: env.change("job", retry={"maxAttempts": 1}),
    "deleted": lambda env: env.delete_job("job"),
    "created again": create_again,
}


@pytest.mark.parametrize("changed", CHANGES)
async def test_no_attempt_starts_on_a_job_that_meanwhile_was(api_server_env: ApiServerEnv, changed: str) -> None:
    async with api_server_env.env(ends(exited(75)), UNSHOWN) as env:
        operator = await env.steady_operator()
        await env.apply(a_job(retry={"backoff": {"initial": "2s"}}))
        await env.reaches("job", "Waiting", "Backoff")
        read = operator.holds.at_reads(_is("GET", "/queuedjobs/job"))
        with operator.holds.of_lines(names.QUEUEDJOBS):
            await CHANGES[changed](env)
            await read.has_been_reached()
            read.open()
            await env.history.calm(1.0)
        await env.history.calm(1.0)
        assert writes(operator).count("POST pods") == 1, env.tell()
        env.check()


async def test_a_status_is_not_written_over_one_that_the_store_has_not_seen(api_server_env: ApiServerEnv) -> None:
    async with api_server_env.env(ends(SUCCEEDS), UNSHOWN) as env:
        operator = await env.steady_operator()
        write = operator.holds.at_writes(_is("PUT", "/queuedjobs/job/status"))
        await env.apply(a_job())
        await write.has_been_reached()
        with operator.holds.of_lines(names.QUEUEDJOBS):
            await env.patch_job("job", add("/metadata/labels", {"somebody": "was-here"}))
            write.open()
            await env.reaches("job", "Succeeded")
            await env.is_at_rest()
        assert writes(operator) == ["POST pods", "PUT queuedjobs/status", "PUT queuedjobs/status", "PATCH pods"]
        env.check()


async def test_a_job_is_not_deleted_by_a_ttl_that_was_changed_meanwhile(api_server_env: ApiServerEnv) -> None:
    async with api_server_env.env(ends(SUCCEEDS), UNSHOWN) as env:
        operator = await env.steady_operator()
        await env.apply(a_job(ttlAfterFinished="1s"))
        delete = operator.holds.at_writes(_is("DELETE", "/queuedjobs/job"))
        await delete.has_been_reached()
        with operator.holds.of_lines(names.QUEUEDJOBS):
            await env.change("job", ttlAfterFinished="1h")
            delete.open()
            await env.history.calm(1.0)
            assert env.history.job("job"), "the job is gone"
        assert writes(operator).count("DELETE queuedjobs") == 1
        env.check()


async def test_a_pod_is_not_stopped_on_a_version_of_it_that_has_passed(api_server_env: ApiServerEnv) -> None:
    """The stop-reason is written only to the version of the pod that was planned on. Here the pod has ended meanwhile,
    so its end decides."""
    until_labelled = PodScript(SUCCEEDS, once=lambda job: "end" in (job["metadata"].get("labels") or {}))
    async with api_server_env.env(by_number(until_labelled)) as env:
        operator = await env.steady_operator()
        await env.apply(a_job())
        await env.reaches("job", "Running")
        mark = operator.holds.at_writes(_is("PATCH", "-1"))
        await env.change("job", cancel=True)
        await mark.has_been_reached()
        with operator.holds.of_lines("pods"):
            await env.patch_job("job", add("/metadata/labels", {"end": ""}))
            await env.until("the pod has ended", lambda: env.history.pods[0]["status"]["phase"] == "Succeeded")
            mark.open()
            await env.reaches("job", "Succeeded")
        await env.is_at_rest()
        assert names.STOP_REASON_ANNOTATION not in env.history.pods[0]["metadata"]["annotations"]
        env.check()


async def test_a_pod_whose_job_the_store_has_not_seen_is_no_orphan(api_server_env: ApiServerEnv) -> None:
    async with api_server_env.env(ends(SUCCEEDS), UNSHOWN) as env:
        blind = Holds()
        with blind.of_lines(names.QUEUEDJOBS):
            second = await env.steady_operator(holds=blind)
            first = await env.steady_operator({2: Fault.DIES_BEFORE})
            await env.apply(a_job())
            await first.lifetime.over.wait()
            await env.reaches("job", "Succeeded")
        await env.is_at_rest()
        assert writes(first) == ["POST pods", "PUT queuedjobs/status"]
        assert writes(second) == ["PUT queuedjobs/status", "PATCH pods"]
        env.check()


async def test_a_pod_whose_creation_nobody_confirmed_is_found_by_its_name(api_server_env: ApiServerEnv) -> None:
    async with api_server_env.env(ends(SUCCEEDS), UNSHOWN) as env:
        operator = await env.steady_operator({1: Fault.ANSWER_LOST})
        again = operator.holds.at_writes(lambda request: request.method == "POST" and bool(operator.lifetime.writes))
        with operator.holds.of_lines("pods"):
            await env.apply(a_job())
            await again.has_been_reached()
            await env.until("the pod has ended", lambda: env.history.pods[0]["status"]["phase"] == "Succeeded")
            again.open()
            await env.reaches("job", "Succeeded")
        await env.is_at_rest()
        assert writes(operator) == ["POST pods", "POST pods", "PUT queuedjobs/status", "PATCH pods"]
        env.check()


async def test_a_letter_whose_filing_nobody_confirmed_is_found_by_its_name(api_server_env: ApiServerEnv) -> None:
    async with api_server_env.env(ends(exited(64)), UNSHOWN) as env:
        operator = await env.steady_operator({"POST deadletters": Fault.ANSWER_LOST})
        with operator.holds.of_lines(names.DEADLETTERS):
            await env.apply(a_job())
            await env.reaches("job", "DeadLettered")
            await env.is_at_rest()
        assert writes(operator).count("POST deadletters") == 2
        assert len(env.history.letters) == 1
        env.check()


async def test_a_pod_whose_end_the_watch_has_not_told_is_waited_for(api_server_env: ApiServerEnv) -> None:
    async with api_server_env.env(by_number(RUNS_ON, PodScript(SUCCEEDS))) as env:
        operator = await env.steady_operator()
        await env.apply(a_job())
        await env.reaches("job", "Running")
        pod = (await env.pod_runs())["metadata"]
        with operator.holds.of_lines("pods"):
            await env.delete_pod(pod["name"], pod["uid"])
            await env.until("the pod has ended", lambda: env.history.pods[0]["status"]["phase"] == "Failed")
            await env.history.calm(1.0)
            assert len(env.history.pods) == 1, env.tell()
        job = await env.reaches("job", "Succeeded")
        assert job["status"]["counters"] == {"pods": 2, "attempts": 1, "disruptions": 1, "byClass": {"Disruption": 1}}
        await env.is_at_rest()
        env.check()


def writes(operator: RunningOperator) -> list[str]:
    return [str(write) for write in operator.lifetime.writes]


def _is(method: str, path: str) -> Callable[[Request], bool]:
    return lambda request: request.method == method and request.path.endswith(path)
