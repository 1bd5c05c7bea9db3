"""The DeadLetter controller: a letter's phase follows what a person wrote in spec.resolution."""

from queuedjob.controllers.context import Tools
from queuedjob.controllers.deadletter.writer import LetterFiler
from queuedjob.kube.objects.patches import add, require
from queuedjob.policy.deadletter.phase import phase_of


class DeadLetterController:
    """Reconciles one letter, by its UID."""

    def __init__(self, tools: Tools, filer: LetterFiler) -> None:
        self._tools = tools
        self._filer = filer

    async def reconcile(self, uid: str) -> None:
        """Bring the letter's phase in line with its resolution."""
        letter = self._tools.stores.letters.get(uid)
        if letter is None or (phase := phase_of(letter)) == letter.phase:
            return
        operations = [
            require("/metadata/uid", letter.uid),
            require("/metadata/resourceVersion", str(letter.resource_version)),
            add("/status/phase", phase),
        ]
        await self._filer.patch_status(letter, operations)
