"""Release our pods whose job is certainly gone: otherwise their namespace's deletion would hang (catalogue J4)."""

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
"""Seconds between reads of an orphan that has lost its labels."""

log: Final = structlog.get_logger("queuedjob.orphan")


class OrphanController:
    """Reconciles the pods that carry the UID of a job that is not in the store, and pods that name no owner."""

    def __init__(self, context: Context, stores: JobStores, memory: Memory, pods: PodWriter) -> None:
        self._context = context
        self._memory = memory
        self._stores = stores
        self._pods = pods

    async def reconcile(self, namespace: str, job_uid: str) -> None:
        """Release the ended pods if a live read says that the job is gone. Any other answer: no orphans."""
        key, pods = job_key(namespace, job_uid), self._of(namespace, job_uid)
        if not pods:
            if job_uid not in self._stores.jobs:  # else a job of another namespace: an object here only names its UID
                self._memory.forget(job_uid)
            return
        for pod in pods:
            if pod.confirmed_gone or (pod.missing_from_watch and not pod.has_finalizer):
                self._stores.pods.forget(pod)
            elif pod.missing_from_watch or not pod.labelled:
                await self._pods.read(pod)
        if any(p.live and not p.labelled for p in self._of(namespace, job_uid)):
            self._context.queue.add_after(key, _BLIND)  # no watch shows the end of such a pod
        ended = [p for p in self._of(namespace, job_uid) if p.has_finalizer and p.ended and not p.confirmed_gone]
        if not ended:
            return
        left = self._memory.late.of(job_uid, {p.name for p in pods}).occupied_for
        if left > 0:
            self._context.queue.add_after(key, left)
            return
        if await self._job_is_there(ended[0], job_uid):  # last: no request is sent during a wait
            return
        for pod in ended:
            if await self._pods.release(pod):
                log.info("orphan released", pod=pod.name, namespace=pod.namespace, job=pod.owner_name)
            else:  # the pod had changed, or the API server lost an internal race; perhaps no event follows
                self._context.queue.retry(key)

    async def release_ownerless(self, namespace: str, pod_uid: str) -> None:
        """Release a pod with our finalizer that names no job, if no job is found either: no job can count it."""
        pod = self._stores.pods.get(pod_uid)
        if pod is None or pod.namespace != namespace or pod.owner_uid:  # a job's status has given it an owner
            return
        if (owned := self._stores.pods.with_owner(pod)).owner_uid:  # its job came into the store later
            self._stores.pods.refresh(owned)
        elif pod.confirmed_gone or not pod.has_finalizer:
            self._stores.pods.forget(pod)
        elif pod.missing_from_watch:
            await self._pods.read(pod)
        elif await self._find_job(pod):
            self._stores.pods.refresh(pod)
        elif not await self._pods.release(pod):
            self._context.queue.retry(pod_key(namespace, pod_uid))

    def _of(self, namespace: str, job_uid: str) -> list[Pod]:
        return [pod for pod in self._stores.pods.by("owner", job_uid) if pod.namespace == namespace]

    async def _job_is_there(self, pod: Pod, job_uid: str) -> bool:
        """Return whether the owner exists. A job that is found goes into the store and is reconciled."""
        if not pod.owner_name:
            return await self._find_job(pod)
        return await self._read_job(pod.namespace, pod.owner_name) == job_uid

    async def _find_job(self, pod: Pod) -> bool:
        """Search all jobs of the namespace for the job of a pod that lost the job's name. Return whether it was found.

        The store of an operator that has just started may lag behind and not hold the job yet.
        """
        async for page in self._context.client.list_pages(paths.jobs(pod.namespace), metadata_only=True):
            for item in page.items:
                if _may_be_of(pod, item):
                    await self._read_job(pod.namespace, wire.name_of(item))
        return self._stores.pods.with_owner(pod).owner_uid in self._stores.jobs

    async def _read_job(self, namespace: str, name: str) -> str:
        """Read the job of this name live, and store it. Return its UID; empty if no job has the name."""
        try:
            body = await self._context.client.get(paths.job(namespace, name))
        except NotFound:
            return ""
        self._stores.jobs.see(body)
        return wire.uid_of(body)


def _may_be_of(pod: Pod, job: Body) -> bool:
    """Return whether the pod may have been made for this job: by the owner's UID, else by the pod's name."""
    if pod.owner_uid:
        return wire.uid_of(job) == pod.owner_uid
    return stem(wire.name_of(job)) == pod_stem(pod.name)
