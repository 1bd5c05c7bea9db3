"""The memory of a job is dropped as a whole, and that of other jobs is kept."""

from dataclasses import fields

from queuedjob.controllers.job.late_posts import LatePosts
from queuedjob.controllers.job.memory import Memory
from queuedjob.controllers.job.refusals import Refusals
from queuedjob.controllers.job.refused_writes import RefusedWrites
from queuedjob.policy.facts import ExtraEvidence
from queuedjob.policy.job.inputs import RefusalKind
from queuedjob.ports import NoAnswer
from tests.builders import NOON
from tests.virtual_loop import SteadyRandom, VirtualClock


def a_memory() -> Memory:
    """A memory with a value in every field for each of the jobs j and k."""
    clock, random = VirtualClock(), SteadyRandom()
    late = LatePosts(clock, 0.0, lambda _: True)
    memory = Memory(
        late,
        pod_refusals=Refusals(clock, random),
        letter_refusals=Refusals(clock, random),
        refused_writes=RefusedWrites(clock, random),
    )
    for uid in ("j", "k"):
        late.lost(uid, ("default", uid), f"{uid}-1")
        for refusals in (memory.pod_refusals, memory.letter_refusals):
            refusals.note(uid, 1, RefusalKind.WAIT, "QuotaExceeded", "no room", NOON)
        memory.refused_writes.note(uid, "DeletePod/p", NoAnswer("no"), NOON, upkeep=True)
        memory.refused_writes.note(uid, "StopPod/p", NoAnswer("no"), NOON, upkeep=False)
        memory.evidence[uid] = {f"{uid}-pod": ExtraEvidence(log="")}
        memory.reported[uid] = "refused"
        memory.warned[uid] = f"{uid}-pod"
    return memory


def kept(memory: Memory, uid: str) -> set[str]:
    """Return the names of the fields that hold a value for this job."""
    found = {
        "late": bool(memory.late.of(uid).lost),
        "pod_refusals": memory.pod_refusals.of(uid) is not None,
        "letter_refusals": memory.letter_refusals.of(uid) is not None,
        "refused_writes": bool(memory.refused_writes.of(uid)),
        "evidence": uid in memory.evidence,
        "reported": uid in memory.reported,
        "warned": uid in memory.warned,
    }
    assert found.keys() == {field.name for field in fields(Memory)}, "a field that this test does not know"
    return {name for name, holds in found.items() if holds}


EVERYTHING = {field.name for field in fields(Memory)}


async def test_forgetting_a_job_drops_its_whole_memory_and_keeps_that_of_other_jobs() -> None:
    memory = a_memory()
    assert kept(memory, "j") == EVERYTHING
    memory.forget("j")
    assert kept(memory, "j") == set()
    assert kept(memory, "k") == EVERYTHING


async def test_a_settled_attempt_drops_its_pod_refusals_and_evidence_only() -> None:
    memory = a_memory()
    memory.attempt_settled("j")
    assert kept(memory, "j") == EVERYTHING - {"pod_refusals", "evidence"}
    assert kept(memory, "k") == EVERYTHING
