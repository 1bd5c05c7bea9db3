"""Pods of ours whose job the store lacks: released once that is certain, or a namespace would hang (catalogue J4)."""

from typing import Final

import structlog

from queuedjob.api.identity import pod_stem, stem
from queuedjob.controllers.context import Context
from queuedjob.controllers.job.memory import Memory
from queuedjob.controllers.job.pod_writer import PodWriter
from queuedjob.controllers.job.stores import JobStores, job_key, pod_key
from queuedjob.kube.client import paths, wire
from queuedjob.kube.client.errors import NotFound
from queuedjob.policy.facts import Pod
from queuedjob.ports import Body

_BLIND: Final = 5.0
"""Seconds between looks at an orphan that has lost its labels."""

log: Final = structlog.get_logger("queuedjob.orphan")


class OrphanController:
    """Reconciles the pods that carry the UID of a job that is not in the store, and pods that name no owner."""

    def __init__(self, context: Context, memory: Memory, pods: PodWriter) -> None:
        self._context = context
        self._memory = memory
        self._stores = JobStores(context.stores)
        self._pods = pods

    async def reconcile(self, job_uid: str) -> None:
        """Release what has ended, if a live read says that the job is gone. Any other answer: not an orphan."""
        pods = self._stores.pods.by("owner", job_uid)
        if not pods:
            self._memory.forget(job_uid)
            return
        for pod in pods:
            if pod.confirmed_gone or (pod.missing_from_watch and not pod.has_finalizer):
                self._stores.pods.forget(pod)
            elif pod.missing_from_watch or not pod.labelled:
                await self._pods.read(pod)
        if any(p.live and not p.labelled for p in self._stores.pods.by("owner", job_uid)):
            self._context.queue.add_after(job_key(job_uid), _BLIND)  # no watch shows how it ends
        ended = [
            p for p in self._stores.pods.by("owner", job_uid) if p.has_finalizer and p.ended and not p.confirmed_gone
        ]
        if not ended:
            return
        left = self._memory.late.of(job_uid, {p.name for p in pods}).occupied_for
        if left > 0:
            self._context.queue.add_after(job_key(job_uid), left)
            return
        if await self._job_is_there(ended[0], job_uid):  # asked last: nobody pays for it while there is but to wait
            return
        for pod in ended:
            if await self._pods.release(pod):
                log.info("orphan released", pod=pod.name, namespace=pod.namespace, job=pod.owner_name)
            else:  # it was not as it was seen, or the API server lost a race of its own; no event need follow
                self._context.queue.retry(job_key(job_uid))

    async def release_ownerless(self, pod_uid: str) -> None:
        """A pod with our finalizer that names no job at all: where none is found, nothing of it can be counted."""
        pod = self._stores.pods.get(pod_uid)
        if pod is None or pod.owner_uid:  # known by a job's status since
            return
        if (owned := self._stores.pods.with_owner(pod)).owner_uid:  # its job came in later
            self._stores.pods.refresh(owned)
        elif pod.confirmed_gone or not pod.has_finalizer:
            self._stores.pods.forget(pod)
        elif pod.missing_from_watch:
            await self._pods.read(pod)
        elif await self._find_job(pod):
            self._stores.pods.refresh(pod)
        elif not await self._pods.release(pod):
            self._context.queue.retry(pod_key(pod_uid))

    async def _job_is_there(self, pod: Pod, job_uid: str) -> bool:
        """Ask for the owner; what is found goes into the store, and is reconciled as a job."""
        if not pod.owner_name:
            return await self._find_job(pod)
        return await self._read_job(pod.namespace, pod.owner_name) == job_uid

    async def _find_job(self, pod: Pod) -> bool:
        """Look among all jobs of the namespace for that of a pod which lost its job's name.

        The store of an operator that has just started may lag behind, so that it does not know the job yet.
        """
        async for page in self._context.client.list_pages(paths.jobs(pod.namespace), metadata_only=True):
            for item in page.items:
                if _may_be_of(pod, item):
                    await self._read_job(pod.namespace, wire.name_of(item))
        return self._stores.pods.with_owner(pod).owner_uid in self._stores.jobs

    async def _read_job(self, namespace: str, name: str) -> str:
        """UID of the job that has this name now, which goes into the store; empty where none has."""
        try:
            body = await self._context.client.get(paths.job(namespace, name))
        except NotFound:
            return ""
        self._stores.jobs.see(body)
        return wire.uid_of(body)


def _may_be_of(pod: Pod, job: Body) -> bool:
    """Whether the pod may have been made for this job: by the UID, or else by what its name tells."""
    if pod.owner_uid:
        return wire.uid_of(job) == pod.owner_uid
    return stem(wire.name_of(job)) == pod_stem(pod.name)
