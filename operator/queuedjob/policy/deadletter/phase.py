"""The phase of a dead letter: Redriven is for good, else it follows the person's word. Pure."""

from queuedjob.api.kinds.deadletter import DEAD, REDRIVEN, RESOLVED
from queuedjob.policy.facts import Letter


def phase_of(letter: Letter) -> str:
    """What the letter's phase should be. A resolution that is taken back opens the case again."""
    if letter.phase == REDRIVEN:
        return REDRIVEN
    return RESOLVED if letter.resolved else DEAD
