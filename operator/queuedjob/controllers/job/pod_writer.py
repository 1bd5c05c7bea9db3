"""Writes to pods. Each write names the pod that it was planned on, so a late write changes no other pod."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from queuedjob.api.kinds.queuedjob_status import Attempt
from queuedjob.controllers.job.late_posts import LatePosts
from queuedjob.controllers.job.stores import JobStores
from queuedjob.kube.client import paths
from queuedjob.kube.client.client import Client, Operation
from queuedjob.kube.client.errors import Conflict, NotFound, Refused, precondition_failed
from queuedjob.kube.objects.pod_body import labels
from queuedjob.kube.objects.pod_patches import with_deletion_noted, with_labels, with_stop_reason, without_finalizer
from queuedjob.kube.objects.pods import pod_from
from queuedjob.policy.facts import Pod, StopReason
from queuedjob.policy.job.attempts import pod_from_entry
from queuedjob.policy.job.inputs import Job
from queuedjob.ports import Clock


class PodWriter:
    """Applies the steps that concern one pod. Raises NoAnswer and ApiError if a step must be tried again."""

    def __init__(self, client: Client, stores: JobStores, late: LatePosts, clock: Clock) -> None:
        self._client = client
        self._stores = stores
        self._late = late
        self._clock = clock

    async def look(self, job: Job, name: str, *, pod: Pod | None = None, attempt: Attempt | None = None) -> None:
        """Read the pod of this name live. Only a GET confirms that a pod is gone; its last state is then kept as gone.

        A pod that was known as this job's pod stays this job's pod, by its UID, after a client removed or changed its
        owner and its labels: otherwise the job would not see the end of the pod.
        """
        asked_at = self._clock.monotonic()
        try:
            found: Pod | None = pod_from(await self._client.get(paths.pod(job.namespace, name)))
        except NotFound:
            found = None
        if pod is None and attempt is not None:
            pod = pod_from_entry(attempt, namespace=job.namespace, owner_uid=job.uid, owner_name=job.name)
        if found is not None and pod is not None and pod.uid == found.uid:
            self._stores.pods.adopt(found, job)
        elif found is not None:
            self._stores.pods.refresh(found)
        if found is None or self._stores.pods.with_owner(found).job != job.id:
            # also for another job's pod: otherwise its GET is repeated for ever
            self._late.absent(job.id, name, asked_at)
        if pod is not None and (found is None or found.uid != pod.uid):
            known = self._stores.pods.get(pod.uid)
            latest = known if known is not None and known.namespace == job.namespace else pod  # newer than the entry
            self._stores.pods.adopt(replace(latest, confirmed_gone=True, missing_from_watch=False), job)

    async def read(self, pod: Pod) -> None:
        """Read a pod again after a write that did not fit its version."""
        try:
            found = pod_from(await self._client.get(paths.pod(pod.namespace, pod.name)))
        except NotFound:
            found = None
        if found is not None:
            self._stores.pods.refresh(found)
        if found is None or found.uid != pod.uid:
            self._stores.pods.refresh(replace(pod, missing_from_watch=False, confirmed_gone=True))

    async def restore_labels(self, job: Job, pod: Pod, redrives: int) -> None:
        """Put our labels back."""
        ours = labels(job.terms, job=job.name, uid=job.uid, redrives=redrives, number=pod.number or 0)
        await self._patch(pod, with_labels(pod, ours))

    async def mark_stop(self, pod: Pod, reason: StopReason, asked: datetime, detail: str = "") -> None:
        """Write the stop reason and its time on the pod, on the same version that the decision was made on.

        `asked`: when that was, in the API server's time.
        """
        await self._patch(pod, with_stop_reason(pod, reason, detail, asked))

    async def note_deletion(self, pod: Pod, asked: datetime) -> None:
        """Write on the pod when another client requested its deletion."""
        await self._patch(pod, with_deletion_noted(pod, asked))

    async def release(self, pod: Pod) -> bool:
        """Remove our finalizer. Return False if the pod had changed; then the present pod is put into the store."""
        released = await self._patch(pod, without_finalizer(pod))
        if released:
            self._stores.pods.finalizer_removed(pod.uid)
        return released

    async def stop(self, pod: Pod) -> None:
        """Delete a pod to stop it. Without its stop reason on it, delete it only at the known version."""
        marked = pod.stop_reason and not pod.stop_in_status
        await self._delete(pod, resource_version=None if marked else str(pod.resource_version))

    async def delete(self, pod: Pod) -> None:
        """Delete a released pod if it still has the known version. Without our finalizer, the pod is gone at once."""
        if await self._delete(pod, resource_version=str(pod.resource_version)):
            self._stores.pods.forget(pod)

    async def _patch(self, pod: Pod, operations: Sequence[Operation]) -> bool:
        """Return whether the patch was applied; if not, the present pod is put into the store."""
        try:
            body = await self._client.patch_json(paths.pod(pod.namespace, pod.name), operations)
        except NotFound:
            self._stores.pods.refresh(replace(pod, missing_from_watch=False, confirmed_gone=True))
        except Conflict:
            await self.read(pod)
        except Refused as refused:
            if not precondition_failed(refused):
                raise
            await self.read(pod)
        else:
            self._stores.pods.see(body)
            return True
        return False

    async def _delete(self, pod: Pod, *, resource_version: str | None) -> bool:
        path = paths.pod(pod.namespace, pod.name)
        try:
            body = await self._client.delete(path, uid=pod.uid, resource_version=resource_version)
        except NotFound:
            self._stores.pods.refresh(replace(pod, missing_from_watch=False, confirmed_gone=True))
        except Conflict:
            await self.read(pod)
            return False
        else:
            if body is None:
                self._stores.pods.refresh(replace(pod, missing_from_watch=False, confirmed_gone=True))
            else:
                self._stores.pods.see(body)
        return True
