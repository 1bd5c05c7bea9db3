"""Promises about what the operator sees, and about what it takes for an edit."""

from collections.abc import Iterator
from typing import Final

from queuedjob.api import names
from tests.simulation.apiserver.resources import JOBS, LETTERS, PODS
from tests.simulation.apiserver.storage import Snapshot
from tests.simulation.odd_objects import UNREADABLE
from tests.simulation.promises.history import Breach, History, controller_of, is_held, redrives_of
from tests.simulation.settling import is_shown_as_unreadable
from tests.simulation.simulation import Simulation
from tests.simulation.witness import OPERATOR


def no_object_keeps_another_from_being_seen(simulation: Simulation, _: History) -> Iterator[Breach]:
    """At rest the operator holds every job, every dead letter and every pod of a job at its latest version, whatever
    else is in the cluster, and however an object itself is nested. One that it cannot read says so in its status."""
    sight = simulation.sight
    if sight is None:
        return
    jobs = {it.uid: it for it in sight.there if it.resource is JOBS}
    for it in sight.there:
        known = sight.stored[it.resource.plural].get(it.uid, 0)
        if known < it.revision and _is_ours(it, jobs):
            yield _unseen(simulation, it, f"has version {it.revision}, and version {known} is held")
        if it.resource is JOBS and (it.name == UNREADABLE) != is_shown_as_unreadable(it.body["status"]):
            yield _unseen(simulation, it, "is to be shown as Unreadable, or must not be")


def _unseen(simulation: Simulation, it: Snapshot, words: str) -> Breach:
    name, at, revision = "no_object_keeps_another_from_being_seen", simulation.loop.time(), simulation.witness.revision
    return Breach(name, at, revision, f"{it.resource.kind} {it.namespace}/{it.name} {words}")


def _is_ours(it: Snapshot, jobs: dict[str, Snapshot]) -> bool:
    """Whether the operator keeps the object: of pods, those that its watch selects and that are held or a job's."""
    if it.resource in (JOBS, LETTERS):
        return True
    owner = controller_of(it.body) or {}
    job = jobs.get(owner.get("uid", ""))
    of_a_job = owner.get("kind") == "QueuedJob" and job is not None and job.namespace == it.namespace
    return it.resource is PODS and names.JOB_LABEL in it.labels and (is_held(it.body) or of_a_job)


def a_rerun_needs_an_edit(_: Simulation, history: History) -> Iterator[Breach]:
    """A dead job runs again only once its generation is greater than the one that died, whatever the hashes say."""
    for job in history.jobs.values():
        for before, after in job.steps():
            if after.body is None or after.user != OPERATOR or redrives_of(after.status) <= redrives_of(before.status):
                continue
            died = (before.status.get("failedSpec") or {}).get("generation")
            generation = after.body["metadata"]["generation"]
            if died is None or generation <= died:
                words = f"{job.name} runs generation {generation} again, and generation {died} died"
                yield Breach("a_rerun_needs_an_edit", after.at, after.revision, words)


PROMISES: Final = (no_object_keeps_another_from_being_seen, a_rerun_needs_an_edit)
