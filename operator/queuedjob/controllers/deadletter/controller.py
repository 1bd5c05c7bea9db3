"""The DeadLetter controller: a letter's phase follows spec.resolution, which a user writes."""

from collections.abc import Iterable

from queuedjob.api.names import DEADLETTERS, QUEUEDJOBS
from queuedjob.controllers.deadletter.writer import DeadLetterWriter
from queuedjob.controllers.keys import key_of
from queuedjob.controllers.stores import KindStore
from queuedjob.policy.deadletter.phase import phase_of
from queuedjob.policy.facts import Letter


def affected(letter: Letter) -> Iterable[str]:
    """A change of a dead letter concerns the letter itself and its job."""
    return key_of(DEADLETTERS, letter.namespace, letter.uid), *affected_by_deletion(letter)


def affected_by_deletion(letter: Letter) -> Iterable[str]:
    """The deletion of a dead letter concerns its job: a job that waits for this deletion may expire."""
    return (key_of(QUEUEDJOBS, letter.namespace, letter.job_uid),) if letter.job_uid else ()


class DeadLetterController:
    """Reconciles one letter, by its namespace and its UID."""

    def __init__(self, letters: KindStore[Letter], writer: DeadLetterWriter) -> None:
        self._letters = letters
        self._writer = writer

    async def reconcile(self, namespace: str, uid: str) -> None:
        """Bring the letter's phase in line with its resolution."""
        letter = self._letters.get(uid)
        if letter is None or letter.namespace != namespace or (phase := phase_of(letter)) == letter.phase:
            return
        await self._writer.patch_status(letter, phase)
