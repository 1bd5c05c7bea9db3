"""The simulated admission policies on pods answer what the real ones answer (tests/api/test_pod_evidence.py)."""

import copy

import pytest

from tests.api.manifests import laid_over
from tests.api.tampering import CHANGES, CREATIONS, Attempt, attempt
from tests.simulation import scenario, troubles
from tests.simulation.apiserver.marks import judge_editor
from tests.simulation.apiserver.refusals import Refusal
from tests.simulation.apiserver.resources import LETTERS, PODS
from tests.simulation.case import Case
from tests.simulation.simulation import Simulation

STRIPPING = (troubles.STRIP_LABELS, troubles.STRIP_OWNER)


def agrees(refusal: Refusal | None, expected: Attempt) -> None:
    assert (refusal is None) == (not expected.words), refusal
    assert all(word in str(refusal) for word in expected.words)


@pytest.mark.parametrize("expected", CHANGES.values(), ids=CHANGES.keys())
def test_a_tenants_change_of_a_pod(expected: Attempt) -> None:
    old = {"metadata": {"name": "p", **attempt()}}
    agrees(judge_editor(PODS, laid_over(copy.deepcopy(old), {"metadata": expected.patch}), old), expected)


@pytest.mark.parametrize("expected", CREATIONS.values(), ids=CREATIONS.keys())
def test_a_tenants_new_pod(expected: Attempt) -> None:
    agrees(judge_editor(PODS, {"metadata": {"name": "p", **expected.patch}}, None), expected)


def test_a_tenants_owner_of_a_letter() -> None:
    old = {"metadata": {"name": "l"}}
    assert judge_editor(LETTERS, {"metadata": {"name": "l", "labels": {"a": "b"}}}, old) is None
    owned = {"metadata": {"name": "l", "ownerReferences": [{"kind": "ConfigMap"}]}}
    assert "metadata.ownerReferences of a dead letter cannot change" in str(judge_editor(LETTERS, owned, old))


def stripped(seed: int) -> int:
    """How often people stripped a pod in one history."""
    simulation = Simulation(Case(seed))
    simulation.run()
    return sum(count for (trouble, _), count in simulation.coverage.hits.items() if trouble in STRIPPING)


def test_a_guarded_cluster_holds_people_back_and_another_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenario, "_GUARDED", 0.0)
    seed = next(seed for seed in range(1, 500) if tries(seed) and stripped(seed))
    monkeypatch.setattr(scenario, "_GUARDED", 1.0)
    assert stripped(seed) == 0


def tries(seed: int) -> bool:
    """People often strip pods in this history, and tenants make none: those have no marks of ours to strip."""
    rate = scenario.scenario_of(Case(seed)).rate
    return sum(map(rate, STRIPPING)) > 0.2 and not any(map(rate, troubles.OF_TENANTS))
