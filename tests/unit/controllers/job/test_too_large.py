"""A status or a dead letter that does not fit into one object is written without its long parts."""

import pytest

from queuedjob.api.identity import letter_name, pod_name
from queuedjob.kube.client import paths
from queuedjob.kube.client.errors import Refused
from queuedjob.policy.facts import JobId
from queuedjob.ports import Body, Request, Response
from tests.unit.controllers.api_server import PODS, ApiServer, a_job_body, a_pod_body
from tests.unit.controllers.controller_env import ControllerEnv
from tests.unit.kube.client.scripted import failure

TOO_LARGE = failure(500, "", "etcdserver: request is too large")
FIRST = pod_name("j", "j-uid", 0, 1)
LETTER = letter_name("j", "j-uid", 0)


def an_ended_pod(message: str) -> Body:
    end = {"exitCode": 65, "reason": "Error", "message": message, "finishedAt": "2026-03-01T12:00:10Z"}
    status = {"phase": "Failed", "containerStatuses": [{"name": "main", "state": {"terminated": end}}]}
    return {**a_pod_body(FIRST), "status": status}


async def settling(refusals: int) -> ControllerEnv:
    """A job whose attempt has ended, and whose status is refused so many times for its size."""
    job, pod = a_job_body(), an_ended_pod("w" * 1_500)
    env = ControllerEnv(ApiServer((paths.job("default", "j"), job), (f"{PODS}/{pod['metadata']['name']}", pod)))
    env.seeing_job(job)
    env.seeing(pod)
    env.server.fails["PUT"] = [TOO_LARGE] * refusals
    return env


async def test_a_status_that_is_too_large_is_written_without_its_long_texts() -> None:
    env = await settling(1)
    await env.controller.reconcile("default", "j-uid")
    status = env.server.objects[paths.job("default", "j")]["status"]
    assert (status["phase"], status["counters"]["attempts"]) == ("DeadLettered", 1)
    assert status["message"].startswith("attempt 1: Container main exited with 65")
    assert status["message"].endswith("... (cut: the job is too large)")
    assert "message" not in status["attempts"][0]
    assert "www" not in "".join(each["message"][100:] for each in status["conditions"])


async def test_a_job_that_leaves_no_room_for_any_status_is_told_so_once() -> None:
    env = await settling(2)
    with pytest.raises(Refused, match="the job leaves no room for its status; take annotations and labels off it"):
        await env.controller.reconcile("default", "j-uid")
    await env.post_events()
    assert [body["reason"] for method, body in env.server.writes() if method == "POST"] == ["WriteRefused"]


async def test_a_letter_that_is_too_large_is_filed_with_a_shortened_copy_of_its_job(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    env = await settling(0)
    job = env.server.objects[paths.job("default", "j")]
    job["spec"] |= {"payload": {"text": "x" * 9_000}, "type": "invoice"}
    job["spec"]["template"] = {
        "spec": {"containers": [{"name": "main", "image": "busybox", "args": ["y" * 9_000], "env": []}]}
    }
    job["metadata"]["annotations"] = {"long": "z" * 9_000}
    env.seeing_job(job)
    asked = env.server._create

    def create(request: Request) -> Response:
        large = request.path.endswith("deadletters") and len(request.body or b"") > 20_000
        return TOO_LARGE if large else asked(request)

    monkeypatch.setattr(env.server, "_create", create)
    await env.controller.reconcile("default", "j-uid")
    letter = env.server.objects[f"{paths.letters('default')}/{LETTER}"]["spec"]
    assert letter["job"] == {
        "spec": {"type": "invoice", "template": {"spec": {"containers": [{"name": "main", "image": "busybox"}]}}}
    }
    assert letter["message"].startswith("attempt 1: Container main exited with 65")
    assert letter["message"].endswith(
        "the letter was too large: left out are the messages of its attempts, and of its copy of the job annotations, "
        "spec.payload, spec.template, but for names and images; QueuedJob j has them while it exists"
    )
    assert letter["attempts"][0]["message"] == ""
    assert env.server.objects[paths.job("default", "j")]["status"]["deadLetterRef"]["uid"] == f"{LETTER}-uid"


async def test_a_letter_without_long_parts_says_that_it_lacks_the_messages_of_its_attempts() -> None:
    env = await settling(0)
    env.server.fails["POST"] = [TOO_LARGE]
    await env.controller.reconcile("default", "j-uid")
    letter = env.server.objects[f"{paths.letters('default')}/{LETTER}"]["spec"]
    assert letter["message"].endswith(
        "; the letter was too large: left out are the messages of its attempts; QueuedJob j has them while it exists"
    )


async def test_a_refusal_of_a_letter_with_a_long_message_is_shown() -> None:
    denial = failure(403, "Forbidden", 'admission webhook "x.y" denied the request: ' + "x" * 1_600_000)
    job, pod = a_job_body(), an_ended_pod("w")
    env = ControllerEnv(ApiServer((paths.job("default", "j"), job), (f"{PODS}/{pod['metadata']['name']}", pod)))
    env.seeing_job(job)
    env.seeing(pod)
    for _ in range(3):
        env.server.fails["POST"] = [denial] * 5
        await env.controller.reconcile("default", "j-uid")
        await env.clock.sleep(31)
    status = env.server.objects[paths.job("default", "j")]["status"]
    (shown,) = [each for each in status["conditions"] if each["type"] == "DeadLetterPending"]
    assert shown["message"].startswith(f'DeadLetter {LETTER}: admission webhook "x.y" denied the request: xxx')
    assert len(shown["message"]) == 1024


async def test_a_refusal_of_a_pod_with_a_long_message_is_kept_and_shown_in_brief() -> None:
    env = ControllerEnv(ApiServer((paths.job("default", "j"), job := a_job_body())))
    env.seeing_job(job)
    denial = failure(403, "Forbidden", 'admission webhook "x.y" denied the request: ' + "x" * 2_000_000)
    for _ in range(2):
        env.server.fails["POST"] = [denial]
        await env.controller.reconcile("default", "j-uid")
        await env.clock.sleep(6)
    refusal = env.memory.pod_refusals.of(JobId("default", "j-uid"))
    assert refusal is not None
    assert len(refusal.message) == 4096
    status = env.server.objects[paths.job("default", "j")]["status"]
    assert len(status["message"]) == 1024
    assert {len(each["message"]) for each in status["conditions"]} == {1024}
