"""Evidence from outside the pod (its log and Events) is read once, even if the read fails."""

from datetime import UTC, datetime
from typing import Any, Final

import pytest

from queuedjob.api.identity import pod_name
from queuedjob.controllers.job.evidence_reader import EvidenceReader
from queuedjob.kube.client.client import Client
from queuedjob.kube.objects.pods import pod_from
from queuedjob.policy.facts import ExtraEvidence, KubeletEvent, Pod
from queuedjob.policy.failure.evidence import LAST_WORDS
from queuedjob.policy.job.steps import ReadEvidence
from queuedjob.ports import AnswerTooLarge, Body, NoAnswer, Response
from tests.unit.controllers.api_server import PODS, ApiServer, a_job_body, a_pod_body
from tests.unit.controllers.controller_env import ControllerEnv
from tests.unit.kube.client.scripted import ScriptedTransport, answer, failure

POD: Final[Pod] = pod_from({**a_pod_body(), "status": {"containerStatuses": [{"name": "main"}]}})
LOG: Final = ReadEvidence(POD, log=True, events=False, container="main")
EVENTS: Final = ReadEvidence(POD, log=False, events=True, container="main")
BOTH: Final = ReadEvidence(POD, log=True, events=True, container="main")


def an_event(reason: str, message: str) -> Body:
    about = {"uid": POD.uid, "fieldPath": "spec.containers{main}"}
    return {"reason": reason, "message": message, "involvedObject": about, "lastTimestamp": "2026-03-01T12:00:01Z"}


def an_event_read(reason: str, message: str) -> KubeletEvent:
    return KubeletEvent(reason, message, "main", last=datetime(2026, 3, 1, 12, 0, 1, tzinfo=UTC))


def told(*events: Body) -> Response:
    return answer(200, {"metadata": {"resourceVersion": "7"}, "items": list(events)})


NOTHING: Final = ExtraEvidence()
WORDS: Final = (("Unhealthy", "Liveness probe failed: x"), ("Killing", "Stopping container main"))
KILLED: Final = told(*(an_event(*each) for each in WORDS))
READ: Final = tuple(an_event_read(*each) for each in WORDS)


async def test_the_log_request_names_the_container_and_asks_for_the_last_lines() -> None:
    transport = ScriptedTransport(answer(200, b"record 800\n"))
    reader = EvidenceReader(Client(transport))
    assert await reader.read(LOG, NOTHING) == ExtraEvidence(log="record 800")
    (asked,) = transport.asked
    assert (asked.method, asked.path) == ("GET", f"{PODS}/{POD.name}/log")
    assert (dict(asked.query), asked.last) == ({"container": "main", "tailLines": "80"}, 256 * 1024)
    assert asked.timeout <= 5


async def test_a_log_is_read_as_plain_text_with_the_last_state_of_a_progress_bar() -> None:
    reader = EvidenceReader(Client(ScriptedTransport(answer(200, b"1 %\r99 %\r\x1b[31mno space\x1b[0m\n"))))
    assert await reader.read(LOG, NOTHING) == ExtraEvidence(log="no space")


async def test_of_a_long_log_the_last_words_are_kept() -> None:
    """The text of thousands of ended pods may wait for the settling of their attempts."""
    reader = EvidenceReader(Client(ScriptedTransport(answer(200, b"x" * 250_000 + b" no space\n"))))
    log = (await reader.read(LOG, NOTHING)).log
    assert log is not None
    assert (len(log), log[-10:]) == (LAST_WORDS, "x no space")


async def test_of_many_long_events_a_bounded_part_is_kept() -> None:
    """What the pod of a tenant who writes Events is kept with."""
    many = told(*(an_event(reason, f"Liveness probe {'x' * 9_000}") for reason in ("Unhealthy", "Pulled") * 50))
    events = (await EvidenceReader(Client(ScriptedTransport(many))).read(EVENTS, NOTHING)).events
    assert events is not None
    assert {each.reason for each in events} == {"Unhealthy"}
    assert sum(len(each.message) for each in events) <= 25 * 2048


async def test_events_about_containers_of_long_names_are_not_kept() -> None:
    named = [an_event("Killing", f"{number}") for number in range(25)]
    for each in named:
        each["involvedObject"]["fieldPath"] = f"spec.containers{{{'m' * 160_000}}}"
    events = (await EvidenceReader(Client(ScriptedTransport(told(*named)))).read(EVENTS, NOTHING)).events
    assert events is not None
    assert {each.container for each in events} == {""}


async def test_the_events_request_is_one_list_selected_by_the_pods_uid() -> None:
    transport = ScriptedTransport(KILLED)
    reader = EvidenceReader(Client(transport))
    assert await reader.read(EVENTS, NOTHING) == ExtraEvidence(events=READ)
    (asked,) = transport.asked
    assert asked.path == "/api/v1/namespaces/default/events"
    assert asked.query["fieldSelector"] == f"involvedObject.uid={POD.uid},reportingComponent=kubelet"
    assert asked.timeout <= 5


async def test_events_take_bounded_memory_and_too_large_ones_count_as_none() -> None:
    transport = ScriptedTransport(AnswerTooLarge(200, "more than 4194304 bytes"))
    assert await EvidenceReader(Client(transport)).read(EVENTS, NOTHING) == ExtraEvidence(events=())
    (asked,) = transport.asked
    assert asked.largest == 4 * 2**20


async def test_the_log_is_added_to_the_events_that_were_read_before() -> None:
    reader = EvidenceReader(Client(ScriptedTransport(KILLED, answer(200, b"record 800"))))
    events = await reader.read(EVENTS, NOTHING)
    assert await reader.read(LOG, events) == ExtraEvidence(log="record 800", events=READ)


FAILURES: Final = [
    pytest.param(NoAnswer("timed out"), id="no answer"),
    pytest.param(failure(403, "Forbidden", "cannot get resource pods/log"), id="refused"),
    pytest.param(failure(404, "NotFound", 'pods "j" not found', name="j"), id="the pod is gone"),
    pytest.param(failure(400, "BadRequest", "container is waiting to start"), id="no log"),
    pytest.param(failure(500, "InternalError", "dial tcp 10.0.0.1:10250: connect: refused"), id="the kubelet is down"),
    pytest.param(failure(429, "TooManyRequests", "later"), id="too many requests"),
    pytest.param(answer(404, b"404 page not found"), id="a proxy's page"),
]


@pytest.mark.parametrize("given", FAILURES)
async def test_any_failed_read_counts_as_empty_evidence(given: Response | NoAnswer) -> None:
    reader = EvidenceReader(Client(ScriptedTransport(given, given)))
    assert await reader.read(BOTH, NOTHING) == ExtraEvidence(log="", events=())


async def test_a_garbled_list_of_events_counts_as_empty_evidence() -> None:
    reader = EvidenceReader(Client(ScriptedTransport(answer(200, b'{"items"'))))
    assert await reader.read(EVENTS, NOTHING) == ExtraEvidence(events=())


# --- in the reconcile of a job


def an_ended_pod(name: str) -> Body:
    body = a_pod_body(name)
    end = {"exitCode": 1, "startedAt": "2026-03-01T12:00:00Z", "finishedAt": "2026-03-01T12:00:10Z"}
    status = {"name": "main", "state": {"terminated": end}}
    spec = {"nodeName": "node", "containers": [{"name": "main", "terminationMessagePolicy": "File"}]}
    return {**body, "spec": spec, "status": {"phase": "Failed", "containerStatuses": [status]}}


async def settled(*given: Response | NoAnswer) -> tuple[ControllerEnv, list[str], Any]:
    """Reconcile a job whose pod failed without a message. Return the paths of all GETs, and the attempt."""
    job, name = a_job_body(), pod_name("j", "j-uid", 0, 1)
    pod = an_ended_pod(name)
    server = ApiServer((f"{PODS}/{name}", pod), ("/apis/queuedjob.dev/v1alpha1/namespaces/default/queuedjobs/j", job))
    env = ControllerEnv(server)
    env.seeing_job(job)
    env.seeing(pod)
    server.fails["GET"] = list(given)
    await env.controller.reconcile("default", "j-uid")
    stored = env.stores.jobs.get("j-uid")
    assert stored is not None
    assert env.memory.evidence == {}
    asked = [request.path for request in server.asked if request.method == "GET"]
    return env, asked, stored.read().status.attempts[0]


async def test_a_failure_without_a_message_is_settled_by_its_log_and_the_log_is_dropped() -> None:
    _, asked, attempt = await settled(answer(200, b"no such table: orders\n"))
    assert [path for path in asked if path.endswith("/log")] == [asked[0]]
    assert attempt.message.endswith(": no such table: orders")


async def test_an_attempt_whose_log_request_gets_no_answer_is_settled_all_the_same() -> None:
    _, asked, attempt = await settled(NoAnswer("timed out"))
    assert [path for path in asked if path.endswith("/log")] == [asked[0]]
    assert attempt.settled
