import copy
from dataclasses import replace

import pytest

from queuedjob.api.kinds.deadletter import LetterSpec
from queuedjob.controllers.deadletter.controller import affected, affected_by_deletion
from queuedjob.kube.objects.deadletters import letter_body, letter_from
from queuedjob.policy.facts import Letter
from queuedjob.policy.job.dead_letter import DeathRecord
from queuedjob.ports import Body
from tests.unit.kube.objects.bodies import a_job_body, golden

STATUS: Body = {
    "phase": "DeadLettered",
    "reason": "Permanent",
    "message": "attempt 2: Container main exited with 65 (rule exit-data)",
    "counters": {"pods": 2, "attempts": 2, "redrives": 1},
    "firstFailureTime": "2026-03-01T12:00:10Z",
    "attempts": [
        {"number": 1, "class": "Transient", "counted": True, "finishTime": "2026-03-01T12:00:10Z", "since": "v2"},
        {"number": 2, "class": "Permanent", "counted": True, "finishTime": "2026-03-01T12:00:20Z", "exitCode": 65},
    ],
    "conditions": [{"type": "Failed", "status": "True"}],
}
RECORD = DeathRecord(
    generation=2,
    redrives=1,
    reason="Permanent",
    failure_class="Permanent",
    rule="exit-data",
    action="fix-spec",
    fingerprint="v1-0123456789abcdef",
    attempts_left_out=0,
)
METADATA: Body = {
    "labels": {"argocd.argoproj.io/instance": "billing"},
    "annotations": {"team": "billing", "kubectl.kubernetes.io/last-applied-configuration": "{...}"},
    "ownerReferences": [{"kind": "CronJob", "name": "nightly", "uid": "x"}],
}


def filed(status: Body = STATUS, *, metadata: Body | None = None, record: DeathRecord = RECORD, **spec: object) -> Body:
    job = a_job_body(status, metadata=METADATA if metadata is None else metadata, **spec)
    return letter_body("invoice-42-abcdefghij", job, record)


def test_a_whole_dead_letter_matches_its_golden_file() -> None:
    assert filed(payload={"order": 42}) == golden("letter")


def test_a_dead_letter_has_no_labels_or_annotations_by_which_a_tool_would_prune_it() -> None:
    assert filed()["metadata"] == {"name": "invoice-42-abcdefghij", "namespace": "billing"}


def test_the_copy_of_a_job_is_complete_except_for_kubectls_last_applied_annotation() -> None:
    copied = filed(payload={"order": 42})["spec"]["job"]
    assert copied["labels"] == {"argocd.argoproj.io/instance": "billing"}
    assert copied["annotations"] == {"team": "billing"}
    assert copied["spec"] == a_job_body(payload={"order": 42})["spec"]


def test_the_copy_of_a_job_without_labels_and_annotations_has_only_its_spec() -> None:
    assert filed(metadata={})["spec"]["job"] == {"spec": a_job_body()["spec"]}


@pytest.mark.parametrize("said", [{"at": 800}, "x", 0, False, ""], ids=repr)
def test_a_checkpoint_of_any_json_type_is_copied(said: object) -> None:
    assert filed({**STATUS, "checkpoint": said})["spec"]["checkpoint"] == said


def test_a_dead_letter_of_a_job_without_a_checkpoint_has_no_checkpoint() -> None:
    assert "checkpoint" not in filed()["spec"]


def test_attempts_that_are_left_out_are_counted() -> None:
    assert "attemptsLeftOut" not in filed()["spec"]
    assert filed(record=replace(RECORD, attempts_left_out=5))["spec"]["attemptsLeftOut"] == 5


def test_attempts_are_copied_as_they_are_stored() -> None:
    assert filed()["spec"]["attempts"] == STATUS["attempts"]


@pytest.mark.parametrize(("spec", "key"), [({}, a_job_body()["metadata"]["uid"]), ({"idempotencyKey": "o-42"}, "o-42")])
def test_a_dead_letter_has_the_idempotency_key_that_the_pods_were_given(spec: Body, key: str) -> None:
    assert filed(**spec)["spec"]["idempotencyKey"] == key


@pytest.mark.parametrize(
    ("attempts", "time"),
    [
        pytest.param(STATUS["attempts"], "2026-03-01T12:00:20Z", id="the last"),
        pytest.param(
            [*STATUS["attempts"], {"number": 3, "class": "Stopped", "finishTime": "2026-03-01T12:00:30Z"}],
            "2026-03-01T12:00:20Z",
            id="our own stop is none",
        ),
        pytest.param(
            [{"number": 1, "class": "", "counted": True, "finishTime": "2026-03-01T12:00:30Z"}],
            None,
            id="nor a success",
        ),
        pytest.param([], None, id="no attempt at all"),
    ],
)
def test_the_last_failure_time_is_that_of_the_last_counted_failure(attempts: list[Body], time: str | None) -> None:
    assert filed({**STATUS, "attempts": attempts})["spec"].get("lastFailureTime") == time


def test_a_job_that_never_had_an_attempt_gets_a_dead_letter() -> None:
    none = DeathRecord(1, 0, "TotalTimeout", "", "", "alert-developer", "v1-x", 0)
    spec = filed({"phase": "DeadLettered", "reason": "TotalTimeout"}, record=none)["spec"]
    assert spec["jobRef"] == {
        "name": "invoice-42",
        "uid": a_job_body()["metadata"]["uid"],
        "generation": 1,
        "redrives": 0,
    }
    assert {"class", "rule", "attempts", "attemptsLeftOut", "message"} & spec.keys() == set()


def test_a_filed_dead_letter_has_only_fields_of_the_schema() -> None:
    spec = filed({**STATUS, "checkpoint": 800}, payload={"order": 42})["spec"]
    known = {field.alias for field in LetterSpec.model_fields.values()}
    assert spec.keys() <= known
    parsed = LetterSpec.model_validate(spec)
    assert (parsed.job_ref.generation, parsed.job_ref.redrives, parsed.reason) == (2, 1, "Permanent")


def test_the_job_that_a_dead_letter_copies_is_not_changed() -> None:
    job = a_job_body(STATUS, metadata=METADATA)
    before = copy.deepcopy(job)
    letter_body("x", job, RECORD)
    assert job == before


# --- from the API server


def stored(**changes: Body) -> Body:
    body = filed()
    body["metadata"] |= {"uid": "letter-uid", "resourceVersion": "99", **changes.get("metadata", {})}
    body["spec"] |= changes.get("spec", {})
    return body | {key: value for key, value in changes.items() if key == "status"}


def test_a_dead_letter_is_read_with_the_uid_and_redrives_of_its_job() -> None:
    uid = a_job_body()["metadata"]["uid"]
    assert letter_from(stored()) == Letter(
        "letter-uid", "invoice-42-abcdefghij", "billing", 99, uid, 1, "Dead", resolved=False
    )


@pytest.mark.parametrize(
    ("changes", "phase", "resolved"),
    [
        ({"status": {}}, "Dead", False),
        ({"status": {"phase": "Redriven"}}, "Redriven", False),
        ({"spec": {"resolution": {"state": "Resolved"}}}, "Dead", True),
    ],
)
def test_a_dead_letter_is_read_with_its_phase_and_resolution(
    changes: dict[str, Body], phase: str, *, resolved: bool
) -> None:
    letter = letter_from(stored(**changes))
    assert (letter.phase, letter.resolved) == (phase, resolved)


@pytest.mark.parametrize("uid", ["u" * 65, "u" * 1_000_000, "u/1", "\x1b[31m", ""])
def test_a_dead_letter_of_a_job_that_cannot_be_is_about_no_job(uid: str) -> None:
    letter = letter_from(stored(spec={"jobRef": {"name": "j", "uid": uid}}))
    assert letter.job_uid == ""
    assert affected_by_deletion(letter) == ()
    assert len(list(affected(letter))) == 1


def test_a_dead_letter_without_redrives_belongs_to_the_first_run() -> None:
    body = stored()
    del body["spec"]["jobRef"]["redrives"]
    assert letter_from(body).redrives == 0


@pytest.mark.parametrize(
    ("resolution", "resolved"),
    [
        pytest.param(None, False, id="none"),
        pytest.param({"state": "Resolved"}, True, id="resolved"),
        pytest.param({"state": "Requeue"}, False, id="a state that a newer version knows"),
        pytest.param({"note": "looked at"}, False, id="no state"),
    ],
)
def test_resolved_alone_closes_a_case(resolution: Body | None, *, resolved: bool) -> None:
    body = {
        "metadata": {"uid": "u", "name": "l", "namespace": "n", "resourceVersion": "1"},
        "spec": {"jobRef": {"name": "j", "uid": "j-uid"}, "resolution": resolution},
    }
    assert letter_from(body).resolved is resolved
