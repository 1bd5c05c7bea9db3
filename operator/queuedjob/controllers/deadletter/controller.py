"""The DeadLetter controller: a letter's phase follows what a person wrote in spec.resolution."""

from queuedjob.controllers.context import Context
from queuedjob.controllers.deadletter.writer import DeadLetterWriter
from queuedjob.kube.objects.patches import add, require
from queuedjob.policy.deadletter.phase import phase_of


class DeadLetterController:
    """Reconciles one letter, by its UID."""

    def __init__(self, context: Context, dead_letters: DeadLetterWriter) -> None:
        self._context = context
        self._dead_letters = dead_letters

    async def reconcile(self, uid: str) -> None:
        """Bring the letter's phase in line with its resolution."""
        letter = self._context.stores.letters.get(uid)
        if letter is None or (phase := phase_of(letter)) == letter.phase:
            return
        operations = [
            require("/metadata/uid", letter.uid),
            require("/metadata/resourceVersion", str(letter.resource_version)),
            add("/status/phase", phase),
        ]
        await self._dead_letters.patch_status(letter, operations)
