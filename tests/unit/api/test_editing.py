"""A status is edited, never rebuilt: fields that a newer version wrote survive the writes of an older version."""

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuedjob.api.editing import edit_status, to_json
from queuedjob.api.kinds.queuedjob_status import (
    Attempt,
    Condition,
    Counters,
    DeadLetterRef,
    FailedSpec,
    JobStatus,
    Progress,
    parse_status,
)
from queuedjob.api.types.json_value import Json

WORDS = st.text(alphabet="abcXYZ ", max_size=6)
COUNTS = st.integers(min_value=0, max_value=3)
TIMES = st.none() | st.datetimes(
    min_value=datetime.fromisoformat("2026-01-01"),
    max_value=datetime.fromisoformat("2027-01-01"),
    timezones=st.just(UTC),
)
SAID = st.none() | st.sampled_from([0, 1, 1.0, True, "text", [1], {"at": 800}]).map(Json.of)
COUNTERS = st.builds(
    Counters,
    pods=COUNTS,
    attempts=COUNTS,
    crashes=COUNTS,
    redrives=COUNTS,
    by_class=st.dictionaries(st.sampled_from(["Crash", "Timeout"]), st.integers(min_value=1, max_value=3)),
)
ATTEMPTS = st.lists(
    st.builds(
        Attempt,
        number=st.integers(min_value=1, max_value=3),
        pod_uid=st.sampled_from(["", "u1", "u2"]),
        finish_time=TIMES,
        exit_code=st.none() | COUNTS,
        class_=WORDS,
        message=WORDS,
        counted=st.booleans(),
    ),
    max_size=3,
    unique_by=lambda attempt: (attempt.number, attempt.pod_uid),
).map(tuple)
CONDITIONS = st.lists(
    st.builds(Condition, type=st.sampled_from(["Failed", "Stalled"]), reason=WORDS, last_transition_time=TIMES),
    max_size=2,
    unique_by=lambda condition: condition.type,
).map(tuple)
STATUSES = st.builds(
    JobStatus,
    phase=st.sampled_from(["Pending", "Waiting", "Running"]),
    reason=WORDS,
    counters=COUNTERS,
    attempts=ATTEMPTS,
    crash_times=st.lists(TIMES.filter(bool), max_size=2).map(tuple),
    next_attempt_time=TIMES,
    result=SAID,
    checkpoint=SAID,
    progress=st.none() | st.builds(Progress, done=COUNTS, total=COUNTS),
    progress_summary=WORDS,
    dead_letter_ref=st.none() | st.builds(DeadLetterRef, name=st.sampled_from(["a", "b"]), uid=WORDS),
    observed_generation=st.integers(min_value=-1, max_value=3),
    conditions=CONDITIONS,
    failed_spec=st.none() | st.builds(FailedSpec, generation=COUNTS, spec_hash=WORDS),
)


def with_unknown_keys(raw: dict[str, Any]) -> dict[str, Any]:
    """`raw` as a newer version might have written it."""
    newer = {**copy.deepcopy(raw), "novelty": {"at": 800}}
    newer["counters"] = {**newer.get("counters", {}), "heartbeats": 7}
    for entry in (*newer.get("attempts", ()), *newer.get("conditions", ())):
        entry["since"] = "v2"
    return newer


@given(STATUSES)
def test_a_status_comes_back_as_it_was_written(status: JobStatus) -> None:
    assert parse_status(to_json(status)) == status


@given(STATUSES, STATUSES)
def test_what_is_read_after_an_edit_is_what_was_meant(before: JobStatus, after: JobStatus) -> None:
    raw = with_unknown_keys(to_json(before))
    assert parse_status(edit_status(raw, before, after)) == after


@given(STATUSES)
def test_an_edit_that_changes_nothing_writes_what_was_there(status: JobStatus) -> None:
    raw = with_unknown_keys(to_json(status))
    assert edit_status(raw, status, status) == raw


@given(STATUSES, STATUSES)
def test_an_edit_leaves_the_stored_status_alone(before: JobStatus, after: JobStatus) -> None:
    raw = with_unknown_keys(to_json(before))
    stored = copy.deepcopy(raw)
    edit_status(raw, before, after)
    assert raw == stored


@given(STATUSES, STATUSES)
def test_unknown_keys_survive_an_edit(before: JobStatus, after: JobStatus) -> None:
    edited = edit_status(with_unknown_keys(to_json(before)), before, after)
    assert edited["novelty"] == {"at": 800}
    assert edited["counters"]["heartbeats"] == 7
    known = {(entry.number, entry.pod_uid) for entry in before.attempts}
    for entry in edited.get("attempts", ()):
        assert ("since" in entry) == ((entry["number"], entry.get("podUID", "")) in known)
    types = {condition.type for condition in before.conditions}
    for condition in edited.get("conditions", ()):
        assert ("since" in condition) == (condition["type"] in types)


def empty_fields(value: object, path: str = "status") -> list[str]:
    if value is None or value in ("", [], {}):
        return [path]
    if isinstance(value, dict):
        return [empty for key, inner in value.items() for empty in empty_fields(inner, f"{path}.{key}")]
    if isinstance(value, list):
        return [empty for index, inner in enumerate(value) for empty in empty_fields(inner, f"{path}[{index}]")]
    return []


@given(STATUSES, STATUSES)
def test_nothing_empty_is_written(before: JobStatus, after: JobStatus) -> None:
    written = empty_fields(edit_status(to_json(before), before, after))
    assert written == []


def test_a_zero_is_written_only_where_absence_means_something_else() -> None:
    attempt = Attempt(number=1, exit_code=0)
    assert to_json(JobStatus(attempts=(attempt,), observed_generation=0)) == {
        "phase": "Pending",
        "attempts": [{"number": 1, "exitCode": 0}],
        "observedGeneration": 0,
    }


def test_a_rerun_leaves_no_counter_of_the_run_before() -> None:
    before = parse_status(raw := {"phase": "DeadLettered", "counters": {"pods": 5, "byClass": {"Crash": 5}}})
    after = before.model_copy(update={"phase": "Pending", "counters": Counters(redrives=1)})
    assert edit_status(raw, before, after) == {"phase": "Pending", "counters": {"redrives": 1}}


@pytest.mark.parametrize("said", [0, False, "", [], {}, 1.0], ids=repr)
def test_a_value_that_a_job_reported_is_written_even_if_empty_and_read_unchanged(said: object) -> None:
    status = JobStatus(checkpoint=Json.of(said), result=Json.of(said))
    written = to_json(status)
    assert json.dumps([written["checkpoint"], written["result"]]) == json.dumps([said, said])
    assert edit_status({}, JobStatus(), status) == {"checkpoint": said, "result": said}
    assert parse_status(written) == status


def test_checkpoints_that_are_equal_only_in_python_are_different() -> None:
    before = parse_status(raw := {"phase": "Running", "checkpoint": 1})
    after = before.model_copy(update={"checkpoint": Json.of(value=True)})
    assert edit_status(raw, before, after)["checkpoint"] is True


def test_progress_from_zero_is_written_whole() -> None:
    status = JobStatus(progress=Progress(done=0, total=0))
    assert to_json(status)["progress"] == {"done": 0, "total": 0}
