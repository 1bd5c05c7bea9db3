"""The warning of a near deadline: one Event and one count for each pod, after restarts and lost answers too."""

from prometheus_client.parser import text_string_to_metric_families

from queuedjob.api.identity import pod_name
from queuedjob.kube.client import paths
from queuedjob.ports import Body, NoAnswer
from tests.unit.controllers.api_server import PODS, ApiServer, a_job_body, a_pod_body
from tests.unit.controllers.controller_env import ControllerEnv
from tests.unit.telemetry.rendering import render

POD = pod_name("j", "j-uid", 0, 1)
JOB = a_job_body(queue="mail", type="newsletter")


def near_its_deadline() -> Body:
    """The job's pod. By the environment's clock (20 s after NOON) it has run for 90 of its 100 seconds."""
    running = {"name": "main", "state": {"running": {"startedAt": "2026-03-01T11:58:50Z"}}}
    status = {"phase": "Running", "startTime": "2026-03-01T11:58:50Z", "containerStatuses": [running]}
    pod = {**a_pod_body(POD), "status": status}
    return {**pod, "spec": {**pod["spec"], "activeDeadlineSeconds": 100}}


def a_shop(server: ApiServer | None = None) -> ControllerEnv:
    env = ControllerEnv(server or ApiServer((paths.job("default", "j"), JOB), (f"{PODS}/{POD}", near_its_deadline())))
    env.seeing_job(JOB)
    env.seeing(near_its_deadline())
    return env


def warnings(env: ControllerEnv) -> list[Body]:
    events = [body for path, body in env.server.objects.items() if path.startswith(paths.events("default"))]
    return [event for event in events if event["reason"] == "DeadlineNear"]


def counted(env: ControllerEnv) -> list[tuple[dict[str, str], float]]:
    body, _ = render(env.metrics)
    families = text_string_to_metric_families(body.decode())
    return [(s.labels, s.value) for f in families if f.name == "queuedjob_deadline_near" for s in f.samples]


ONCE = [({"queue": "mail", "type": "newsletter"}, 1.0)]


async def test_a_near_deadline_is_warned_of_once_across_operators() -> None:
    first = a_shop()
    controller = first.controller
    for _ in range(2):
        await controller.reconcile("default", "j-uid")
    await first.post_events()
    second = a_shop(first.server)
    await second.controller.reconcile("default", "j-uid")
    await second.post_events()
    (event,) = warnings(first)
    assert (event["regarding"]["name"], event["type"]) == ("j", "Warning")
    assert event["note"].startswith("attempt 1 has used 80 % of its deadline of 1m40s (timeouts.attempt)")
    assert (counted(first), counted(second)) == (ONCE, [])


async def test_a_deadline_warning_whose_event_is_lost_is_counted_and_not_posted_again() -> None:
    env = a_shop()
    env.server.fails["POST"] = [NoAnswer("gone")]
    controller = env.controller
    for _ in range(2):
        await controller.reconcile("default", "j-uid")
    await env.post_events()
    assert counted(env) == ONCE
    assert warnings(env) == []
    assert env.keys.failed == []
