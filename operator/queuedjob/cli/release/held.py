"""Read the pods that our finalizer holds, and take it off."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from queuedjob.cli.cluster import Cluster
from queuedjob.cli.problems import problem_of
from queuedjob.cli.release.models import ReleasedPod, Result
from queuedjob.cli.release.operator_signs import Sign
from queuedjob.kube.client import paths, wire
from queuedjob.kube.client.errors import ApiError, NotFound, Refused, StrangeAnswer, precondition_failed
from queuedjob.kube.objects.last_write import status_writes
from queuedjob.kube.objects.pod_patches import without_finalizer
from queuedjob.kube.objects.pods import pod_from
from queuedjob.policy.facts import Pod
from queuedjob.ports import NoAnswer

_TRIES: Final = 5
"""How often a pod that changes meanwhile is read again."""


@dataclass(frozen=True, slots=True)
class Holding:
    """The pods that our finalizer holds, and the cluster that they are in."""

    cluster: Cluster
    namespace: str | None
    """None: all namespaces."""

    async def pods(self) -> list[Pod]:
        """The held pods, by namespace and name. Pods that have lost their labels are found, too. Raises Problem."""
        where = f"in namespace {self.namespace}" if self.namespace else "in all namespaces"
        try:
            pages = self.cluster.client.list_pages(paths.pods(self.namespace), metadata_only=True)
            found = [pod_from(body) async for page in pages for body in page.items]
        except (ApiError, NoAnswer) as error:
            raise problem_of(error, f"list the pods {where}", self.cluster.server) from error
        return sorted((pod for pod in found if pod.has_finalizer), key=lambda pod: (pod.namespace, pod.name))

    async def signs(self, held: list[Pod]) -> list[Sign]:
        """What an operator has written in these namespaces: it alone creates pods of jobs and writes their status."""
        created = [Sign(f"created pod {pod.namespace}/{pod.name}", pod.created) for pod in held]
        return [*created, *[sign async for sign in self._status_writes()]]

    async def _status_writes(self) -> AsyncIterator[Sign]:
        """Nothing where the user may not list jobs, or where the CRDs are gone: then there is nothing to read."""
        try:
            jobs = paths.jobs(self.namespace)
            async for page in self.cluster.client.list_pages(jobs, metadata_only=True, managed_fields=True):
                for body in page.items:
                    job = f"{wire.namespace_of(body)}/{wire.name_of(body)}"
                    for time in status_writes(body):
                        yield Sign(f"wrote the status of QueuedJob {job}", time)
        except (NotFound, StrangeAnswer):
            return
        except (ApiError, NoAnswer) as error:
            if not (isinstance(error, ApiError) and error.status == HTTPStatus.FORBIDDEN):
                raise problem_of(error, "list QueuedJobs", self.cluster.server) from error

    async def release(self, pod: Pod) -> ReleasedPod:
        """Take our finalizer off one pod. A refusal is told in the result: the others are released all the same."""
        try:
            return _result(pod, await self._without_finalizer(pod))
        except (ApiError, NoAnswer) as error:
            message = error.message if isinstance(error, ApiError) else str(error)
            return _result(pod, Result.FAILED, message)

    async def _without_finalizer(self, pod: Pod) -> Result:
        path, seen = paths.pod(pod.namespace, pod.name), pod
        for tries_left in reversed(range(_TRIES)):
            try:
                await self.cluster.client.patch_json(path, without_finalizer(seen))
            except NotFound:
                return Result.GONE
            except Refused as refused:
                if not (precondition_failed(refused) and tries_left):
                    raise
            else:
                return Result.RELEASED
            try:
                seen = pod_from(await self.cluster.client.get(path))
            except NotFound:
                return Result.GONE
            if seen.uid != pod.uid or not seen.has_finalizer:
                return Result.GONE
        raise AssertionError("the last try returns or raises")


def _result(pod: Pod, result: Result, message: str = "") -> ReleasedPod:
    return ReleasedPod(
        namespace=pod.namespace, name=pod.name, uid=pod.uid, job=pod.owner_name, result=result, message=message
    )
