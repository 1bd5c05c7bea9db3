"""Create the pod of an attempt: read the job live, make the same plan on the answer, then POST the pod (protocol)."""

import asyncio
from datetime import datetime
from typing import Final

from queuedjob.controllers.context import Context
from queuedjob.controllers.job.memory import Memory
from queuedjob.controllers.job.stores import JobStores
from queuedjob.kube.client import paths
from queuedjob.kube.client.errors import AlreadyExists, ApiError, NotFound, lost
from queuedjob.kube.objects import pod_refusals as said
from queuedjob.kube.objects.carried import NotCarried
from queuedjob.kube.objects.pod_body import pod_body
from queuedjob.kube.objects.pods import pod_from
from queuedjob.policy.job.inputs import Job, RefusalKind
from queuedjob.policy.job.pods import sort_pods
from queuedjob.policy.job.steps import CreatePod
from queuedjob.ports import Body, NoAnswer

_MEANING: Final = {
    said.CreateErrorKind.SPEC_FAULT: (RefusalKind.INVALID, "PodRejected"),
    said.CreateErrorKind.QUOTA: (RefusalKind.WAIT, "QuotaExceeded"),
    said.CreateErrorKind.OWN_PERMISSION: (RefusalKind.WAIT, "OperatorNotPermitted"),
    said.CreateErrorKind.WEBHOOK_FAILED: (RefusalKind.WAIT, "WebhookFailed"),
    said.CreateErrorKind.NAMESPACE_GOING: (RefusalKind.NAMESPACE_GOING, "NamespaceTerminating"),
    said.CreateErrorKind.MENDABLE: (RefusalKind.WAIT, "PodRefused"),
    said.CreateErrorKind.NAME_TAKEN: (RefusalKind.WAIT, "PodNameTaken"),
    said.CreateErrorKind.RETRY: (RefusalKind.RETRY, "ApiServerUnavailable"),
}
"""What a refusal means to a plan, and the reason that users see."""


class AttemptStarter:
    """POSTs pods. The timeout that is sent with each POST limits how late the POST can arrive."""

    def __init__(self, context: Context, stores: JobStores, memory: Memory) -> None:
        self._client = context.client
        self._stores = stores
        self._late = memory.late
        self._refusals = memory.pod_refusals
        self._metrics = context.metrics
        self._post_timeout = context.settings.post_timeout

    async def start(self, job: Job, live: Body, step: CreatePod, now: datetime) -> None:
        """POST the pod of `step` for `job`. `live` is the job's body that the step was planned on.

        Refusals and POSTs that may be late are recorded for the next plan. Raises NoAnswer and ApiError if a taken name
        cannot be read.
        """
        try:
            body = pod_body(live, job.terms, step)
        except NotCarried as fault:
            self._note(job, RefusalKind.SPEC_FAULT, fault.reason, str(fault), now)
            return
        path, query = paths.pods(job.namespace), {"fieldValidation": "Strict"}
        try:
            made = await self._client.create(path, body, query=query, bound=self._post_timeout)
        except asyncio.CancelledError:  # the term is over; this process may hold the next one, too
            self._late.lost(job.id, (job.namespace, job.name), step.name)
            raise
        except AlreadyExists as taken:
            await self._adopt(job, step, taken.message, now)
        except (ApiError, NoAnswer) as error:
            if lost(error):
                self._late.lost(job.id, (job.namespace, job.name), step.name)
            self._refused(job, error, body, now)
        else:
            self._refusals.forget(job.id)
            self._stores.pods.see(made)

    async def _adopt(self, job: Job, step: CreatePod, words: str, now: datetime) -> None:
        """Handle a taken name: the pod is the attempt itself if we hold it for this job's present run."""
        try:
            pod = self._stores.pods.with_owner(pod_from(await self._client.get(paths.pod(job.namespace, step.name))))
        except NotFound:
            return  # deleted between the two requests: plan again
        if pod.job == job.id and pod.has_finalizer and not pod.foreign and sort_pods(job, (pod,)).attempts:
            self._refusals.forget(job.id)
            self._stores.pods.refresh(pod)
        else:
            self._note(job, RefusalKind.WAIT, "PodNameTaken", words, now)

    def _refused(self, job: Job, error: ApiError | NoAnswer, body: Body, now: datetime) -> None:
        refusal = said.create_error_of(error, body)
        kind, reason = _MEANING[refusal.kind]
        self._metrics.pod_refused(reason)
        self._note(job, kind, reason, refusal.message, now, retry_after=refusal.retry_after)

    def _note(
        self, job: Job, kind: RefusalKind, reason: str, message: str, now: datetime, *, retry_after: float = 0.0
    ) -> None:
        self._refusals.note(
            job.id, job.generation, kind, reason, message, now, retry_after=retry_after, retry_now=job.retry_now
        )
