"""Write a job's status: one PUT on the planned version, then the Events, the logs and the metrics."""

from collections.abc import Callable
from functools import partial
from typing import Final

import structlog

from queuedjob.api.kinds.queuedjob_phases import WAITING, is_terminal
from queuedjob.api.kinds.queuedjob_status import Attempt, JobStatus
from queuedjob.controllers.context import Context
from queuedjob.controllers.events import OutgoingEvent
from queuedjob.controllers.job.stores import JobStores
from queuedjob.kube.client import paths
from queuedjob.kube.client.errors import ApiError, Refused, too_large
from queuedjob.kube.objects.events import event_body
from queuedjob.kube.objects.queuedjobs import StoredJob, status_body
from queuedjob.policy.facts import Pod
from queuedjob.policy.job.inputs import Job
from queuedjob.policy.job.retry_now import RETRY_NOW
from queuedjob.policy.job.shortened import shortened
from queuedjob.policy.job.steps import JobEvent, WriteStatus
from queuedjob.ports import Body
from queuedjob.telemetry.metrics import SUCCEEDED

_NO_ROOM: Final = (
    "the job leaves no room for its status; take annotations and labels off it, or delete it and create a smaller one"
)

log: Final = structlog.get_logger("queuedjob.status")


class StatusWriter:
    """Applies WriteStatus. Raises Conflict if the job has changed since the plan: read the job, and plan again."""

    def __init__(self, context: Context, stores: JobStores) -> None:
        self._context = context
        self._stores = stores

    async def write(self, stored: StoredJob, job: Job, step: WriteStatus) -> Body:
        """PUT the status, and return the whole object as it is now."""
        answer = await self._put(stored, job, step.status)
        self._stores.jobs.see(answer)
        self._account(job, step)
        for rank, event in enumerate(step.events):
            self.post_event(job, event, rank)
        return answer

    async def _put(self, stored: StoredJob, job: Job, status: JobStatus) -> Body:
        """PUT the status. Where it does not fit beside the job, PUT it without its long texts.

        Raises Refused with the way out if that does not fit either: the job can have no status.
        """
        path, put = paths.job_status(job.namespace, job.name), self._context.client.put
        try:
            return await put(path, status_body(stored, job.status, status))
        except ApiError as error:
            if not too_large(error):
                raise
        log.warning("status shortened", job=job.name, namespace=job.namespace)
        try:
            return await put(path, status_body(stored, job.status, shortened(status)))
        except ApiError as error:
            if not too_large(error):
                raise
            raise Refused(error.status, f"{error.message}: {_NO_ROOM}") from error

    def warn_of_deadline(self, job: Job, pod: Pod, event: JobEvent) -> None:
        """Post the Event of this pod's deadline and count it, unless an earlier operator has posted it.

        The Event's name is made of the pod's UID, so there is no second Event, even if an operator was killed after any
        of its writes. A lost Event is counted, too, because alerts use the metric.
        """
        near = partial(self._context.metrics.deadline_near, job.namespace, job.terms.queue, job.terms.type)
        self._post(job, event, serial=f"{pod.uid}.deadline", on_new=near)

    def post_event(self, job: Job | StoredJob, event: JobEvent, rank: int = 0) -> None:
        """Post an Event soon, beside all else. Events are for people only: one that is lost is not posted again.

        `rank` makes the names of several Events of the same moment different.
        """
        now = self._context.now().late
        serial = f"{round(now.timestamp() * 1_000_000) + rank:x}"
        self._post(job, event, serial=serial)

    def _post(
        self, job: Job | StoredJob, event: JobEvent, *, serial: str, on_new: Callable[[], None] = lambda: None
    ) -> None:
        now = self._context.now().late
        body = event_body(job, event, instance=self._context.instance, now=now, serial=serial)
        self._context.events.post(OutgoingEvent(job.namespace, job.name, event.reason, body, on_new))

    def _account(self, job: Job, step: WriteStatus) -> None:
        before, after, metrics = job.status, step.status, self._context.metrics
        facts = {"job": job.name, "namespace": job.namespace, "queue": job.terms.queue, "type": job.terms.type}
        for entry in _newly_settled(before, after):
            outcome = entry.class_ or SUCCEEDED
            metrics.attempt_finished(outcome, job.namespace, job.terms.queue, job.terms.type)
            if not is_terminal(after.phase):
                metrics.retry_planned(outcome)
            log.info(
                "attempt settled",
                **facts,
                attempt=entry.number,
                pod=entry.pod_name,
                rule=entry.rule,
                reason=entry.reason,
                duration=_seconds(entry),
                **{"class": entry.class_},
            )
        if step.rule == RETRY_NOW:
            metrics.retried_now()
        if (before.phase, before.reason) == (after.phase, after.reason):
            return
        log.info("phase", **facts, phase=after.phase, reason=after.reason, step=step.rule)
        if after.phase == WAITING:
            metrics.wait_shown(after.reason)


def _newly_settled(before: JobStatus, after: JobStatus) -> list[Attempt]:
    known = {(a.number, a.pod_uid) for a in before.attempts if a.finish_time is not None}
    return [a for a in after.attempts if a.finish_time is not None and (a.number, a.pod_uid) not in known]


def _seconds(entry: Attempt) -> float | None:
    if entry.start_time is None or entry.finish_time is None:
        return None
    return (entry.finish_time - entry.start_time).total_seconds()
