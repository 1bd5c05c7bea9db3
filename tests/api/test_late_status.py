"""A kubelet that tells late: at a deadline the pod's phase comes first, and the end of its container later."""

from dataclasses import replace

from tests.api.env.api_server import UNSHOWN, ApiServerEnv
from tests.api.env.run_scenario import a_job
from tests.api.env.scripted_pods import DEADLINE_EXCEEDED, SUCCEEDS, PodScript, by_number

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
