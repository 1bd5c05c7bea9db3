"""The writes to pods: each one names what it was planned on, so that a late one strikes nothing else."""

from collections.abc import Sequence
from dataclasses import replace

from queuedjob.api.kinds.queuedjob_status import Attempt
from queuedjob.controllers.job.late_posts import LatePosts
from queuedjob.controllers.job.stores import JobStores
from queuedjob.kube.client import paths
from queuedjob.kube.client.client import Client, Operation
from queuedjob.kube.client.errors import Conflict, NotFound, Refused, precondition_failed
from queuedjob.kube.objects.pod_body import labels
from queuedjob.kube.objects.pod_patches import with_labels, with_stop_reason, without_finalizer
from queuedjob.kube.objects.pods import pod_from
from queuedjob.policy.facts import Pod, StopReason
from queuedjob.policy.job.attempts import pod_from_entry
from queuedjob.policy.job.inputs import Job
from queuedjob.ports import Clock


class PodWriter:
    """Applies the steps that concern one pod. Raises NoAnswer and ApiError for what is to be tried again."""

    def __init__(self, client: Client, stores: JobStores, late: LatePosts, clock: Clock) -> None:
        self._client = client
        self._stores = stores
        self._late = late
        self._clock = clock

    async def look(self, job: Job, name: str, *, pod: Pod | None = None, attempt: Attempt | None = None) -> None:
        """Ask whether the pod is there. Gone is only what a GET says is gone; then its last sight is kept as such.

        A pod that was known as this job's stays so, by its UID, when somebody took its owner and its labels away: else
        nobody would see it end.
        """
        asked_at = self._clock.monotonic()
        try:
            found: Pod | None = pod_from(await self._client.get(paths.pod(job.namespace, name)))
        except NotFound:
            found = None
        if pod is None and attempt is not None:
            pod = pod_from_entry(attempt, namespace=job.namespace, owner_uid=job.uid, owner_name=job.name)
        if found is not None and pod is not None and pod.uid == found.uid and not found.owner_uid:
            found = replace(found, owner_uid=job.uid, owner_name=job.name)
        if found is not None:
            self._stores.pods.refresh(found)
        if (
            found is None or self._stores.pods.with_owner(found).owner_uid != job.uid
        ):  # else who has the name is asked for ever
            self._late.absent(job.uid, name, asked_at)
        if pod is not None and (found is None or found.uid != pod.uid):
            known = self._stores.pods.get(pod.uid) or pod  # a later sight than what a status remembers
            gone = replace(known, owner_uid=job.uid, owner_name=job.name, confirmed_gone=True, missing_from_watch=False)
            self._stores.pods.refresh(gone)

    async def read(self, pod: Pod) -> None:
        """Read a pod again after a write that did not fit it."""
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

    async def mark_stop(self, pod: Pod, reason: StopReason, detail: str = "") -> None:
        """Write why we stop it, on the very version that the decision was made on."""
        await self._patch(pod, with_stop_reason(pod, reason, detail))

    async def release(self, pod: Pod) -> bool:
        """Take our finalizer off. False where the pod was not as it was seen; what is there instead is in the store."""
        released = await self._patch(pod, without_finalizer(pod))
        if released:
            self._stores.pods.finalizer_removed(pod.uid)
        return released

    async def stop(self, pod: Pod) -> None:
        """Delete a pod that says why we stop it."""
        await self._delete(pod, resource_version=None)

    async def delete(self, pod: Pod) -> None:
        """Delete a released pod, if it still is as it was seen. Nothing holds it, so it is gone at once."""
        if await self._delete(pod, resource_version=str(pod.resource_version)):
            self._stores.pods.forget(pod)

    async def _patch(self, pod: Pod, operations: Sequence[Operation]) -> bool:
        """Whether it was applied; else what is there instead is in the store."""
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
            self._stores.pods.put(pod_from(body))
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
                self._stores.pods.put(pod_from(body))
        return True
