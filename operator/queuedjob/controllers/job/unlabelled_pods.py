"""Pods that the watch of pods does not show: those with our finalizer and no label of ours, and known ones without one.

The operator puts the labels back, so the watch shows most of these pods again. It leaves a pod alone that another
controller has taken over, and the API server may refuse the write. The end and the deletion of such a pod are found
only here.

Any client may make thousands of such pods, and no job is worked on before the first sweep has ended. So a pod of which
nothing follows is not read, and the others are read several at a time.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog

from queuedjob.controllers.job.pod_store import PodStore
from queuedjob.controllers.namespaces import Namespaces
from queuedjob.kube.client import paths, wire
from queuedjob.kube.client.client import Client
from queuedjob.kube.client.errors import NotFound
from queuedjob.kube.objects.pods import is_hidden, pod_from
from queuedjob.ports import Body

_AT_A_TIME: Final = 8
"""Pods that are read at a time. 3,000 at 4 ms each take 1.5 s so, one by one 12 s."""

log: Final = structlog.get_logger("queuedjob.unlabelled")


class UnlabelledPods:
    """Finds the pods without our label. Raises NoAnswer and ApiError.

    A namespace that refuses the operator is lost instead, while another one serves it (namespaces.py).
    """

    def __init__(self, client: Client, pods: PodStore, namespaces: Namespaces) -> None:
        self._client = client
        self._pods = pods
        self._namespaces = namespaces

    async def find(self) -> None:
        """Bring the store up to date with the pods without our label."""
        await self._namespaces.each(self.find_in)

    async def find_in(self, namespace: str | None) -> None:
        """Bring the store up to date with the pods of one namespace."""
        listed, version = set[str](), 0
        async for page in self._client.list_pages(paths.pods(namespace), metadata_only=True):
            if page.first:
                listed.clear()
            version = page.version
            listed.update(map(wire.uid_of, page.items))
            await self._take_all([item for item in page.items if self._is_news(item)])
        for pod in self._pods.missing(listed, version, lambda p: not p.labelled and namespace in {None, p.namespace}):
            self._pods.not_listed(pod)

    def _is_news(self, item: Body) -> bool:
        """Whether the watch does not show this pod, and the store does not have this version of it."""
        uid = wire.uid_of(item)
        known = self._pods.get(uid)
        if known is None:
            return is_hidden(item) and not self._concerns_no_job(item)
        if known.labelled or known.missing_from_watch:
            return is_hidden(item)
        return not self._pods.knows(uid, wire.version_of(item))

    def _concerns_no_job(self, item: Body) -> bool:
        """Whether an unknown pod is another controller's, so that its end is of no job and our finalizer in no way yet.

        If a job's status waits for its end all the same, the job's plan looks for it by name.
        """
        pod = pod_from(item)
        return pod.foreign and pod.deletion_time is None and self._pods.ownership.named_for(pod) is None

    async def _take_all(self, items: Sequence[Body]) -> None:
        """Read these pods, and store them. If reads fail, raise the first error after those under way have ended."""
        for first in range(0, len(items), _AT_A_TIME):
            some = items[first : first + _AT_A_TIME]
            reads = (self._take(wire.namespace_of(item), wire.name_of(item)) for item in some)
            for error in await asyncio.gather(*reads, return_exceptions=True):
                if error is not None:
                    raise error

    async def _take(self, namespace: str, name: str) -> None:
        try:
            body = await self._client.get(paths.pod(namespace, name))
        except NotFound:
            return
        self._pods.found(body)
        log.warning("labels lost", pod=name, namespace=namespace)
