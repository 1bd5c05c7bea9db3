"""The QueuedJob controller: gather, plan, apply, until the plan says wait (protocol: One reconcile of one job)."""

from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from functools import partial
from typing import Final

import structlog

from queuedjob.api.kinds.queuedjob_status import Attempt
from queuedjob.controllers.context import Context
from queuedjob.controllers.job.attempts import AttemptStarter
from queuedjob.controllers.job.dead_letters import DeadLetters
from queuedjob.controllers.job.evidence_reader import EvidenceReader
from queuedjob.controllers.job.gather import gather
from queuedjob.controllers.job.keys import job_key
from queuedjob.controllers.job.memory import Memory
from queuedjob.controllers.job.orphans import OrphanController
from queuedjob.controllers.job.pod_writer import PodWriter
from queuedjob.controllers.job.status_writer import StatusWriter
from queuedjob.controllers.job.stores import JobStores
from queuedjob.kube.client import paths, wire
from queuedjob.kube.client.errors import ApiError, Conflict, NotFound, Refused
from queuedjob.kube.objects.queuedjobs import StoredJob, Unreadable, with_unreadable
from queuedjob.kube.objects.write_refusals import refusal_reason
from queuedjob.policy.facts import ExtraEvidence, JobId
from queuedjob.policy.job.inputs import Job, JobFacts
from queuedjob.policy.job.plan import plan
from queuedjob.policy.job.pods import run_of
from queuedjob.policy.job.steps import (
    CreatePod,
    DeleteJob,
    DeletePod,
    FileLetter,
    ForgetPod,
    JobEvent,
    JudgeEnd,
    LookForPod,
    MarkRedriven,
    MarkStop,
    NoteDeletion,
    ReadEvidence,
    ReadJob,
    ReleasePod,
    RestoreLabels,
    Step,
    StopPod,
    Wait,
    WarnOfDeadline,
    WriteStatus,
    is_upkeep,
    write_key,
)
from queuedjob.ports import Body, NoAnswer
from queuedjob.runtime.loop_turns import LoopTurns

log: Final = structlog.get_logger("queuedjob.job")

_QUEUE: Final = "reconcile"

_STEPS: Final = 25
"""Maximum steps of one reconcile. More steps mean that writes do not stick; then other keys get their turn first."""


class QueuedJobController:
    """Reconciles one job, by its namespace and its UID, and the pods of a job that is gone."""

    def __init__(
        self,
        context: Context,
        stores: JobStores,
        memory: Memory,
        *,
        pods: PodWriter,
        dead_letters: DeadLetters,
        orphans: OrphanController,
    ) -> None:
        self._context = context
        self._memory = memory
        self._stores = stores
        self._pods = pods
        self._dead_letters = dead_letters
        self._orphans = orphans
        self._starter = AttemptStarter(context, stores, memory)
        self._statuses = StatusWriter(context, stores)
        self._evidence = EvidenceReader(context.client)
        self._turns = LoopTurns()

    async def reconcile(self, namespace: str, uid: str) -> None:
        """Carry out the planned steps of the job, one after the other. Raises NoAnswer and ApiError if a step failed.

        A job that cannot be read is left as it is, with its pods, until the operator sees another version of the job:
        the operator neither counts nor releases pods that it does not understand. An Event tells users.
        """
        try:
            await self._reconcile(JobId(namespace, uid))
        except Unreadable as error:
            await self._tell_unreadable(JobId(namespace, uid), error)

    async def _reconcile(self, job: JobId) -> None:
        key = job_key(job)
        live: Body | None = None
        for _ in range(_STEPS):
            planned = await self._plan(job)
            if planned is None:
                await self._orphans.reconcile(job)
                return
            stored, facts, step = planned
            if isinstance(step, Wait):
                if step.seconds is not None:
                    self._context.queue.add_after(key, step.seconds)
                return
            try:
                live = await self._apply(stored, facts, step, live)
            except Conflict:
                live = await self._read(stored)
            except (ApiError, NoAnswer) as error:
                if not write_key(step):
                    self._tell_refused(stored, step, error)
                    raise
                await self._set_aside(stored, facts, step, error)
            else:
                self._memory.refused_writes.carried_out(job, write_key(step))
        self._context.queue.retry(key)

    async def _plan(self, job: JobId) -> tuple[StoredJob, JobFacts, Step] | None:
        """Plan on what the stores hold. Return None if they do not hold the job."""
        async with self._turn_for(job):
            stored = self._stores.jobs.get(job.uid)
            if stored is None or stored.id != job:
                return None
            self._context.queue.seen(job_key(job))  # covers our own writes: each would cost another plan
            facts = gather(self._context, self._stores, self._memory, stored)
            self._memory.retain(facts)
            return stored, facts, plan(facts)

    def _turn_for(self, job: JobId) -> AbstractAsyncContextManager[None]:
        """Return a turn of the event loop if patterns are to be compiled: they take 20 ms (user_patterns.py)."""
        stored = self._stores.jobs.get(job.uid)
        if stored is None or self._memory.has_judged(stored):
            return nullcontext()
        has_patterns = any(rule.message_matches for rule in stored.terms.failure_policy.rules)
        return self._turns.one() if has_patterns else nullcontext()

    async def _set_aside(self, stored: StoredJob, facts: JobFacts, step: Step, error: ApiError | NoAnswer) -> None:
        """Record the failure of a write that may fail alone: the plan goes on without it until its next try is due.

        An Event tells its first refusal for each reason, none a later try.
        """
        job, key = facts.job, write_key(step)
        news = self._memory.refused_writes.note(job.id, key, error, facts.now.late, upkeep=is_upkeep(step))
        if news and isinstance(error, Refused):
            self._statuses.post_event(stored, JobEvent("WriteRefused", error.message))
        self._context.metrics.reconcile_failed(_QUEUE, error)
        log.warning("write refused", job=job.name, namespace=job.namespace, write=key, error=str(error))
        if isinstance(step, RestoreLabels):  # no watch shows this pod: see its end at each try
            await self._pods.read(step.pod)

    async def _tell_unreadable(self, unreadable: JobId, error: Unreadable) -> None:
        """Show in the status that the job cannot be read. An Event and the log tell it where the status cannot."""
        job = self._stores.jobs.get(unreadable.uid)
        if job is None:
            return
        log.error("unreadable", job=job.name, namespace=job.namespace, error=str(error))
        message = f"left as it is until it can be read: {error}"
        self._tell_once(job, "Unreadable", JobEvent("Unreadable", message))
        body = with_unreadable(job, message, self._context.now().late)
        if body is None:
            return
        try:
            self._stores.jobs.see(await self._context.client.put(paths.job_status(job.namespace, job.name), body))
        except NotFound:
            self._stores.jobs.forget(job)
        except Conflict:
            await self._read(job)
            self._context.queue.add(job_key(unreadable))
        except Refused as refused:  # what cannot be read is what the schema refuses: the Event has told it
            log.warning("write refused", job=job.name, namespace=job.namespace, write="Unreadable", error=str(refused))

    def _tell_refused(self, job: StoredJob, step: Step, error: ApiError | NoAnswer) -> None:
        """Post an Event about a refused write that no record is kept of, such as that of the status."""
        if isinstance(error, Refused):
            what = f"{type(step).__name__}/{refusal_reason(error)}"
            self._tell_once(job, what, JobEvent("WriteRefused", error.message))

    def _tell_once(self, job: StoredJob, what: str, event: JobEvent) -> None:
        """Post an Event once for each generation of the spec: `what` lasts, is met at each try, and in other words."""
        told = self._memory.told.setdefault(job.id, {})
        if told.get(what) != job.generation:
            told[what] = job.generation
            self._statuses.post_event(job, event)

    async def _apply(self, stored: StoredJob, facts: JobFacts, step: Step, live: Body | None) -> Body | None:
        """Carry out one step. Return the job's body if an answer contained it."""
        job = facts.job
        match step:
            case CreatePod():
                return await self._create(stored, step)
            case WriteStatus():
                return await self._write(stored, facts, step)
            case ReadJob():
                return await self._read(stored)
            case FileLetter(name=name):
                live = live if _is_of(live, stored) else await self._read(stored)
                if live is not None and _is_of(live, stored):
                    await self._file(job, live, name)
                return live
            case MarkRedriven(letter=letter):
                await self._dead_letters.mark_redriven(job, letter)
            case WarnOfDeadline(pod=pod, event=event):
                self._memory.warned[job.id] = pod.uid
                self._statuses.warn_of_deadline(job, pod, event)
            case DeleteJob(gone_letter=letter_name):
                await self._delete(stored, letter_name)
            case JudgeEnd(evidence=evidence):
                await self._context.beside(stored.namespace, partial(facts.judged.verdict, evidence))
            case LookForPod(attempt=Attempt() as attempt):
                await self._apply_to_pod(job, step)
                if self._stores.pods.get(attempt.pod_uid) is None:  # forgotten: the status is older
                    return await self._read(stored)
            case _:
                await self._apply_to_pod(job, step)
        return live

    async def _apply_to_pod(self, job: Job, step: Step) -> None:
        match step:
            case LookForPod(name=name, pod=pod, attempt=attempt):
                await self._pods.look(job, name, pod=pod, attempt=attempt)
            case ReadEvidence():
                await self._read_evidence(job, step)
            case RestoreLabels(pod=pod):
                await self._pods.restore_labels(job, pod, run_of(job, pod))
            case MarkStop(pod=pod, reason=reason, detail=detail):
                await self._pods.mark_stop(pod, reason, self._context.now().late, detail)
            case NoteDeletion(pod=pod, asked=asked):
                await self._pods.note_deletion(pod, asked)
            case StopPod(pod=pod):
                await self._pods.stop(pod)
            case ReleasePod(pod=pod):
                await self._pods.release(pod)
            case ForgetPod(pod=pod):
                self._stores.pods.forget(pod)
            case DeletePod(pod=pod):
                await self._pods.delete(pod)

    async def _file(self, job: Job, live: Body, name: str) -> None:
        """File the dead letter. A refusal is recorded for the next plan: the letter is owed until it is filed."""
        no = await self._dead_letters.file(job, live, name)
        if no is not None:
            now = self._context.now().late
            self._memory.letter_refusals.note(job.id, job.generation, no.kind, no.reason, no.message, now)

    async def _read_evidence(self, job: Job, step: ReadEvidence) -> None:
        read = self._memory.evidence.setdefault(job.id, {})
        read[step.pod.uid] = await self._evidence.read(step, read.get(step.pod.uid, ExtraEvidence()))

    async def _create(self, stored: StoredJob, step: CreatePod) -> Body | None:
        """Read the job live, and start the attempt if the plan on this version is the same."""
        live = await self._read(stored)
        async with self._turn_for(stored.id):
            now = self._stores.jobs.get(stored.uid)
            if live is None or now is None or not _is_of(live, now):
                return live
            facts = gather(self._context, self._stores, self._memory, now)
            again = plan(facts)
        if isinstance(again, CreatePod) and again.name == step.name:
            await self._starter.start(facts.job, live, again, facts.now.late)
        return live

    async def _write(self, stored: StoredJob, facts: JobFacts, step: WriteStatus) -> Body | None:
        try:
            answer = await self._statuses.write(stored, facts.job, step)
        except NotFound:
            self._stores.jobs.forget(stored)
            return None
        if step.status.dead_letter_ref != facts.job.status.dead_letter_ref:
            self._memory.letter_refusals.forget(stored.id)
        if step.status.counters != facts.job.status.counters:
            self._memory.attempt_settled(stored.id)
        return answer

    async def _read(self, stored: StoredJob) -> Body | None:
        """Read the job live. Return None if it is gone, or if another job has its name."""
        try:
            body = await self._context.client.get(paths.job(stored.namespace, stored.name))
        except NotFound:
            self._stores.jobs.forget(stored)
            return None
        self._stores.jobs.see(body)
        if wire.uid_of(body) != stored.uid:
            self._stores.jobs.forget(stored)
            return None
        return body

    async def _delete(self, stored: StoredJob, letter_name: str) -> None:
        """Delete the job (ttlAfterFinished) if it still has the version that the step was planned on."""
        if letter_name and await self._dead_letters.find(stored.namespace, letter_name, stored.uid):
            return
        with suppress(NotFound):
            await self._context.client.delete(
                paths.job(stored.namespace, stored.name),
                uid=stored.uid,
                resource_version=str(stored.resource_version),
                propagation="Background",
            )
        self._stores.jobs.forget(stored)
        log.info("job expired", job=stored.name, namespace=stored.namespace)


def _is_of(live: Body | None, stored: StoredJob) -> bool:
    """Return whether a body has the same version as the stored job."""
    return live is not None and wire.resource_version_of(live) == str(stored.resource_version)
