from typing import Any

from queuedjob.kube.letters import letter_body, letter_from
from queuedjob.policy.obituary import Obituary
from queuedjob.ports import Body

OBITUARY = Obituary(
    generation=3,
    redrives=2,
    reason="Permanent",
    failure_class="Permanent",
    rule="exit-data",
    action="fix-spec",
    fingerprint="v1-0123",
    attempts_left_out=4,
)
FAILED = {"number": 6, "class": "Transient", "counted": True, "finishTime": "2026-03-01T12:00:10Z"}
EVICTED = {"number": 7, "class": "Disruption", "finishTime": "2026-03-01T12:00:20Z"}


def a_dead_job(**metadata: Any) -> Body:  # noqa: ANN401 - JSON
    return {
        "metadata": {"uid": "u", "name": "j", "namespace": "n", "generation": 9, **metadata},
        "spec": {"type": "invoice", "payload": {"order": 42}},
        "status": {
            "message": "why",
            "attempts": [FAILED, EVICTED],
            "counters": {"pods": 7, "attempts": 5},
            "firstFailureTime": "2026-03-01T11:00:00Z",
        },
    }


def test_a_letter_holds_all_that_a_person_needs_when_the_job_is_gone() -> None:
    spec = letter_body("l", a_dead_job(), OBITUARY)["spec"]
    assert spec == {
        "jobRef": {"name": "j", "uid": "u", "generation": 3, "redrives": 2},
        "job": {"spec": {"type": "invoice", "payload": {"order": 42}}},
        "reason": "Permanent",
        "class": "Permanent",
        "action": "fix-spec",
        "rule": "exit-data",
        "message": "why",
        "fingerprint": "v1-0123",
        "attempts": [FAILED, EVICTED],
        "attemptsLeftOut": 4,
        "counters": {"pods": 7, "attempts": 5},
        "firstFailureTime": "2026-03-01T11:00:00Z",
        "lastFailureTime": "2026-03-01T12:00:10Z",
        "idempotencyKey": "u",
    }


def test_it_outlives_the_job_and_carries_none_of_its_labels() -> None:
    applied = "kubectl.kubernetes.io/last-applied-configuration"
    job = a_dead_job(labels={"app": "x"}, annotations={"a": "b", applied: "{}"})
    letter = letter_body("l", job, OBITUARY)
    assert letter["metadata"] == {"name": "l", "namespace": "n"}
    assert letter["spec"]["job"]["labels"] == {"app": "x"}
    assert letter["spec"]["job"]["annotations"] == {"a": "b"}


def test_the_jobs_own_idempotency_key_is_handed_on() -> None:
    job = a_dead_job()
    job["spec"]["idempotencyKey"] = "order-42"
    assert letter_body("l", job, OBITUARY)["spec"]["idempotencyKey"] == "order-42"


def test_a_letter_is_read_back_as_the_death_that_it_tells_of() -> None:
    body = letter_body("l", a_dead_job(), OBITUARY)
    body["metadata"].update(uid="letter-uid", resourceVersion="5")
    letter = letter_from(body)
    assert (letter.job_uid, letter.redrives, letter.phase, letter.resolved) == ("u", 2, "Dead", False)
