"""The log lines and Events of a status write. Each end of an attempt is logged once, with the fields for a search."""

from structlog.testing import capture_logs
from structlog.typing import EventDict

from queuedjob.api.identity import pod_name
from queuedjob.api.kinds.queuedjob_status import JobStatus
from queuedjob.controllers.job.status_writer import StatusWriter
from queuedjob.kube.client import paths
from queuedjob.kube.objects.queuedjobs import job_from
from queuedjob.policy.job.steps import JobEvent, WriteStatus
from queuedjob.ports import Body
from tests.unit.controllers.api_server import PODS, ApiServer, a_job_body, a_pod_body
from tests.unit.controllers.controller_env import ControllerEnv

POD = pod_name("j", "j-uid", 0, 1)
OF_THE_JOB = {"job": "j", "namespace": "default", "queue": "mail", "type": "newsletter", "log_level": "info"}


def exited(code: int) -> Body:
    """The job's pod. Its container ran for 2.5 minutes, and exited with `code`."""
    end = {"exitCode": code, "startedAt": "2026-03-01T12:00:05Z", "finishedAt": "2026-03-01T12:02:35Z"}
    containers = [{"name": "main", "state": {"terminated": end}}]
    phase = "Failed" if code else "Succeeded"
    status = {"phase": phase, "startTime": "2026-03-01T12:00:05Z", "containerStatuses": containers}
    return {**a_pod_body(POD), "status": status}


async def told_after(pod: Body, *, attempts: int = 1) -> list[EventDict]:
    job = a_job_body(queue="mail", type="newsletter", retry={"maxAttempts": attempts})
    env = ControllerEnv(ApiServer((paths.job("default", "j"), job), (f"{PODS}/{POD}", pod)))
    env.seeing_job(job)
    env.seeing(pod)
    with capture_logs() as lines:
        await env.controller.reconcile("default", "j-uid")
        await env.controller.reconcile("default", "j-uid")
    return [line for line in lines if line["event"] in {"attempt settled", "phase"}]


async def test_a_failed_attempt_is_logged_with_its_rule_and_duration() -> None:
    settled, phase = await told_after(exited(75), attempts=2)
    assert settled == {
        "event": "attempt settled",
        **OF_THE_JOB,
        "attempt": 1,
        "pod": POD,
        "rule": "exit-temporary",
        "class": "Transient",
        "reason": "TemporaryFailure",
        "duration": 150.0,
    }
    assert phase == {"event": "phase", **OF_THE_JOB, "phase": "Waiting", "reason": "Backoff", "step": "exit-temporary"}


async def test_a_successful_attempt_is_logged_without_a_failure_class() -> None:
    settled, phase = await told_after(exited(0))
    assert (settled["rule"], settled["class"], settled["duration"]) == ("succeeded", "", 150.0)
    assert phase["phase"] == "Succeeded"


async def test_an_attempt_that_never_started_is_logged_without_a_duration() -> None:
    pod = {**a_pod_body(POD), "status": {"phase": "Failed", "reason": "NodeAffinity"}}
    settled, _ = await told_after(pod)
    assert settled["duration"] is None


async def test_the_events_of_a_status_write_are_posted_in_order_with_names_of_their_own() -> None:
    job = a_job_body()
    path = paths.job("default", "j")
    env = ControllerEnv(ApiServer((path, job)))
    stored = job_from(job)
    ended, remark = JobEvent("AttemptFailed", "it broke"), JobEvent("Remark", "by the way")
    step = WriteStatus(JobStatus(phase="Waiting"), rule="test", events=(ended, remark))
    await StatusWriter(env.context, env.stores).write(stored, stored.read(), step)
    assert env.server.methods() == ["PUT"]
    await env.post_events()
    events = [body for method, body in env.server.writes() if method == "POST"]
    assert [event["reason"] for event in events] == ["AttemptFailed", "Remark"]
    assert env.server.methods() == ["PUT", "POST", "POST"]
    assert len({event["metadata"]["name"] for event in events}) == len(events)
