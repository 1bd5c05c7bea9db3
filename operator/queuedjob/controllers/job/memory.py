"""What the operator remembers of jobs between two reconciles, beyond the stores. In memory only.

After a restart the next tries bring it back: the status and the objects of the cluster are the truth (protocol: Where
truth lives).
"""

from dataclasses import dataclass, field

from queuedjob.controllers.job.late_posts import LatePosts
from queuedjob.controllers.job.refusals import Refusals
from queuedjob.policy.facts import ExtraEvidence


@dataclass(frozen=True, slots=True)
class Memory:
    """Everything that is remembered, by the job's UID. `forget` drops all of it at once."""

    late: LatePosts
    """Pod POSTs that may still arrive."""
    pod_refusals: Refusals
    """Refusals of the next pod."""
    letter_refusals: Refusals
    """Refusals of the dead letter that is owed."""
    evidence: dict[str, dict[str, ExtraEvidence]] = field(default_factory=dict)
    """What was read of ended pods beyond themselves, by the pod's UID; until the attempt is settled."""
    reported: dict[str, str] = field(default_factory=dict)
    """The message of the last Event about a trouble that stays as it is."""
    warned: dict[str, str] = field(default_factory=dict)
    """The UID of the pod whose deadline the last warning was about."""

    def forget(self, uid: str) -> None:
        """The job and all of its pods are gone. POSTs that may still arrive are kept until they cannot."""
        self.late.forget(uid)
        self.pod_refusals.forget(uid)
        self.letter_refusals.forget(uid)
        self.evidence.pop(uid, None)
        self.reported.pop(uid, None)
        self.warned.pop(uid, None)

    def attempt_settled(self, uid: str) -> None:
        """The counters have changed: what was known of the attempt, and of the pod to come, is out of date."""
        self.pod_refusals.forget(uid)
        self.evidence.pop(uid, None)
