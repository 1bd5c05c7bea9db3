"""A dead node: its pod never ends, no other pod is started, and the status shows why."""

from tests.api.env.api_server import UNSHOWN, ApiServerEnv
from tests.api.env.run_scenario import a_job
from tests.api.env.scripted_pods import SUCCEEDS, PodScript, by_number, never_starts

SETTINGS = UNSHOWN.model_copy(update={"terminating_after": 0.5})
TEMPLATE = {"spec": {"terminationGracePeriodSeconds": 1, "containers": [{"name": "main", "image": "busybox"}]}}


async def test_a_pod_that_does_not_start_on_a_dead_node_is_waited_for(api_server_env: ApiServerEnv) -> None:
    scripts = by_number(never_starts("ImagePullBackOff", "Back-off pulling image"), PodScript(SUCCEEDS))
    async with api_server_env.env(scripts, SETTINGS) as env:
        await env.steady_operator()
        await env.apply(a_job(template=TEMPLATE, timeouts={"start": "2s"}))
        await env.until("it waits", lambda: any(p["status"].get("containerStatuses") for p in env.history.pods))
        env.kubelet.die()
        job = await env.reaches("job", "Running", "PodTerminating")
        assert "delete its Node object or taint it node.kubernetes.io/out-of-service" in job["status"]["message"]
        (pod,) = env.history.pods
        assert pod["metadata"]["annotations"]["queuedjob.dev/stop-reason"] == "start"
        env.kubelet.revive()
        job = await env.reaches("job", "Succeeded")
        first, second = job["status"]["attempts"]
        assert (first["class"], first["reason"], second["rule"]) == ("StartFailure", "ImagePullBackOff", "succeeded")
        await env.is_at_rest()
        env.check()
