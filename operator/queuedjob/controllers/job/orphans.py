"""Release our pods whose job is certainly gone: otherwise their namespace's deletion would hang (catalogue J4)."""

from typing import Final

import structlog

from queuedjob.api.identity import pod_stem, stem
from queuedjob.controllers.context import Context
from queuedjob.controllers.job.keys import job_key, pod_key
from queuedjob.controllers.job.memory import Memory
from queuedjob.controllers.job.ownership import is_of
from queuedjob.controllers.job.pod_writer import PodWriter
from queuedjob.controllers.job.stores import JobStores
from queuedjob.kube.client import paths, wire
from queuedjob.kube.client.errors import NotFound
from queuedjob.kube.objects.queuedjobs import StoredJob, Unreadable
from queuedjob.policy.facts import JobId, Pod

log: Final = structlog.get_logger("queuedjob.orphan")


class OrphanController:
    """Reconciles the pods that carry the UID of a job that is not in the store, and pods that name no owner."""

    def __init__(self, context: Context, stores: JobStores, memory: Memory, pods: PodWriter) -> None:
        self._context = context
        self._memory = memory
        self._stores = stores
        self._pods = pods

    async def reconcile(self, job: JobId) -> None:
        """Release the ended pods if a live read says that the job is gone. Any other answer: no orphans."""
        key, known = job_key(job), self._stores.pods.by("owner", job)
        blind_reads = self._memory.blind_reads
        due = blind_reads.due(job, {p.uid for p in known if p.live and not p.labelled})
        for pod in known:
            if pod.confirmed_gone or (pod.missing_from_watch and not pod.has_finalizer):
                self._stores.pods.forget(pod)
            elif pod.ended and not pod.labelled and not pod.has_finalizer:
                self._stores.pods.drop(pod.uid)  # nothing is owed, and no watch would show its deletion
            elif pod.missing_from_watch or pod.uid in due:
                await self._pods.read(pod)
        pods = self._stores.pods.by("owner", job)
        if not pods:
            if (left := self._memory.forget(job)) > 0:
                self._context.queue.add_after(key, left)
            return
        if (wait := blind_reads.left(job)) is not None:
            self._context.queue.add_after(key, wait)  # no watch shows the end of such a pod
        ended = [p for p in pods if p.has_finalizer and p.ended and not p.confirmed_gone]
        if not ended:
            return
        left = self._memory.late.of(job, {p.name for p in pods}).occupied_for
        if left > 0:
            self._context.queue.add_after(key, left)
            return
        if await self._job_is_there(ended[0]):  # last: no request is sent during a wait
            return
        for pod in ended:
            if await self._pods.release(pod):
                log.info("orphan released", pod=pod.name, namespace=pod.namespace, job=pod.owner_name)
            else:  # the pod had changed, or the API server lost an internal race; perhaps no event follows
                self._context.queue.retry(key)

    async def release_ownerless(self, namespace: str, pod_uid: str) -> None:
        """Release a pod with our finalizer that names no job, if no job is found either: no job can count it.

        A pod of another controller runs on undisturbed. Our finalizer is removed when it only holds the pod back, and
        the pod was no attempt before.
        """
        pod = self._stores.pods.get(pod_uid)
        if pod is None or pod.namespace != namespace or pod.owner_uid:  # a job's status has given it an owner
            return
        if (owned := self._stores.pods.with_owner(pod)).owner_uid:  # its job came into the store later
            self._stores.pods.refresh(owned)
        elif pod.confirmed_gone:
            self._stores.pods.forget(pod)
        elif not pod.has_finalizer:
            self._stores.pods.drop(pod_uid)  # it is there, and a job's status may name it yet
        elif pod.missing_from_watch:
            await self._pods.read(pod)
        elif pod.foreign and pod.live and pod.deletion_time is None:
            return
        elif (job := self._job_that_counts(pod) if pod.foreign else await self._find_job(pod)) is not None:
            self._stores.pods.adopt(pod, job)
        elif (left := self._occupied_for(pod)) > 0:
            self._context.queue.add_after(pod_key(namespace, pod_uid), left)
        elif not await self._pods.release(pod):
            self._context.queue.retry(pod_key(namespace, pod_uid))

    def _occupied_for(self, pod: Pod) -> float:
        """Seconds for which the pod's name must stay taken: a late POST would create an attempt of this name again."""
        job = self._stores.pods.ownership.named_for(pod)
        return self._memory.late.of(job.id if job is not None else JobId(pod.namespace, ""), {pod.name}).occupied_for

    def _job_that_counts(self, pod: Pod) -> StoredJob | None:
        """Return the job whose status has the pod as an attempt that has not ended, or cannot be read."""
        job = self._stores.pods.ownership.named_for(pod)
        if job is None:
            return None
        try:
            attempts = job.read().status.attempts
        except Unreadable:
            return job
        return job if any(a.pod_uid == pod.uid and a.finish_time is None for a in attempts) else None

    async def _job_is_there(self, pod: Pod) -> bool:
        """Return whether the owner exists. A job that is found goes into the store and is reconciled.

        Clients may write any job's name into the owner reference. The pod's own name shows whether it can be right.
        """
        if (owned := self._stores.pods.with_owner(pod)).job != pod.job:  # its job came into the store later
            self._stores.pods.refresh(owned)
            self._context.queue.add(job_key(pod.job))  # others may be left under this owner
            return True
        if not pod.owner_name or stem(pod.owner_name) != pod_stem(pod.name):
            job = await self._find_job(pod)
        else:
            job = await self._read_job(pod.namespace, pod.owner_name)
        if job is None or not is_of(pod, job):
            return False
        if job.id != pod.job:
            for each in self._stores.pods.by("owner", pod.job):
                if is_of(each, job):
                    self._stores.pods.adopt(each, job)
            self._context.queue.add(job_key(pod.job))
        return True

    async def _find_job(self, pod: Pod) -> StoredJob | None:
        """Search all jobs of the namespace for the job of a pod that lost the job's name. Return the job.

        The store of an operator that has just started may lag behind and not hold the job yet.
        """
        async for page in self._context.client.list_pages(paths.jobs(pod.namespace), metadata_only=True):
            for item in page.items:
                if self._stores.pods.ownership.may_be_of(pod, item):
                    job = await self._read_job(pod.namespace, wire.name_of(item))
                    if job is not None and is_of(pod, job):
                        return job
        return None

    async def _read_job(self, namespace: str, name: str) -> StoredJob | None:
        """Read the job of this name live, and store it. Return None if no job has the name."""
        try:
            body = await self._context.client.get(paths.job(namespace, name))
        except NotFound:
            return None
        return self._stores.jobs.see(body)
