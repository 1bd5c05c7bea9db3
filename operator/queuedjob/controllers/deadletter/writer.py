"""File the letter of a death; mark it after the job has run again (protocol: A bad end, A rerun or redrive)."""

from typing import Final

import structlog

from queuedjob.api.kinds.deadletter import REDRIVEN
from queuedjob.controllers.context import Context
from queuedjob.controllers.stores import KindStore
from queuedjob.kube.client import paths
from queuedjob.kube.client.errors import (
    AlreadyExists,
    ApiError,
    Conflict,
    NotFound,
    Refused,
    precondition_failed,
    too_large,
)
from queuedjob.kube.objects.deadletters import letter_body, shortened_letter, status_patch
from queuedjob.policy.facts import Letter
from queuedjob.policy.job.dead_letter import death_record_of
from queuedjob.policy.job.inputs import FilingRefused, Job, RefusalKind
from queuedjob.ports import Body, NoAnswer

log: Final = structlog.get_logger("queuedjob.letter")


class DeadLetterWriter:
    """Applies the steps that concern letters."""

    def __init__(self, context: Context, letters: KindStore[Letter]) -> None:
        self._context = context
        self._letters = letters

    async def file(self, job: Job, live: Body, name: str) -> FilingRefused | None:
        """POST the dead letter of `job` under `name`. `live` is the job's body at the version of `job`.

        Returns why the letter could not be filed; None if it is filed, or if the name must be checked again.
        """
        body = letter_body(name, live, death_record_of(job))
        try:
            filed = await self._create(job, body)
        except AlreadyExists:
            return await self._adopt(job, name)
        except (ApiError, NoAnswer) as error:
            words = error.message if isinstance(error, ApiError) else str(error)
            log.warning("letter refused", job=job.name, namespace=job.namespace, letter=name, error=str(error))
            return FilingRefused(RefusalKind.WAIT, "LetterRefused", words)
        self._letters.see(filed)
        self._context.metrics.dead_letter_filed(job.status.reason, job.namespace, job.terms.queue)
        log.info("letter filed", job=job.name, namespace=job.namespace, letter=name, reason=job.status.reason)
        return None

    async def _create(self, job: Job, body: Body) -> Body:
        """POST the letter. Where it does not fit into one object, POST it with a shortened copy of the job."""
        path, create = paths.letters(job.namespace), self._context.client.create
        try:
            return await create(path, body)
        except ApiError as error:
            if not too_large(error):
                raise
        log.warning("letter shortened", job=job.name, namespace=job.namespace)
        return await create(path, shortened_letter(body))

    async def mark_redriven(self, job: Job, letter: Letter) -> None:
        """Write on the letter that its job has run again, and with which generation."""
        await self.patch_status(letter, REDRIVEN, job.generation)

    async def patch_status(self, letter: Letter, phase: str, redriven_generation: int | None = None) -> None:
        """Set a letter's phase; if the patch does not fit, read the letter again."""
        operations = status_patch(letter, phase, redriven_generation)
        try:
            body = await self._context.client.patch_json(paths.letter_status(letter.namespace, letter.name), operations)
        except NotFound:
            self._letters.forget(letter)
        except (Conflict, Refused) as error:
            if isinstance(error, Refused) and not precondition_failed(error):
                raise
            await self.read(letter)
        else:
            self._letters.see(body)

    async def read(self, letter: Letter) -> bool:
        """Read a letter live. Return whether it exists, with the same UID."""
        try:
            body = await self._context.client.get(paths.letter(letter.namespace, letter.name))
        except NotFound:
            self._letters.forget(letter)
            return False
        found = self._letters.see(body)
        if found.uid != letter.uid:
            self._letters.forget(letter)
        return found.uid == letter.uid

    async def find(self, namespace: str, name: str, job_uid: str) -> bool:
        """GET the letter of this name. Return whether it exists and is about this job."""
        try:
            body = await self._context.client.get(paths.letter(namespace, name))
        except NotFound:
            return False
        return self._letters.see(body).job_uid == job_uid

    async def _adopt(self, job: Job, name: str) -> FilingRefused | None:
        """Handle a taken name: it belongs to this same letter, filed before a crash, or to another letter."""
        try:
            body = await self._context.client.get(paths.letter(job.namespace, name))
        except NotFound:
            return None  # deleted between the two requests: plan again
        letter = self._letters.see(body)
        if (letter.job_uid, letter.redrives) == (job.uid, job.status.counters.redrives):
            return None
        return FilingRefused(RefusalKind.NAME_TAKEN, "NameTaken", f"another death's letter is named {name}")
