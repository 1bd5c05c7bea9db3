"""Objects that the API server must accept. They are stored unchanged: nothing is added, nothing is lost."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from queuedjob.api.editing import to_json
from queuedjob.api.identity import letter_name, pod_name
from queuedjob.api.kinds import KINDS
from queuedjob.api.kinds.deadletter import JobCopy, JobRef, LetterSpec, LetterStatus, Resolution
from queuedjob.api.kinds.queuedjob import JobSpec
from queuedjob.api.kinds.queuedjob_status import (
    Attempt,
    Condition,
    Counters,
    DeadLetterRef,
    FailedSpec,
    Handled,
    JobStatus,
    Progress,
    parse_status,
)
from queuedjob.api.manifests.files import manifests
from queuedjob.api.types.durations import parse_duration
from queuedjob.api.types.json_value import Json
from tests.api.kubectl import Kubectl, wait_for
from tests.api.manifests import Object, a_container, a_job, a_letter, a_pod, fresh_name

NOON = datetime(2030, 1, 31, 12, 0, 0, 250_000, tzinfo=UTC)

DOCUMENT = (Path(__file__).parents[2] / "docs/profiles.md").read_text()
PROFILES: list[Object] = [yaml.safe_load(shown) for shown in re.findall(r"```yaml\n(.*?)```", DOCUMENT, re.DOTALL)]

EVERY_FIELD: Object = {
    "mainContainer": "main",
    "queue": "nightly",
    "type": "invoice",
    "suspend": True,
    "cancel": True,
    "notBeforeTime": "2030-01-31T09:00:00.5+02:00",
    "idempotencyKey": "order 42 / try me",
    "timeouts": {"attempt": "1h30m", "growth": "1.5", "max": "2h", "start": "5m", "heartbeat": "90s", "total": "24h"},
    "retry": {
        "maxAttempts": 1,
        "backoff": {"initial": "500ms", "multiplier": 3, "max": "1.5m", "jitterPercent": 0},
        "maxDisruptions": 0,
        "perClass": [{"class": "Unknown", "maxAttempts": 1, "backoff": {"initial": "1m", "max": "1h"}}],
    },
    "failurePolicy": {
        "rules": [
            {"name": "bad-input", "exitCodes": [3, 255], "class": "Permanent", "action": "fix-spec"},
            {"name": "busy", "exitCodes": [75], "class": "RateLimited", "retryAfter": "24h"},
            {"name": "dns", "messageMatches": r"(?i)no such host|\bNXDOMAIN\b", "class": "Transient"},
            {"name": "mesh", "container": "main", "reasons": ["OOMKilled", "Error"], "class": "Crash"},
        ]
    },
    "poisonPill": {"crashes": 1, "window": "1h"},
    "podHistoryLimit": 0,
    "ttlAfterFinished": "off",
    "payload": {"order": 42, "deep": [{"a": [], "b": 0.5, "c": "Zoë"}]},
    "template": {"spec": {"containers": [{"name": "main", "image": "busybox"}]}},
}


def test_every_field_is_stored_as_it_was_written(kubectl: Kubectl) -> None:
    stored = kubectl.apply(a_job(**EVERY_FIELD)).object
    assert stored["spec"] == EVERY_FIELD
    known = {str(field.alias) for field in type(JobSpec.model_validate(stored["spec"])).model_fields.values()}
    assert set(EVERY_FIELD) == known


LARGE: dict[str, Object] = {
    "a payload of almost the limit": {"payload": {"text": "<" * 131_000}},
    "numbers": {"payload": {"n": [1] * 40_000}},
    "a payload as deep as may be": {"payload": json.loads('{"a":[' * 16 + "]}" * 16)},
    "brackets in a string": {"payload": {"text": '{"a": {"b": [[[]]]}}' * 100}},
    "as many rules and patterns as may be": {
        "failurePolicy": {
            "rules": [{"name": f"r{i}", "messageMatches": "x" * 400 + "a{2}", "class": "Transient"} for i in range(20)]
        }
    },
    "never": {"timeouts": {"start": "never", "heartbeat": "never", "total": "never"}, "ttlAfterFinished": "never"},
}


@pytest.mark.parametrize("spec", LARGE.values(), ids=LARGE.keys())
def test_what_is_within_its_limits_is_stored_as_it_was_written(kubectl: Kubectl, spec: Object) -> None:
    """Server-side, because client-side apply stores the job a second time, in an annotation of at most 256 KiB."""
    job = a_job(**spec)
    assert kubectl.apply(job, "--server-side").object["spec"] == job["spec"]


def test_nulls_in_a_payload_are_kept(kubectl: Kubectl) -> None:
    """Client-side apply drops nulls before it sends the object; the API server keeps them."""
    job = a_job(payload={"nothing": None, "list": [None, {"nothing": None}]})
    assert kubectl.apply(job, "--server-side").object["spec"] == job["spec"]


def test_a_small_job_stays_small_and_is_pending(kubectl: Kubectl) -> None:
    job = a_job()
    stored = kubectl.apply(job).object
    assert stored["spec"] == job["spec"]
    assert stored["status"] == {"observedGeneration": -1, "phase": "Pending"}
    assert parse_status(stored["status"]) == JobStatus()


TEMPLATES = {
    "a quantity without quotes": a_container(resources={"limits": {"cpu": 0.5, "memory": 134217728}}),
    "a quantity with an exponent": a_container(resources={"requests": {"memory": "12e6", "cpu": "100m"}}),
    "a port by name and one by number": a_container(
        livenessProbe={"httpGet": {"port": "http", "path": "/"}}, readinessProbe={"tcpSocket": {"port": 80}}
    ),
    "a native sidecar": a_pod(initContainers=[{"name": "proxy", "image": "busybox", "restartPolicy": "Always"}]),
    "restartPolicy spelled out": a_pod(restartPolicy="Never"),
    "metadata of the user's own": {
        "template": {
            "metadata": {
                "labels": {"app": "x", "sub.queuedjob.dev/x": "y"},
                "annotations": {"a.example/b": "c"},
                "finalizers": ["a.example/b"],
            }
        }
    },
    "requests as large as their limits": a_container(
        resources={"requests": {"cpu": 1, "memory": "1Gi"}, "limits": {"cpu": "1000m", "memory": 1073741824}}
    ),
    "as many containers as may be": a_pod(
        containers=[{"name": f"c{i}", "image": "busybox"} for i in range(32)],
        initContainers=[{"name": f"i{i}", "image": "busybox"} for i in range(32)],
    ),
    "a mount of its volume": a_pod(
        containers=[{"name": "main", "image": "busybox", "volumeMounts": [{"name": "d", "mountPath": "/d"}]}],
        volumes=[{"name": "d", "emptyDir": {}}],
    ),
    "volumes": a_pod(
        volumes=[
            {"name": "a", "emptyDir": {"sizeLimit": "1Gi"}},
            {"name": "b", "configMap": {"name": "x", "optional": True}},
            {"name": "c", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}},
        ]
    ),
}


@pytest.mark.parametrize("spec", TEMPLATES.values(), ids=TEMPLATES.keys())
def test_a_template_that_a_pod_could_have_is_stored_as_it_was_written(kubectl: Kubectl, spec: Object) -> None:
    job = a_job(**spec)
    assert kubectl.apply(job).object["spec"] == job["spec"]


@pytest.mark.parametrize("profile", PROFILES, ids=lambda job: str(job["metadata"]["name"]))
def test_a_documented_profile_is_stored_as_it_was_written(kubectl: Kubectl, profile: Object) -> None:
    assert kubectl.apply(profile).object["spec"] == profile["spec"]


def test_what_kubectl_generates_is_accepted(kubectl: Kubectl) -> None:
    """In many versions, `kubectl create job --dry-run=client -o yaml` writes nulls and an empty status."""
    name = fresh_name()
    kubectl.apply(
        f"""
        apiVersion: queuedjob.dev/v1alpha1
        kind: QueuedJob
        metadata:
          creationTimestamp: null
          name: {name}
        spec:
          template:
            metadata:
              creationTimestamp: null
              labels:
            spec:
              containers:
              - image: busybox
                name: main
                env:
                resources: {{}}
              restartPolicy: Never
        status: {{}}
        """
    ).accepted()
    assert kubectl.get("queuedjob", name)["status"]["phase"] == "Pending"


def test_a_pod_of_the_stored_template_is_a_pod_that_the_api_server_takes(kubectl: Kubectl) -> None:
    stored = kubectl.apply(a_job(**TEMPLATES["a quantity without quotes"])).object
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": fresh_name("pod")}} | stored["spec"]["template"]
    wait_for("pods may be created", lambda: kubectl("get", "serviceaccount", "default").status == 0)
    kubectl.apply(pod, "--dry-run=server", "--validate=strict").accepted()


@pytest.mark.parametrize("text", ["0s", "1ms", "1h30m", "1.5h", "0.25s", "10m10m", "87600h"])
def test_every_duration_that_gets_in_is_one_that_we_can_read(kubectl: Kubectl, text: str) -> None:
    job = a_job(retry={"backoff": {"initial": "0s", "max": text}})
    stored = kubectl.apply(job).object
    assert JobSpec.model_validate(stored["spec"]).retry.backoff.max == parse_duration(text)


@pytest.mark.parametrize(
    "text",
    [
        "1900-01-01T00:00:00Z",
        "2199-12-31T23:59:59.999999999-23:59",
        "2030-01-31t09:00:00z",
        "2030-01-31T09:00:00+00:00",
    ],
)
def test_every_time_that_gets_in_is_one_that_we_can_read_and_count_from(kubectl: Kubectl, text: str) -> None:
    stored = kubectl.apply(a_job(notBeforeTime=text)).object
    not_before = JobSpec.model_validate(stored["spec"]).not_before_time
    assert not_before is not None
    assert (not_before.astimezone(UTC) - NOON) + NOON == not_before


def test_applying_twice_changes_nothing(kubectl: Kubectl) -> None:
    job = a_job(**EVERY_FIELD)
    for options in (["--server-side", "--force-conflicts"], []):
        kubectl.apply(job, *options).accepted()
        # The operator soon writes a status, too. Until then, each read defaults the status, and any write stores it.
        kubectl.write_status("queuedjob", job["metadata"]["name"], {"phase": "Waiting"})
        first = kubectl.apply(job, *options).object["metadata"]
        again = kubectl.apply(job, *options).object["metadata"]
        assert (again["resourceVersion"], again["generation"]) == (first["resourceVersion"], 1)


FULL_STATUS = JobStatus(
    phase="DeadLettered",
    reason="MaxAttempts",
    message="5 of 5 attempts failed",
    counters=Counters(
        pods=6, attempts=5, crashes=1, disruptions=1, timeouts=1, redrives=1, by_class={"Transient": 4, "Crash": 1}
    ),
    attempts_summary="5/5",
    attempts=(
        Attempt(
            number=6,
            pod_name=pod_name("j", "u", 1, 6),
            pod_uid="u6",
            node_name="node-1",
            generation=2,
            create_time=NOON,
            start_time=NOON,
            finish_time=NOON,
            exit_code=0,
            reason="Error",
            class_="Transient",
            rule="exit-temporary",
            message="connection refused",
            active_deadline_seconds=1_800,
            counted=True,
            stop_reason="start",
            stop_detail="ImagePullBackOff: container main: Back-off pulling image",
        ),
    ),
    crash_times=(NOON,),
    next_attempt_time=NOON,
    handled=Handled(retry_now="2030-01-31T12:00:00Z"),
    total_start_time=NOON,
    suspend_time=NOON,
    first_failure_time=NOON,
    start_time=NOON,
    finish_time=NOON,
    result=Json.of({"rows": 42, "": [None, {"share": 0.5, "all": True}]}),
    checkpoint=Json.of({"at": 800, "of": [None, "a$b", []]}),
    progress=Progress(done=800, total=1000),
    progress_summary="800/1000",
    dead_letter_ref=DeadLetterRef(name=letter_name("j", "u", 1), uid="l"),
    observed_generation=2,
    conditions=(
        Condition(
            type="Failed",
            reason="MaxAttempts",
            message="5 of 5 attempts failed",
            observed_generation=2,
            last_transition_time=NOON,
        ),
    ),
    failed_spec=FailedSpec(generation=2, spec_hash="v1-a", policy_hash="v1-b"),
)


def every_key(model: Any) -> set[str]:  # noqa: ANN401 - a model
    return {str(field.alias) for field in type(model).model_fields.values()}


def test_a_status_that_says_everything_is_stored_whole(kubectl: Kubectl) -> None:
    job = a_job()
    kubectl.apply(job).accepted()
    written = to_json(FULL_STATUS)
    assert set(written) == every_key(FULL_STATUS)
    assert set(written["attempts"][0]) == every_key(FULL_STATUS.attempts[0])
    stored = kubectl.write_status("queuedjob", job["metadata"]["name"], written)["status"]
    assert stored == written
    assert parse_status(stored) == FULL_STATUS


def test_a_letter_that_says_everything_is_stored_whole_and_can_be_resolved(kubectl: Kubectl) -> None:
    letter = a_letter()
    said = LetterSpec(
        job_ref=JobRef(name="j", uid="u", generation=2, redrives=1),
        job=JobCopy(labels={"team": "billing"}, annotations={"a.example/b": "c"}, spec=EVERY_FIELD),
        reason="MaxAttempts",
        class_="Transient",
        action="alert-developer",
        rule="exit-temporary",
        message="5 of 5 attempts failed",
        fingerprint="v1-abc",
        attempts=FULL_STATUS.attempts,
        attempts_left_out=1,
        counters=FULL_STATUS.counters,
        first_failure_time=NOON,
        last_failure_time=NOON,
        idempotency_key="k",
        checkpoint=FULL_STATUS.checkpoint,
        resolution=Resolution(state="Resolved", note="restored by hand", by="ada"),
    )
    letter["spec"] = to_json(said)
    assert set(letter["spec"]) == every_key(said)
    resolution = letter["spec"].pop("resolution")
    stored = kubectl.apply(letter).object
    assert stored["spec"] == letter["spec"]
    assert stored["status"] == {"phase": "Dead"}
    name = letter["metadata"]["name"]
    assert kubectl.patch("deadletter", name, {"spec": {"resolution": resolution}}).object["spec"] == to_json(said)
    kubectl.patch("deadletter", name, {"spec": {"resolution": None}}).accepted()
    status = to_json(LetterStatus(phase="Redriven", redriven_generation=3))
    assert kubectl.write_status("deadletter", name, status)["status"] == status


def test_kubectl_get_shows_what_people_ask_first(kubectl: Kubectl) -> None:
    job = a_job(queue="nightly", type=(kind := fresh_name("type")))
    name = job["metadata"]["name"]
    kubectl.apply(job).accepted()
    kubectl.write_status("queuedjob", name, to_json(FULL_STATUS))
    header, row = kubectl("get", "qj", f"--field-selector=spec.type={kind},status.phase=DeadLettered").out.splitlines()
    assert header.split() == ["NAME", "PHASE", "ATTEMPTS", "QUEUE", "REASON", "AGE"]
    assert row.split()[:-1] == [name, "DeadLettered", "5/5", "nightly", "MaxAttempts"]
    _, wide = kubectl("get", "qj", name, "--output=wide").out.splitlines()
    assert wide.split()[5:8] == ["2030-01-31T12:00:00.250000Z", "node-1", "800/1000"]


@pytest.mark.parametrize("said", [0, 800, -1.5, False, True, "", "text", [], {}, [[], {}, None]], ids=repr)
def test_whatever_json_a_job_says_is_stored_as_it_is(kubectl: Kubectl, said: object) -> None:
    job = a_job()
    kubectl.apply(job).accepted()
    written = to_json(FULL_STATUS.model_copy(update={"checkpoint": Json.of(said), "result": Json.of(said)}))
    stored = kubectl.write_status("queuedjob", job["metadata"]["name"], written)["status"]
    assert json.dumps([stored["checkpoint"], stored["result"]]) == json.dumps([said, said])


def test_kubectl_get_shows_letters_by_job_and_cause(kubectl: Kubectl) -> None:
    letter = a_letter(**{"class": "Crash", "action": "alert-developer", "fingerprint": (cause := fresh_name("v1"))})
    kubectl.apply(letter).accepted()
    header, row = kubectl("get", "dl", f"--field-selector=spec.fingerprint={cause}").out.splitlines()
    assert header.split() == ["NAME", "JOB", "REASON", "CLASS", "ACTION", "PHASE", "AGE"]
    job = letter["spec"]["jobRef"]["name"]
    assert row.split()[1:-1] == [job, "MaxAttempts", "Crash", "alert-developer", "Dead"]


def test_the_installed_definitions_are_the_generated_ones(kubectl: Kubectl) -> None:
    """The test fails if the API server has changed a schema when it stored it (a default, a dropped key)."""
    for kind in KINDS:
        (document,) = manifests()[f"crds/{kind.plural}.yaml"]
        stored = kubectl.get("crd", document["metadata"]["name"])
        assert stored["spec"]["versions"] == document["spec"]["versions"]
        reasons = {condition["type"]: condition["status"] for condition in stored["status"]["conditions"]}
        assert "NonStructuralSchema" not in reasons
