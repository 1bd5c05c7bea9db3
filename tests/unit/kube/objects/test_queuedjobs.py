import gc
import weakref
from datetime import UTC, datetime
from typing import Any

import pytest

from queuedjob.api.canonical import policy_hash, spec_hash
from queuedjob.api.kinds.queuedjob_status import JobStatus
from queuedjob.api.names import RETRY_NOW_ANNOTATION
from queuedjob.kube.client.decoding import Cut
from queuedjob.kube.objects.queuedjobs import StoredJob, Unreadable, job_from, status_body
from queuedjob.policy.job.inputs import Job
from queuedjob.ports import Body
from tests.unit.kube.objects.bodies import a_job_body, terms_of

STATUS: Body = {
    "phase": "Running",
    "reason": "AttemptRunning",
    "observedGeneration": 3,
    "counters": {"pods": 1, "attempts": 1, "heartbeats": 7},
    "checkpoint": {"at": 800},
}


def test_a_stored_job_has_no_payload_and_no_template() -> None:
    body = a_job_body(STATUS, payload={"order": 42}, retry={"maxAttempts": 7})
    kept = job_from(body)
    assert (kept.uid, kept.name, kept.namespace) == (body["metadata"]["uid"], "invoice-42", "billing")
    assert (kept.resource_version, kept.generation, kept.phase) == (4711, 3, "Running")
    assert kept.created == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert kept.terms.retry.max_attempts == 7
    assert not hasattr(kept.terms, "payload")
    assert b"busybox" not in kept.raw_status
    assert (kept.spec_hash, kept.policy_hash) == (spec_hash(body["spec"]), policy_hash(body["spec"]))


def test_the_job_that_a_plan_reads_equals_the_stored_job() -> None:
    kept = job_from(a_job_body(STATUS))
    job = kept.read()
    assert isinstance(job, Job)
    same = ("uid", "name", "namespace", "resource_version", "generation", "created", "deleting", "terms")
    assert [getattr(job, key) for key in same] == [getattr(kept, key) for key in same]
    assert (job.spec_hash, job.policy_hash) == (kept.spec_hash, kept.policy_hash)
    assert (job.status.phase, job.status.counters.pods) == ("Running", 1)


@pytest.mark.parametrize("status", [None, {}, {"observedGeneration": -1, "phase": "Pending"}])
def test_a_job_without_a_status_phase_is_pending(status: Body | None) -> None:
    kept = job_from(a_job_body(status))
    assert kept.phase == "Pending"
    assert kept.read().status == JobStatus()


@pytest.mark.parametrize(("metadata", "deleting"), [({}, False), ({"deletionTimestamp": "2026-03-01T12:00:00Z"}, True)])
def test_a_job_that_is_being_deleted_is_read_as_deleting(metadata: Body, *, deleting: bool) -> None:
    assert job_from(a_job_body(metadata=metadata)).deleting is deleting


@pytest.mark.parametrize(
    ("finalizers", "held_by"),
    [
        pytest.param(["a.io/b"], ("a.io/b",), id="another client's"),
        pytest.param(["foregroundDeletion", "orphan"], (), id="the garbage collector's"),
        pytest.param(["orphan", "a.io/b"], ("a.io/b",), id="both"),
        pytest.param([f"a.io/{n}" for n in range(8000)], ("a.io/0", "a.io/1", "a.io/2"), id="very many"),
        pytest.param(["x" * 400, 7, None, "a\x1b[2J", "a.io/b"], ("a.io/b",), id="odd ones"),
    ],
)
def test_of_a_job_that_is_being_deleted_it_is_known_what_holds_it(
    finalizers: list[object], held_by: tuple[str, ...]
) -> None:
    deleted = {"deletionTimestamp": "2026-03-01T12:00:00Z", "finalizers": finalizers}
    assert job_from(a_job_body(metadata=deleted)).read().held_by == held_by
    assert job_from(a_job_body(metadata={"finalizers": finalizers})).held_by == ()


@pytest.mark.parametrize(
    ("annotations", "value"),
    [
        pytest.param({RETRY_NOW_ANNOTATION: "2030-01-31T12:00:00Z"}, "2030-01-31T12:00:00Z", id="a time"),
        pytest.param({RETRY_NOW_ANNOTATION: "2030-01-31T12:00:00.5+01:00"}, "2030-01-31T12:00:00.5+01:00", id="a zone"),
        pytest.param({RETRY_NOW_ANNOTATION: "now"}, "", id="no time"),
        pytest.param({RETRY_NOW_ANNOTATION: "2030-01-31T12:00:00Z\n"}, "", id="a line break"),
        pytest.param({RETRY_NOW_ANNOTATION: f"2030-01-31T12:00:00.{'0' * 9_000}Z"}, "", id="a long text"),
        pytest.param({RETRY_NOW_ANNOTATION: 7}, "", id="a number"),
        pytest.param({"other": "2030-01-31T12:00:00Z"}, "", id="another annotation"),
        pytest.param(None, "", id="no annotations"),
        pytest.param(["x"], "", id="odd annotations"),
    ],
)
def test_of_the_annotation_retry_now_only_a_time_counts(annotations: object, value: str) -> None:
    assert job_from(a_job_body(metadata={"annotations": annotations})).read().retry_now == value


def test_a_status_that_does_not_fit_the_schema_is_refused_at_a_read() -> None:
    with pytest.raises(Unreadable, match=r"^status: counters: [^;\n]+$"):
        job_from(a_job_body({"counters": "many"})).read()


def test_a_spec_that_does_not_fit_the_schema_is_refused_at_every_read() -> None:
    body = a_job_body(retry={"maxAttempts": "many"})
    kept = job_from(body)
    with pytest.raises(Unreadable, match=r"^spec: retry.maxAttempts: [^;\n]+$"):
        kept.read()
    with pytest.raises(Unreadable, match="maxAttempts"):
        job_from(body, kept).read()


def deep(levels: int) -> Any:  # noqa: ANN401 - any JSON
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(("levels", "read"), [(100, True), (101, False), (240, False)])
def test_a_payload_that_no_dead_letter_could_carry_makes_the_job_unreadable(levels: int, *, read: bool) -> None:
    kept = job_from(a_job_body(payload=deep(levels)))
    if read:
        assert kept.read().name == "invoice-42"
        return
    with pytest.raises(Unreadable, match=r"^spec: payload: it is nested more than 100 deep; make it flatter"):
        kept.read()
    assert kept.name == "invoice-42"


@pytest.mark.parametrize(
    ("part", "words"), [("spec", "spec: payload: it is nested"), ("status", "status: it is nested")]
)
def test_a_job_that_the_decoder_had_to_cut_is_unreadable_until_it_is_whole(part: str, words: str) -> None:
    body = a_job_body(STATUS)
    kept = job_from(Cut(body, frozenset({part})))
    with pytest.raises(Unreadable, match=words):
        kept.read()
    mended = {**body, "metadata": {**body["metadata"], "generation": 4 if part == "spec" else 3}}
    assert job_from(mended, kept).read().name == "invoice-42"


def test_a_job_whose_metadata_were_cut_is_read_as_ever() -> None:
    assert job_from(Cut(a_job_body(STATUS), frozenset({"metadata"}))).read().name == "invoice-42"


# --- terms


def test_jobs_with_equal_terms_share_one_terms_object() -> None:
    one = terms_of({"queue": "q", "type": "t", "template": {"a": 1}, "payload": {"order": 1}})
    assert terms_of({"type": "t", "queue": "q", "template": {"b": 2}}) is one
    assert terms_of({"queue": "other", "type": "t"}) is not one


def again(known: StoredJob, **changes: object) -> StoredJob:
    """The projection of the job from a later event, with another spec."""
    body = a_job_body(metadata=changes, queue="other", retry={"maxAttempts": 9})
    return job_from(body, known)


def test_terms_that_no_job_has_any_more_are_not_kept() -> None:
    """Those of one job may take 60 KB, and a tenant may make and delete thousands of jobs. The latest few are kept."""
    kept = weakref.ref(terms_of({"queue": "no-job-has-this", "template": {}}))
    for number in range(600):
        terms_of({"queue": f"another-{number}", "template": {}})
    gc.collect()
    assert kept() is None


def test_the_spec_of_an_unchanged_generation_is_not_hashed_again() -> None:
    known = job_from(a_job_body())
    assert again(known, resourceVersion="4712").spec_hash == known.spec_hash
    assert again(known, resourceVersion="4712").policy_hash == known.policy_hash
    assert again(known, resourceVersion="4712").terms is known.terms


@pytest.mark.parametrize("changes", [{"generation": 4}, {"uid": "another"}], ids=["another spec", "another job"])
def test_the_projection_of_another_spec_or_job_is_not_reused(changes: Body) -> None:
    known = job_from(a_job_body())
    found = again(known, **changes)
    assert found.spec_hash != known.spec_hash
    assert found.policy_hash != known.policy_hash
    assert found.terms.queue == "other"


# --- writing a status


def written(before: Body, **changes: object) -> Body:
    kept = job_from(a_job_body(before))
    status = kept.read().status
    return status_body(kept, status, status.model_copy(update=changes))


def test_a_status_write_names_the_version_of_its_plan_and_has_no_spec() -> None:
    body = written(STATUS, phase="Succeeded")
    assert body == {
        "apiVersion": "queuedjob.dev/v1alpha1",
        "kind": "QueuedJob",
        "metadata": {
            "name": "invoice-42",
            "namespace": "billing",
            "uid": "0b4f7c1e-5a2d-4e0b-9a51-3f0f6d1c2b7a",
            "resourceVersion": "4711",
        },
        "status": {**STATUS, "phase": "Succeeded"},
    }


def test_a_status_write_keeps_the_fields_of_a_newer_operator_version() -> None:
    kept = job_from(a_job_body(STATUS))
    status = kept.read().status
    counters = status.counters.model_copy(update={"pods": 2})
    edited = status_body(kept, status, status.model_copy(update={"counters": counters}))["status"]
    assert edited["counters"] == {"pods": 2, "attempts": 1, "heartbeats": 7}
    assert edited["checkpoint"] == {"at": 800}


def test_a_status_write_does_not_change_the_stored_status() -> None:
    kept = job_from(a_job_body(STATUS))
    before = kept.raw_status
    status_body(kept, kept.read().status, JobStatus())
    assert kept.raw_status == before
