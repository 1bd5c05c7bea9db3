"""The phase of a dead letter: Redriven is final, else spec.resolution decides. Pure."""

from queuedjob.api.kinds.deadletter import DEAD, REDRIVEN, RESOLVED
from queuedjob.policy.facts import Letter


def phase_of(letter: Letter) -> str:
    """The phase that a dead letter should have. If a user removes spec.resolution, the dead letter is Dead again."""
    if letter.phase == REDRIVEN:
        return REDRIVEN
    return RESOLVED if letter.resolved else DEAD
