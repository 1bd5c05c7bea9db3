"""Which fields of a job may still change, depending on what has happened to it so far."""

from typing import Any

import pytest

from queuedjob.api.manifests.admission.freeze import SPEC_FIELDS
from tests.api.kubectl import Answer, Kubectl
from tests.api.manifests import Object, a_job

IMAGE = {"template": {"spec": {"containers": [{"name": "main", "image": "fixed"}]}}}

FROZEN: dict[str, Object] = {
    "template": IMAGE,
    "payload": {"payload": {"order": 43}},
    "mainContainer": {"mainContainer": "main"},
    "queue": {"queue": "other"},
    "type": {"type": "other"},
    "notBeforeTime": {"notBeforeTime": "2030-01-31T09:00:00Z"},
    "idempotencyKey": {"idempotencyKey": "other"},
    "failurePolicy": {"failurePolicy": {"rules": [{"name": "a", "exitCodes": [3], "class": "Permanent"}]}},
    "poisonPill": {"poisonPill": {"crashes": 7}},
}
FREE_BUT_WHEN_DONE: dict[str, Object] = {
    "cancel": {"cancel": True},
    "retry": {"retry": {"maxAttempts": 9}},
    "timeouts": {"timeouts": {"attempt": "5m"}},
}
ALWAYS_FREE: dict[str, Object] = {
    "suspend": {"suspend": True},
    "ttlAfterFinished": {"ttlAfterFinished": "1h"},
    "podHistoryLimit": {"podHistoryLimit": 7},
}
EVERY_CHANGE = FROZEN | FREE_BUT_WHEN_DONE | ALWAYS_FREE

ATTEMPT = {"number": 1, "podName": "a", "podUID": "u"}
RUNNING = {"phase": "Running", "attempts": [ATTEMPT]}
FILED = {"deadLetterRef": {"name": "l", "uid": "u"}}
OWED = {"deadLetterRef": {"name": "l"}}
OWED_AS_WELL = {"deadLetterRef": {"name": "l", "uid": ""}}


class Changed:
    """A job with a status, for tests that change its spec."""

    def __init__(self, kubectl: Kubectl, status: Object | None, **spec: Any) -> None:  # noqa: ANN401 - any JSON
        job = a_job(**spec)
        self.name = job["metadata"]["name"]
        self._kubectl = kubectl
        kubectl.apply(job).accepted()
        if status is not None:
            kubectl.write_status("queuedjob", self.name, status)

    def by(self, spec: Object) -> Answer:
        """Change the spec like this and return kubectl's answer. It is a dry run: the job does not change."""
        return self._kubectl.patch("queuedjob", self.name, {"spec": spec}, "--dry-run=server")


def test_every_field_has_its_place_in_these_tests() -> None:
    assert set(EVERY_CHANGE) == set(SPEC_FIELDS)


@pytest.mark.parametrize("status", [None, {"phase": "Waiting"}, {"phase": "Waiting", "attempts": []}])
def test_before_the_first_attempt_everything_may_change(kubectl: Kubectl, status: Object | None) -> None:
    changed = Changed(kubectl, status)
    for spec in EVERY_CHANGE.values():
        changed.by(spec).accepted()


@pytest.mark.parametrize("field", FROZEN)
def test_from_the_first_attempt_what_runs_is_frozen(kubectl: Kubectl, field: str) -> None:
    Changed(kubectl, RUNNING).by(FROZEN[field]).refused_with(
        f"spec.{field} cannot change once an attempt has started",
        "only cancel, podHistoryLimit, retry, suspend, timeouts, ttlAfterFinished may",
        "cancel this job and create another",
    )


def test_from_the_first_attempt_the_terms_may_change(kubectl: Kubectl) -> None:
    changed = Changed(kubectl, RUNNING)
    for spec in (ALWAYS_FREE | FREE_BUT_WHEN_DONE).values():
        changed.by(spec).accepted()


def test_all_offending_fields_are_named_and_only_they(kubectl: Kubectl) -> None:
    answer = Changed(kubectl, RUNNING, payload={"order": 42}).by(
        {"payload": None, **IMAGE, "type": "x", "suspend": True}
    )
    answer.refused_with("spec.type, spec.template, spec.payload cannot change")


def test_an_apply_that_changes_nothing_is_accepted_in_every_phase(kubectl: Kubectl) -> None:
    job = a_job()
    kubectl.apply(job).accepted()
    for phase in ("Running", "Succeeded", "Cancelled", "DeadLettered", "Quarantined"):
        kubectl.write_status("queuedjob", job["metadata"]["name"], {"phase": phase, "attempts": [ATTEMPT]})
        kubectl.apply(job).accepted()


def test_metadata_may_change_at_any_time(kubectl: Kubectl) -> None:
    job = a_job()
    name = job["metadata"]["name"]
    kubectl.apply(job).accepted()
    for phase in ("Running", "Succeeded", "DeadLettered"):
        kubectl.write_status("queuedjob", name, {"phase": phase, "attempts": [ATTEMPT]})
        kubectl.patch("queuedjob", name, {"metadata": {"labels": {"seen-in": phase}}}).accepted()


@pytest.mark.parametrize("phase", ["Succeeded", "Cancelled"])
def test_a_job_that_is_over_keeps_all_but_its_upkeep(kubectl: Kubectl, phase: str) -> None:
    changed = Changed(kubectl, {"phase": phase})  # for example, cancelled before its first attempt
    for spec in ALWAYS_FREE.values():
        changed.by(spec).accepted()
    for field, spec in (FROZEN | FREE_BUT_WHEN_DONE).items():
        changed.by(spec).refused_with(
            f"spec.{field} cannot change, as the job is {phase}",
            "only podHistoryLimit, suspend, ttlAfterFinished may",
            "create it under another name or delete it first",
        )


@pytest.mark.parametrize("phase", ["DeadLettered", "Quarantined"])
def test_a_dead_job_may_be_changed_in_any_way_once_its_letter_is_filed(kubectl: Kubectl, phase: str) -> None:
    changed = Changed(kubectl, {"phase": phase, "attempts": [ATTEMPT], **FILED}, cancel=True)
    for spec in EVERY_CHANGE.values():
        changed.by(spec).accepted()
    changed.by({"cancel": None}).accepted()


@pytest.mark.parametrize(
    "letter", [{}, OWED, {"deadLetterRef": {"name": "l", "uid": ""}}], ids=["none", "owed", "empty"]
)
@pytest.mark.parametrize("phase", ["DeadLettered", "Quarantined"])
def test_while_its_letter_is_being_filed_a_dead_job_is_left_alone(kubectl: Kubectl, phase: str, letter: Object) -> None:
    changed = Changed(kubectl, {"phase": phase, "attempts": [ATTEMPT], **letter})
    for spec in EVERY_CHANGE.values():
        changed.by(spec).refused_with(f"the job is {phase} and its dead letter is being filed, try again")


@pytest.mark.parametrize("status", [None, RUNNING], ids=["before the first attempt", "after it"])
def test_cancel_cannot_be_unset(kubectl: Kubectl, status: Object | None) -> None:
    changed = Changed(kubectl, status, cancel=True)
    for unset in (None, False):
        changed.by({"cancel": unset}).refused_with("spec.cancel cannot be unset", "create it under another name")


def test_a_changed_spec_keeps_to_the_terms(kubectl: Kubectl) -> None:
    """The rules over two fields apply to changes as they do to creation."""
    Changed(kubectl, RUNNING).by({"timeouts": {"max": "1s"}}).refused_with("spec.timeouts.max (1s) is below")


def test_a_status_may_say_anything_about_a_frozen_job(kubectl: Kubectl) -> None:
    job = a_job()
    name = job["metadata"]["name"]
    kubectl.apply(job).accepted()
    kubectl.write_status("queuedjob", name, {"phase": "Succeeded"})
    assert kubectl.write_status("queuedjob", name, {"phase": "Pending"})["status"]["phase"] == "Pending"


def test_a_job_that_an_older_policy_let_in_can_still_be_deleted_and_labelled(kubectl: Kubectl) -> None:
    """The policies check only a changed spec: a foreground deletion is an update of metadata."""
    job = a_job()
    job["metadata"]["finalizers"] = ["a.example/held"]
    name = job["metadata"]["name"]
    kubectl.apply(job).accepted()
    kubectl.write_status("queuedjob", name, {"phase": "Succeeded", "attempts": [ATTEMPT]})
    kubectl("delete", "queuedjob", name, "--wait=false").accepted()
    kubectl.patch("queuedjob", name, {"metadata": {"finalizers": None}}).accepted()
