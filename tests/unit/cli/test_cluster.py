"""What the command reads from a cluster, and the problem that it shows when a read fails."""

from datetime import timedelta
from typing import Any, Final

import pytest

from queuedjob.api import names
from queuedjob.cli.cluster import Cluster
from queuedjob.cli.problems import Problem
from queuedjob.kube.client.client import Client
from queuedjob.policy.time_math import ServerNow
from queuedjob.ports import NoAnswer, Response
from tests.builders import NOON
from tests.unit.kube.client.scripted import ScriptedTransport, answer, failure
from tests.unit.kube.objects.bodies import a_job_body

LIVE: Final = {
    "number": 1,
    "podName": "invoice-42-abcdefghij-1",
    "podUID": "pod-uid",
    "startTime": "2026-03-01T12:00:00Z",
}
RUNNING: Final = {"phase": "Running", "reason": "AttemptRunning", "observedGeneration": 3, "attempts": [LIVE]}
DEAD: Final = {
    "phase": "DeadLettered",
    "reason": "Permanent",
    "observedGeneration": 3,
    "deadLetterRef": {"name": "invoice-42-abcdefghij", "uid": "letter-uid"},
}
FORBIDDEN: Final = failure(403, "Forbidden", "pods is forbidden: User ann cannot list it")
OWNER: Final = {"apiVersion": names.API_VERSION, "kind": "QueuedJob", "name": "invoice-42", "controller": True}
NOT_FOUND: Final = failure(404, "NotFound", "not found", name="invoice-42")


def a_page(*items: dict[str, Any]) -> Response:
    return answer(200, {"metadata": {"resourceVersion": "5000"}, "items": list(items)})


def a_pod(uid: str = "pod-uid") -> dict[str, Any]:
    return {
        "metadata": {
            "name": "invoice-42-abcdefghij-1",
            "namespace": "billing",
            "uid": uid,
            "resourceVersion": "1",
            "ownerReferences": [{**OWNER, "uid": a_job_body()["metadata"]["uid"]}],
        },
        "spec": {"nodeName": "node", "containers": [{"name": "main"}]},
        "status": {"phase": "Running"},
    }


def a_letter(phase: str | None) -> Response:
    ref = {"name": "invoice-42", "uid": "u"}
    metadata = {"name": "invoice-42-abcdefghij", "namespace": "billing", "uid": "letter-uid", "resourceVersion": "1"}
    status = {"phase": phase} if phase else None
    return answer(200, {"metadata": metadata, "spec": {"jobRef": ref}, "status": status})


def cluster(*answers: Response | NoAnswer) -> tuple[Cluster, ScriptedTransport]:
    transport = ScriptedTransport(*answers)
    now = ServerNow(NOON, NOON + timedelta(seconds=1))
    return Cluster(Client(transport), "billing", "https://api.example", lambda: now), transport


async def test_a_job_is_read_with_its_pods_and_the_servers_time() -> None:
    seen, transport = cluster(answer(200, a_job_body(RUNNING, queue="nightly")), a_page(a_pod()))
    observation = await seen.observe("invoice-42")
    assert (observation.facts.job.name, observation.facts.now.early, observation.spec["queue"]) == (
        "invoice-42",
        NOON,
        "nightly",
    )
    assert [pod.uid for pod in observation.facts.pods] == ["pod-uid"]
    assert transport.asked[1].query["labelSelector"] == f"{names.JOB_UID_LABEL}={observation.facts.job.uid}"
    assert (len(transport.asked), observation.letter, observation.notes) == (2, "", ())


async def test_a_pod_that_only_carries_the_jobs_label_is_not_shown() -> None:
    other = a_pod("other-uid")
    other["metadata"]["ownerReferences"] = []
    seen, _ = cluster(answer(200, a_job_body({"phase": "Waiting"})), a_page(other))
    assert (await seen.observe("invoice-42")).facts.pods == ()


@pytest.mark.parametrize("by_name", [False, True], ids=["in the LIST", "asked for by its name"])
@pytest.mark.parametrize(("named", "main"), [("work", "work"), ("gone", "main")])
async def test_the_pods_main_container_is_the_one_that_the_job_names_or_as_for_the_operator_the_first(
    named: str, main: str, *, by_name: bool
) -> None:
    state = {"running": {"startedAt": "2026-03-01T12:00:00Z"}}
    statuses = [{"name": name, "state": state} for name in ("main", "work")]
    pod = a_pod() | {"status": {"phase": "Running", "containerStatuses": statuses}}
    pages = (a_page(), answer(200, pod)) if by_name else (a_page(pod),)
    seen, _ = cluster(answer(200, a_job_body(RUNNING, mainContainer=named)), *pages)
    (found,) = (await seen.observe("invoice-42")).facts.pods
    assert found.main is not None
    assert found.main.name == main


@pytest.mark.parametrize(
    ("found", "gone"),
    [
        pytest.param(answer(200, a_pod()), False, id="it lost its labels"),
        pytest.param(answer(200, a_pod("another")), True, id="another has its name"),
        pytest.param(NOT_FOUND, True, id="a GET says that it is gone"),
    ],
)
async def test_a_pod_that_no_list_shows_is_asked_for_by_name(found: Response, *, gone: bool) -> None:
    seen, transport = cluster(answer(200, a_job_body(RUNNING)), a_page(), found)
    (pod,) = (await seen.observe("invoice-42")).facts.pods
    assert (pod.uid, pod.confirmed_gone) == ("pod-uid", gone)
    assert transport.asked[2].path.endswith("/pods/invoice-42-abcdefghij-1")


async def test_a_user_who_may_not_read_pods_gets_what_the_status_shows() -> None:
    seen, _ = cluster(answer(200, a_job_body(RUNNING)), FORBIDDEN)
    observation = await seen.observe("invoice-42")
    (pod,) = observation.facts.pods
    assert (pod.uid, pod.live) == ("pod-uid", True)
    assert observation.notes == ("You may not read pods in billing: this is what the job's status says.",)


@pytest.mark.parametrize(
    ("found", "phase", "notes"),
    [
        pytest.param(a_letter("Resolved"), "Resolved", 0, id="its phase"),
        pytest.param(a_letter(None), "Dead", 0, id="one that nobody has looked at"),
        pytest.param(NOT_FOUND, "Gone", 0, id="deleted"),
        pytest.param(FORBIDDEN, "", 1, id="not to be read"),
    ],
)
async def test_the_dead_letter_of_a_dead_job_is_read(found: Response, phase: str, notes: int) -> None:
    seen, _ = cluster(answer(200, a_job_body(DEAD)), a_page(), found)
    observation = await seen.observe("invoice-42")
    assert (observation.letter, len(observation.notes)) == (phase, notes)


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        pytest.param([NOT_FOUND], ["no QueuedJob invoice-42 in namespace billing", "kubectl get qj -A"], id="no job"),
        pytest.param([answer(404, b"404 page not found\n")], ["serves no QueuedJobs", "crds/"], id="no CRD"),
        pytest.param([failure(403, "Forbidden", "ann cannot get")], ["you may not", "ann cannot get"], id="no access"),
        pytest.param([failure(401, "Unauthorized", "Unauthorized")], ["does not know you"], id="not known"),
        pytest.param([NoAnswer("refused")], ["https://api.example does not answer", "refused"], id="no answer"),
        pytest.param([failure(500, "InternalError", "etcd is ill")], ["etcd is ill"], id="an ill server"),
        pytest.param([answer(200, a_job_body(retry={"maxAttempts": "x"}))], ["cannot be read: spec"], id="unreadable"),
        pytest.param([answer(200, a_job_body()), NoAnswer("cut off")], ["read the pods", "cut off"], id="no pods"),
        pytest.param([answer(200, a_job_body(DEAD)), a_page(), NoAnswer("cut")], ["DeadLetter"], id="no letter"),
    ],
)
async def test_a_failed_read_is_explained(answers: list[Response | NoAnswer], words: list[str]) -> None:
    seen, _ = cluster(*answers)
    with pytest.raises(Problem) as told:
        await seen.observe("invoice-42")
    assert [word for word in words if word not in told.value.message] == []
    assert told.value.exit_code == 1
