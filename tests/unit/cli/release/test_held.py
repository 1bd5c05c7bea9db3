"""Which pods are held, what an operator has written, and what becomes of each pod."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

import orjson
import pytest

from queuedjob.api import names
from queuedjob.cli.cluster import Cluster
from queuedjob.cli.problems import Problem
from queuedjob.cli.release.held import Holding
from queuedjob.cli.release.models import Result
from queuedjob.kube.client.client import Client
from queuedjob.kube.objects.pods import pod_from
from queuedjob.policy.time_math import ServerNow
from queuedjob.ports import NoAnswer, Response
from tests.builders import NOON
from tests.unit.kube.client.scripted import ScriptedTransport, answer, failure

OWNER: Final = {
    "apiVersion": names.API_VERSION,
    "kind": "QueuedJob",
    "name": "invoice",
    "uid": "job-uid",
    "controller": True,
}
CHANGED: Final = failure(422, "Invalid", "the server rejected our request due to an error in our request")
DENIED: Final = failure(
    422, "Invalid", "pods \"p\" is forbidden: ValidatingAdmissionPolicy 'x' with binding 'x' denied request: leave it"
)
NOT_FOUND: Final = failure(404, "NotFound", "not found", name="p")
NOT_SERVED: Final = Response(404, {}, b"404 page not found\n")
FORBIDDEN: Final = failure(403, "Forbidden", "User ann cannot list it")


def a_pod(name: str = "p", *, finalizers: Sequence[str] = (names.FINALIZER,), uid: str = "u") -> dict[str, Any]:
    """As in a listing of metadata: without spec and status."""
    return {
        "metadata": {
            "name": name,
            "namespace": "billing",
            "uid": uid,
            "resourceVersion": "1",
            "creationTimestamp": "2026-03-01T11:00:00Z",
            "finalizers": list(finalizers),
            "labels": {names.JOB_LABEL: "invoice", names.JOB_UID_LABEL: "job-uid"},
            "ownerReferences": [OWNER],
        }
    }


def a_job(*writes: tuple[str, str]) -> dict[str, Any]:
    fields = [{"manager": "m", "subresource": part, "time": time} for part, time in writes]
    metadata = {"name": "invoice", "namespace": "billing", "uid": "job-uid", "resourceVersion": "4711"}
    return {"metadata": {**metadata, "managedFields": fields}}


def a_page(*items: dict[str, Any]) -> Response:
    return answer(200, {"metadata": {"resourceVersion": "5000"}, "items": list(items)})


def holding(*answers: Response | NoAnswer, namespace: str | None = "billing") -> tuple[Holding, ScriptedTransport]:
    transport = ScriptedTransport(*answers)
    now = ServerNow(NOON, NOON + timedelta(seconds=1))
    return Holding(Cluster(Client(transport), "billing", "https://api.example", lambda: now), namespace), transport


async def test_the_held_pods_are_those_with_our_finalizer_whatever_their_labels() -> None:
    bare = a_pod("b")
    del bare["metadata"]["labels"], bare["metadata"]["ownerReferences"]
    found, transport = holding(a_page(a_pod("c"), bare, a_pod("a", finalizers=["other.example/x"])))
    assert [(pod.name, pod.owner_name) for pod in await found.pods()] == [("b", ""), ("c", "invoice")]
    assert transport.asked[0].path == "/api/v1/namespaces/billing/pods"


async def test_all_namespaces_are_one_listing() -> None:
    found, transport = holding(a_page(), namespace=None)
    assert await found.pods() == []
    assert transport.asked[0].path == "/api/v1/pods"


async def test_pods_that_may_not_be_listed_are_a_problem() -> None:
    found, _ = holding(FORBIDDEN)
    with pytest.raises(Problem, match="cannot list the pods in namespace billing: you may not"):
        await found.pods()


async def test_an_operator_is_known_by_the_pods_that_it_creates_and_the_statuses_that_it_writes() -> None:
    job = a_job(("", "2026-03-01T12:00:00Z"), ("status", "2026-03-01T11:30:00Z"), ("status", "2026-03-01T11:20:00Z"))
    found, _ = holding(a_page(job, a_job()))
    assert [(sign.what, sign.time.isoformat()) for sign in await found.signs([pod_from(a_pod())])] == [
        ("created pod billing/p", "2026-03-01T11:00:00+00:00"),
        ("wrote the status of QueuedJob billing/invoice", "2026-03-01T11:30:00+00:00"),
        ("wrote the status of QueuedJob billing/invoice", "2026-03-01T11:20:00+00:00"),
    ]


@pytest.mark.parametrize("refusal", [FORBIDDEN, NOT_SERVED, NOT_FOUND], ids=["not allowed", "no CRD", "not found"])
async def test_jobs_that_cannot_be_listed_tell_nothing_of_an_operator(refusal: Response) -> None:
    found, _ = holding(refusal)
    assert await found.signs([]) == []


async def test_an_api_server_that_does_not_answer_is_a_problem_not_a_silent_operator() -> None:
    found, _ = holding(NoAnswer("timed out"))
    with pytest.raises(Problem, match="does not answer"):
        await found.signs([])


async def test_only_our_finalizer_is_taken_off_and_only_from_this_pod() -> None:
    found, transport = holding(answer(200, a_pod(finalizers=["other.example/x"])))
    done = await found.release(pod_from(a_pod(finalizers=["other.example/x", names.FINALIZER])))
    assert (done.result, done.job, done.message) == (Result.RELEASED, "invoice", "")
    assert orjson.loads(transport.asked[0].body or b"") == [
        {"op": "test", "path": "/metadata/uid", "value": "u"},
        {"op": "test", "path": "/metadata/finalizers/1", "value": names.FINALIZER},
        {"op": "remove", "path": "/metadata/finalizers/1"},
    ]


@pytest.mark.parametrize(
    ("answers", "result", "message"),
    [
        pytest.param([NOT_FOUND], Result.GONE, "", id="gone before"),
        pytest.param([CHANGED, NOT_FOUND], Result.GONE, "", id="gone meanwhile"),
        pytest.param([CHANGED, answer(200, a_pod(finalizers=[]))], Result.GONE, "", id="released by another client"),
        pytest.param([CHANGED, answer(200, a_pod(uid="other"))], Result.GONE, "", id="another pod of its name"),
        pytest.param(
            [CHANGED, answer(200, a_pod(finalizers=["x/y", names.FINALIZER])), answer(200, a_pod())],
            Result.RELEASED,
            "",
            id="changed meanwhile",
        ),
        pytest.param([DENIED], Result.FAILED, "leave it", id="refused by a policy"),
        pytest.param([FORBIDDEN], Result.FAILED, "User ann", id="not allowed"),
        pytest.param([NoAnswer("timed out")], Result.FAILED, "timed out", id="no answer"),
        pytest.param([*[CHANGED, answer(200, a_pod())] * 4, CHANGED], Result.FAILED, "rejected", id="always changed"),
    ],
)
async def test_what_becomes_of_a_pod(answers: list[Response | NoAnswer], result: Result, message: str) -> None:
    found, transport = holding(*answers)
    done = await found.release(pod_from(a_pod()))
    assert done.result == result
    assert message in done.message
    assert len(transport.asked) == len(answers)
