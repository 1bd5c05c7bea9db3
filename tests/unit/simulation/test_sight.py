"""The promises about what the operator sees and about reruns break when they should."""

from types import SimpleNamespace
from typing import Any, Final, cast

import pytest

from queuedjob.api import names
from tests.simulation.apiserver.resources import JOBS, PODS, Resource
from tests.simulation.apiserver.storage import Body, Snapshot
from tests.simulation.odd_objects import UNREADABLE
from tests.simulation.promises.history import History, ObjectHistory, Version
from tests.simulation.promises.sight import a_rerun_needs_an_edit, no_object_keeps_another_from_being_seen
from tests.simulation.simulation import Sight, Simulation
from tests.simulation.witness import OPERATOR, Witness

NOTHING: Final = cast("History", None)


def it(resource: Resource, uid: str, version: int, **metadata: object) -> Snapshot:
    head = {"name": uid, "namespace": "red", "uid": uid, "resourceVersion": str(version)}
    status = metadata.pop("status", {})
    return Snapshot(resource, {"metadata": {**head, **metadata}, "status": status})


def unseen(there: list[Snapshot], **stored: dict[str, int]) -> list[str]:
    sight = Sight(tuple(there), {"queuedjobs": {}, "pods": {}, "deadletters": {}, **stored})
    parts = {"sight": sight, "loop": SimpleNamespace(time=lambda: 1.0), "witness": SimpleNamespace(revision=1)}
    simulation = cast("Simulation", SimpleNamespace(**parts))
    return [breach.words for breach in no_object_keeps_another_from_being_seen(simulation, NOTHING)]


def test_a_job_is_held_at_its_latest_version() -> None:
    assert unseen([it(JOBS, "j", 7)], queuedjobs={"j": 7}) == []
    assert unseen([it(JOBS, "j", 7)], queuedjobs={"j": 6}) == ["QueuedJob red/j has version 7, and version 6 is held"]
    assert unseen([it(JOBS, "j", 7)]) == ["QueuedJob red/j has version 7, and version 0 is held"]


def test_the_job_that_nobody_can_read_says_so_and_no_other() -> None:
    shown = {"conditions": [{"type": "Unreadable", "status": "True"}]}
    words = "is to be shown as Unreadable, or must not be"
    assert unseen([it(JOBS, UNREADABLE, 7, status=shown)], queuedjobs={UNREADABLE: 7}) == []
    assert unseen([it(JOBS, UNREADABLE, 7)], queuedjobs={UNREADABLE: 7}) == [f"QueuedJob red/{UNREADABLE} {words}"]
    assert unseen([it(JOBS, "j", 7, status=shown)], queuedjobs={"j": 7}) == [f"QueuedJob red/j {words}"]


OURS: Final = {"labels": {names.JOB_LABEL: "j"}}
OWNED: Final = {"ownerReferences": [{"kind": "QueuedJob", "uid": "j", "controller": True}]}


@pytest.mark.parametrize(
    ("metadata", "kept"),
    [
        pytest.param(OURS, False, id="labelled by somebody"),
        pytest.param({**OURS, "finalizers": [names.FINALIZER]}, True, id="held"),
        pytest.param({**OURS, **OWNED}, True, id="a job's"),
        pytest.param(OWNED, False, id="no watch shows it"),
    ],
)
def test_of_pods_those_of_jobs_are_held(metadata: dict[str, Any], *, kept: bool) -> None:
    there = [it(JOBS, "j", 1), it(PODS, "p", 7, **metadata)]
    assert bool(unseen(there, queuedjobs={"j": 1})) is kept
    assert unseen(there, queuedjobs={"j": 1}, pods={"p": 7}) == []


def job(generation: int, redrives: int, died: int | None = None) -> Body:
    status: Body = {"counters": {"redrives": redrives}}
    if died is not None:
        status["failedSpec"] = {"generation": died, "specHash": "v1-a"}
    return {"metadata": {"generation": generation}, "status": status}


@pytest.mark.parametrize(
    ("generation", "user", "breaks"),
    [(1, OPERATOR, True), (2, OPERATOR, False), (1, "administrator", False)],
)
def test_a_rerun_of_the_generation_that_died_breaks_its_promise(generation: int, user: str, *, breaks: bool) -> None:
    history = History(Witness(lambda: 0.0))
    dead, again = Version(1.0, 1, OPERATOR, job(1, 0, died=1)), Version(2.0, 2, user, job(generation, 1))
    history.jobs["j"] = ObjectHistory("j", "red", "j", [dead, again])
    assert bool(list(a_rerun_needs_an_edit(cast("Simulation", None), history))) is breaks
