"""A kubelet that tells late: at a deadline the pod's phase comes first, and the end of its container later."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from queuedjob.api.types.times import parse_time
from tests.api.env.api_server import UNSHOWN, ApiServerEnv
from tests.api.env.env import Env
from tests.api.env.run_scenario import a_job
from tests.api.env.scripted_pods import DEADLINE_EXCEEDED, SUCCEEDS, PodScript, by_number, exited

_SURELY_LATE = timedelta(seconds=8)
"""From the request of a deletion to the kubelet's last DELETE: by then that DELETE says nothing of the request."""

LATE = replace(DEADLINE_EXCEEDED, exit_code=75, message='{"checkpoint": 3}', told_late=True)


async def test_an_attempt_at_its_deadline_is_settled_by_its_complete_status(api_server_env: ApiServerEnv) -> None:
    async with api_server_env.env(by_number(PodScript(LATE), PodScript(SUCCEEDS)), UNSHOWN) as env:
        await env.steady_operator()
        await env.apply(a_job(timeouts={"attempt": "2s"}))
        job = await env.reaches("job", "Succeeded")
        first, _ = job["status"]["attempts"]
        assert (first["class"], first["rule"], first.get("exitCode")) == ("Timeout", "deadline", 75)
        assert job["status"]["checkpoint"] == 3
        await env.is_at_rest()
        env.check()


async def test_a_stop_that_was_taken_back_is_no_crash_though_its_end_is_told_late_and_to_another_operator(
    api_server_env: ApiServerEnv,
) -> None:
    scripts = by_number(PodScript(when_stopped=exited(137)).shown(), PodScript(SUCCEEDS))
    async with api_server_env.env(scripts) as env:
        await env.steady_operator()
        await env.apply(a_job())
        await env.reaches("job", "Running")
        env.kubelet.die()
        await env.change("job", suspend=True)
        request = await env.until("the pod is being deleted", lambda: _deleted_at(env))
        env.kill_operator()
        await env.change("job", suspend=False)
        await asyncio.sleep((request + _SURELY_LATE - datetime.now(UTC)).total_seconds())
        env.kubelet.revive()
        await env.until("the kubelet has sent its last DELETE", lambda: _grace(env) == 0)
        await env.steady_operator()
        job = await env.reaches("job", "Succeeded")
        first, _ = job["status"]["attempts"]
        assert (first["class"], first["rule"], first["exitCode"]) == ("Disruption", "stop-not-asked", 137)
        assert job["status"]["counters"]["attempts"] == 1
        await env.is_at_rest()
        env.check()


def _deleted_at(env: Env) -> datetime | None:
    """When the deletion of the only pod was requested; None if it was not."""
    (pod,) = env.history.pods
    at = pod["metadata"].get("deletionTimestamp")
    return parse_time(at) - timedelta(seconds=_grace(env) or 0) if at is not None else None


def _grace(env: Env) -> int | None:
    (pod,) = env.history.pods
    seconds: int | None = pod["metadata"].get("deletionGracePeriodSeconds")
    return seconds
