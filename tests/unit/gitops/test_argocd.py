"""What Argo CD shows of our objects, by the scripts in gitops/argocd and a real interpreter of Lua."""

from typing import Any, Final

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dev.generate import argocd as generated
from dev.harness import argocd
from dev.harness.argocd import Object
from queuedjob.api.editing import to_json
from queuedjob.api.kinds import KINDS
from queuedjob.api.names import RETRY_NOW_ANNOTATION
from tests.unit.cli.explain.states import STATES, State

HEALTH: Final = {
    "being-deleted": "Progressing",
    "cancelled": "Healthy",
    "dead": "Degraded",
    "dead-and-mended": "Progressing",
    "dead-by-its-own-rule": "Degraded",
    "dead-letter-gone": "Degraded",
    "dead-letter-owed": "Degraded",
    "dead-letter-refused": "Degraded",
    "dead-letter-resolved": "Degraded",
    "held-deletion": "Progressing",
    "held-deletion-running": "Progressing",
    "quarantined": "Degraded",
    "succeeded": "Healthy",
    "succeeded-with-a-result": "Healthy",
    "suspended": "Suspended",
}
"""The others are Progressing: they run, or wait for what they say."""

WAITS: Final = {"backoff", "at-a-checkpoint", "disrupted", "edited-since", "longer-deadline", "rule-of-another-release"}


def body_of(state: State) -> Object:
    """The job as the API server has it."""
    job = state.facts.job
    metadata: Object = {"name": job.name, "namespace": job.namespace, "generation": job.generation}
    if job.deleting:
        metadata["deletionTimestamp"] = "2026-03-01T12:00:00Z"
    spec = {"suspend": job.terms.suspend, "cancel": job.terms.cancel}
    status = to_json(job.status)
    return {"kind": "QueuedJob", "metadata": metadata, "spec": spec, "status": status}


@pytest.mark.parametrize("name", STATES)
def test_each_state_of_a_job_has_its_health_and_its_words(name: str) -> None:
    body = body_of(STATES[name])
    health, message = argocd.health_of(body)
    assert health == HEALTH.get(name, "Progressing")
    assert message


@pytest.mark.parametrize("name", STATES)
def test_a_retry_is_offered_where_a_job_waits(name: str) -> None:
    body = body_of(STATES[name])
    offered = argocd.actions_of(body)
    if name in WAITS:
        assert "retry-now" in offered
    if body["status"].get("phase") != "Waiting" or body["spec"]["suspend"]:
        assert "retry-now" not in offered
    assert ("resume" in offered) <= body["spec"]["suspend"]


def test_the_actions_change_what_they_name_and_nothing_else() -> None:
    body = body_of(STATES["backoff"])
    asked = argocd.after_action(body, "retry-now")
    assert asked["metadata"].pop("annotations")[RETRY_NOW_ANNOTATION].endswith("Z")
    assert (asked["metadata"], asked["spec"]) == (body["metadata"], body["spec"])
    suspended = argocd.after_action(body, "suspend")
    assert suspended["spec"] == {**body["spec"], "suspend": True}
    assert argocd.after_action(suspended, "resume")["spec"] == {**body["spec"], "suspend": False}


def test_a_retry_keeps_the_annotations_that_are_there() -> None:
    body = body_of(STATES["backoff"])
    body["metadata"]["annotations"] = {"mine": "kept"}
    assert argocd.after_action(body, "retry-now")["metadata"]["annotations"]["mine"] == "kept"


LETTER: Final[Object] = {
    "kind": "DeadLetter",
    "metadata": {"name": "l", "generation": 1},
    "spec": {"reason": "Permanent", "action": "fix-spec", "message": "order 42 has no customer"},
}


@pytest.mark.parametrize(
    ("spec", "status", "health"),
    [
        ({}, {}, ("Degraded", "Permanent, action fix-spec: order 42 has no customer")),
        ({}, {"phase": "Dead"}, ("Degraded", "Permanent, action fix-spec: order 42 has no customer")),
        ({}, {"phase": "Redriven"}, ("Healthy", "Its job has run again")),
        ({}, {"phase": "Resolved"}, ("Healthy", "A person has closed the case")),
        ({"resolution": {"state": "Resolved"}}, {"phase": "Dead"}, ("Healthy", "A person has closed the case")),
    ],
)
def test_a_dead_letter_that_waits_for_a_person_is_degraded(
    spec: Object, status: Object, health: tuple[str, str]
) -> None:
    letter = {**LETTER, "spec": {**LETTER["spec"], **spec}, "status": status}
    assert argocd.health_of(letter) == health


def test_a_dead_letter_is_resolved_with_the_note_that_it_has() -> None:
    assert argocd.actions_of(LETTER) == {"resolve"}
    resolved = argocd.after_action({**LETTER, "spec": {**LETTER["spec"], "resolution": {"note": "seen"}}}, "resolve")
    assert resolved["spec"]["resolution"] == {"note": "seen", "state": "Resolved"}
    assert argocd.actions_of(resolved) == set()


TEXT: Final = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


@given(
    status=st.fixed_dictionaries(
        {},
        optional={
            "phase": st.sampled_from(["Pending", "Waiting", "Running", "Succeeded", "DeadLettered", "Queued"]),
            "reason": TEXT,
            "message": TEXT,
            "observedGeneration": st.integers(-1, 3),
            "deadLetterRef": st.fixed_dictionaries({"name": TEXT}),
            "conditions": st.lists(st.fixed_dictionaries({"type": TEXT, "status": TEXT, "message": TEXT}), max_size=3),
        },
    )
)
def test_any_status_has_a_health(status: Object) -> None:
    """Those of a later release, too."""
    body = {"kind": "QueuedJob", "metadata": {"generation": 2}, "spec": {}, "status": status}
    assert argocd.health_of(body)[0] in {"Healthy", "Progressing", "Degraded", "Suspended"}


def test_the_config_map_has_the_scripts_of_every_kind() -> None:
    data: dict[str, Any] = yaml.safe_load(generated.text())["data"]
    assert len(data) == 2 * len(KINDS)
    for kind in KINDS:
        health = data[f"resource.customizations.health.queuedjob.dev_{kind.kind}"]
        assert health == (argocd.SCRIPTS / kind.kind / "health.lua").read_text()
        actions = yaml.safe_load(data[f"resource.customizations.actions.queuedjob.dev_{kind.kind}"])
        assert {each["name"] for each in actions["definitions"]} == {
            path.parent.name for path in (argocd.SCRIPTS / kind.kind / "actions").glob("*/action.lua")
        }
