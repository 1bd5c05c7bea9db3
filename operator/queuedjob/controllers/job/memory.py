"""What the operator remembers of jobs between two reconciles, beyond the stores. In memory only.

After a restart the next tries restore these facts: the status and the objects of the cluster are the truth (protocol:
Where truth lives).
"""

from dataclasses import dataclass, field
from datetime import datetime

from queuedjob.controllers.job.blind_reads import BlindReads
from queuedjob.controllers.job.late_posts import LatePosts
from queuedjob.controllers.job.refusals import Refusals
from queuedjob.controllers.job.refused_writes import RefusedWrites
from queuedjob.kube.objects.queuedjobs import StoredJob
from queuedjob.policy.facts import ExtraEvidence, JobId
from queuedjob.policy.job.inputs import JobFacts
from queuedjob.policy.job.judgement import Judgement


@dataclass(frozen=True, slots=True)
class Memory:
    """All remembered facts, by job. `forget` drops all facts of a job at once."""

    late: LatePosts
    """Pod POSTs that may still arrive."""
    pod_refusals: Refusals[JobId]
    """Refusals of the next pod."""
    letter_refusals: Refusals[JobId]
    """Refusals of the dead letter that is owed."""
    refused_writes: RefusedWrites
    """Refusals of writes that may fail alone: stops and upkeep."""
    blind_reads: BlindReads
    """When to read live pods without our labels whose job is not known."""
    evidence: dict[JobId, dict[str, ExtraEvidence]] = field(default_factory=dict)
    """Evidence about ended pods from outside the pod's object, by the pod's UID; kept until the attempt is settled."""
    incomplete: dict[JobId, dict[str, datetime]] = field(default_factory=dict)
    """When the operator first saw an ended pod whose status is incomplete, by the pod's UID; in server time."""
    told: dict[JobId, dict[str, int]] = field(default_factory=dict)
    """Lasting problems that an Event has told, and of which generation of the spec."""
    warned: dict[JobId, str] = field(default_factory=dict)
    """The UID of the pod whose deadline caused the last warning."""
    judgements: dict[JobId, tuple[int, Judgement]] = field(default_factory=dict)
    """What follows from each job's terms, and for which generation of the spec it was derived."""

    def has_judged(self, job: StoredJob) -> bool:
        """Whether the judgement of the job's terms is at hand."""
        known = self.judgements.get(job.id)
        return known is not None and known[0] == job.generation

    def judgement_of(self, job: StoredJob) -> Judgement:
        """Return the judgement of the job's terms. Derive it when the generation is new."""
        if not self.has_judged(job):
            self.judgements[job.id] = (job.generation, Judgement(job.said, apart=True))
        return self.judgements[job.id][1]

    def forget(self, job: JobId) -> float:
        """Drop the facts of a job that is gone with all its pods, POSTs that may still arrive excepted.

        Return the seconds until no POST can arrive: then forget again. 0: nothing is left.
        """
        self.pod_refusals.forget(job)
        self.letter_refusals.forget(job)
        self.refused_writes.forget(job)
        self.blind_reads.forget(job)
        self.evidence.pop(job, None)
        self.incomplete.pop(job, None)
        self.told.pop(job, None)
        self.warned.pop(job, None)
        self.judgements.pop(job, None)
        return self.late.forget(job)

    def retain(self, facts: JobFacts) -> None:
        """Drop what is remembered of pods and letters that are no facts of the job any more."""
        if facts.job.id not in self.incomplete and facts.job.id not in self.refused_writes:
            return  # nearly all jobs, at each of their plans
        pods = {pod.uid for pod in facts.pods}
        self.refused_writes.retain(facts.job.id, pods | {letter.uid for letter in facts.letters})
        since = self.incomplete.get(facts.job.id, {})
        for gone in since.keys() - pods:
            del since[gone]

    def attempt_settled(self, job: JobId) -> None:
        """Drop the evidence and the refusals of the next pod: after a change of the counters both are out of date."""
        self.pod_refusals.forget(job)
        self.evidence.pop(job, None)
        self.incomplete.pop(job, None)
        if job in self.judgements:
            self.judgements[job][1].forget()

    def __len__(self) -> int:
        """How many facts are remembered."""
        by_job = (self.evidence, self.incomplete, self.told, self.warned, self.judgements)
        refusals = (self.pod_refusals, self.letter_refusals, self.refused_writes)
        return sum(len(each) for each in (self.late, *refusals, self.blind_reads, *by_job))
