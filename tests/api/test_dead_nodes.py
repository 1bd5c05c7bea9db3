"""A node that died: what it was given never ends, nothing else is started, and people see why."""

from tests.api.env.api_server import UNSHOWN, Theatre
from tests.api.env.run_scenario import a_job
from tests.api.env.scripted_pods import SUCCEEDS, Fate, by_number, never_starts

SETTINGS = UNSHOWN.model_copy(update={"terminating_after": 0.5})
TEMPLATE = {"spec": {"terminationGracePeriodSeconds": 1, "containers": [{"name": "main", "image": "busybox"}]}}


async def test_a_pod_that_does_not_start_on_a_dead_node_is_waited_for(theatre: Theatre) -> None:
    fates = by_number(never_starts("ImagePullBackOff", "Back-off pulling image"), Fate(SUCCEEDS))
    async with theatre.stage(fates, SETTINGS) as stage:
        await stage.steady_operator()
        await stage.apply(a_job(template=TEMPLATE, timeouts={"start": "2s"}))
        await stage.until("it waits", lambda: any(p["status"].get("containerStatuses") for p in stage.history.pods))
        stage.kubelet.die()
        job = await stage.reaches("job", "Running", "PodTerminating")
        assert "delete its Node object or taint it node.kubernetes.io/out-of-service" in job["status"]["message"]
        (pod,) = stage.history.pods
        assert pod["metadata"]["annotations"]["queuedjob.dev/stop-reason"] == "start"
        stage.kubelet.revive()
        job = await stage.reaches("job", "Succeeded")
        first, second = job["status"]["attempts"]
        assert (first["class"], first["reason"], second["rule"]) == ("StartFailure", "ImagePullBackOff", "succeeded")
        await stage.is_at_rest()
        stage.check()
