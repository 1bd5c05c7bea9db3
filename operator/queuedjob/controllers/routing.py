"""A key of the workqueue -> its controller, and what failed -> a paced retry."""

from typing import Final

import structlog

from queuedjob.controllers import keys
from queuedjob.controllers.context import Context
from queuedjob.controllers.deadletter.controller import DeadLetterController
from queuedjob.controllers.job.controller import QueuedJobController
from queuedjob.controllers.job.orphans import OrphanController
from queuedjob.controllers.keys import Key, Subject
from queuedjob.kube.client.errors import ApiError
from queuedjob.ports import NoAnswer
from queuedjob.runtime.servertime import NotReady

log: Final = structlog.get_logger("queuedjob.reconcile")

_QUEUE: Final = "reconcile"


class Router:
    """Reconciles any key. What the API server refuses or does not answer is tried again, for ever, with pacing."""

    def __init__(
        self, context: Context, *, jobs: QueuedJobController, letters: DeadLetterController, orphans: OrphanController
    ) -> None:
        self._context = context
        self._jobs = jobs
        self._letters = letters
        self._orphans = orphans

    async def reconcile(self, text: str) -> None:
        """Reconcile what the key names."""
        try:
            try:
                await self._reconcile(keys.parse(text))
            except NotReady:  # a clock was set: the next answer tells the server's time anew
                await self._context.client.get("/version")
                self._context.queue.retry(text)
        except (ApiError, NoAnswer) as error:
            self._context.metrics.reconcile_failed(_QUEUE, error)
            log.warning("not served", key=text, error=str(error))
            self._context.queue.retry(text)

    async def _reconcile(self, key: Key) -> None:
        match key.subject:
            case Subject.JOB:
                await self._jobs.reconcile(key.uid)
            case Subject.LETTER:
                await self._letters.reconcile(key.uid)
            case Subject.POD:
                await self._orphans.release_ownerless(key.uid)
