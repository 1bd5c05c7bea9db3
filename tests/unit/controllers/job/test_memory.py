"""The memory of a job is dropped as a whole, and that of other jobs is kept."""

from dataclasses import fields

from queuedjob.controllers.job.blind_reads import BlindReads
from queuedjob.controllers.job.late_posts import LatePosts
from queuedjob.controllers.job.memory import Memory
from queuedjob.controllers.job.refusals import Refusals
from queuedjob.controllers.job.refused_writes import RefusedWrites
from queuedjob.kube.objects.queuedjobs import job_from
from queuedjob.policy.facts import ExtraEvidence, JobId
from queuedjob.policy.job.inputs import RefusalKind
from queuedjob.ports import NoAnswer
from tests.builders import NOON
from tests.unit.kube.objects.bodies import a_job_body
from tests.virtual_loop import SteadyRandom, VirtualClock

J = JobId("default", "j-uid")
K = JobId("default", "k-uid")
ELSEWHERE = JobId("elsewhere", "j-uid")
"""The UID of the first job, written into an object of another namespace."""
JOBS = (J, K, ELSEWHERE)


def a_memory() -> Memory:
    """A memory with a value in every field for each of JOBS."""
    clock, random = VirtualClock(), SteadyRandom()
    late = LatePosts(clock, 0.0, lambda _: True)
    memory = Memory(
        late,
        pod_refusals=Refusals(clock, random),
        letter_refusals=Refusals(clock, random),
        refused_writes=RefusedWrites(clock, random),
        blind_reads=BlindReads(clock),
    )
    for job in JOBS:
        late.lost(job, ("default", "j"), "j-1")
        for refusals in (memory.pod_refusals, memory.letter_refusals):
            refusals.note(job, 1, RefusalKind.WAIT, "QuotaExceeded", "no room", NOON)
        memory.refused_writes.note(job, "DeletePod/p", NoAnswer("no"), NOON, upkeep=True)
        memory.refused_writes.note(job, "StopPod/p", NoAnswer("no"), NOON, upkeep=False)
        memory.blind_reads.due(job, ["pod"])
        memory.evidence[job] = {"pod": ExtraEvidence(log="")}
        memory.incomplete[job] = {"pod": NOON}
        memory.told[job] = {"Unreadable": 1}
        memory.warned[job] = "pod"
        memory.judgement_of(job_from(a_job_body(metadata={"uid": job.uid, "namespace": job.namespace})))
    return memory


def kept(memory: Memory, job: JobId) -> set[str]:
    """Return the names of the fields that hold a value for this job."""
    found = {
        "late": bool(memory.late.of(job).lost),
        "pod_refusals": memory.pod_refusals.of(job) is not None,
        "letter_refusals": memory.letter_refusals.of(job) is not None,
        "refused_writes": bool(memory.refused_writes.of(job)),
        "blind_reads": memory.blind_reads.left(job) is not None,
        "evidence": job in memory.evidence,
        "incomplete": job in memory.incomplete,
        "told": job in memory.told,
        "warned": job in memory.warned,
        "judgements": job in memory.judgements,
    }
    assert found.keys() == {field.name for field in fields(Memory)}, "a field that this test does not know"
    return {name for name, holds in found.items() if holds}


EVERYTHING = {field.name for field in fields(Memory)}


async def test_forgetting_a_job_drops_its_whole_memory_and_keeps_that_of_other_jobs() -> None:
    memory = a_memory()
    assert kept(memory, J) == EVERYTHING
    assert memory.forget(J) == 0
    assert kept(memory, J) == set()
    assert kept(memory, K) == kept(memory, ELSEWHERE) == EVERYTHING


async def test_an_object_of_another_namespace_with_a_jobs_uid_drops_none_of_the_jobs_memory() -> None:
    memory = a_memory()
    memory.forget(ELSEWHERE)
    assert kept(memory, J) == EVERYTHING


async def test_a_memory_of_which_all_jobs_are_forgotten_is_empty() -> None:
    memory = a_memory()
    assert len(memory) == len(JOBS) * len(EVERYTHING)
    for job in JOBS:
        memory.forget(job)
    assert len(memory) == 0


async def test_a_settled_attempt_drops_what_concerned_its_pod_and_the_next_one() -> None:
    memory = a_memory()
    memory.attempt_settled(J)
    assert kept(memory, J) == EVERYTHING - {"pod_refusals", "evidence", "incomplete"}
    assert kept(memory, K) == EVERYTHING
