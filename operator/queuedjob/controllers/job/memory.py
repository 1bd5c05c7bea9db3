"""What the operator remembers of jobs between two reconciles, beyond the stores. In memory only.

After a restart the next tries restore these facts: the status and the objects of the cluster are the truth (protocol:
Where truth lives).
"""

from dataclasses import dataclass, field

from queuedjob.controllers.job.late_posts import LatePosts
from queuedjob.controllers.job.refusals import Refusals
from queuedjob.controllers.job.refused_writes import RefusedWrites
from queuedjob.policy.facts import ExtraEvidence


@dataclass(frozen=True, slots=True)
class Memory:
    """All remembered facts, by the job's UID. `forget` drops all facts of a job at once."""

    late: LatePosts
    """Pod POSTs that may still arrive."""
    pod_refusals: Refusals
    """Refusals of the next pod."""
    letter_refusals: Refusals
    """Refusals of the dead letter that is owed."""
    refused_writes: RefusedWrites
    """Refusals of writes that may fail alone: stops and upkeep."""
    evidence: dict[str, dict[str, ExtraEvidence]] = field(default_factory=dict)
    """Evidence about ended pods from outside the pod's object, by the pod's UID; kept until the attempt is settled."""
    reported: dict[str, str] = field(default_factory=dict)
    """The message of the last Event about a lasting problem."""
    warned: dict[str, str] = field(default_factory=dict)
    """The UID of the pod whose deadline caused the last warning."""

    def forget(self, uid: str) -> None:
        """Drop the facts of a job that is gone with all its pods. Keep POSTs until they cannot arrive."""
        self.late.forget(uid)
        self.pod_refusals.forget(uid)
        self.letter_refusals.forget(uid)
        self.refused_writes.forget(uid)
        self.evidence.pop(uid, None)
        self.reported.pop(uid, None)
        self.warned.pop(uid, None)

    def attempt_settled(self, uid: str) -> None:
        """Drop the evidence and the refusals of the next pod: after a change of the counters both are out of date."""
        self.pod_refusals.forget(uid)
        self.evidence.pop(uid, None)
