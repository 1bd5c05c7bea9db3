"""A kubelet without containers: it binds pods, reports what their scripts contain, and completes deletions."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from queuedjob.api.types.times import format_time, parse_time
from queuedjob.kube.client import paths
from queuedjob.kube.client.client import Client
from queuedjob.kube.client.errors import ApiError
from queuedjob.kube.objects.patches import add, require
from queuedjob.ports import Body
from tests.api.env.history import History
from tests.api.env.scripted_pods import End, PodScript, PodScripts, ended, incomplete, main_ended, running, waiting

NODE: Final = "node"
_LATE: Final = 1.0
"""Seconds from an incomplete status to the complete one. A real kubelet takes up to six."""


class Kubelet:
    """The node of one environment, and its scheduler. `client` is a user with the permissions of both."""

    def __init__(self, client: Client, history: History, scripts: PodScripts) -> None:
        self._client = client
        self._history = history
        self._scripts = scripts
        self._alive = asyncio.Event()
        self._alive.set()

    def die(self) -> None:
        """Stop all work of the node, as if its kubelet were dead."""
        self._alive.clear()

    def revive(self) -> None:
        """Let the node work again."""
        self._alive.set()

    async def run(self) -> None:
        """Handle every pod until cancelled."""
        tended: set[str] = set()
        async with asyncio.TaskGroup() as tasks:
            while True:
                for pod in self._history.pods:
                    if (uid := pod["metadata"]["uid"]) not in tended:
                        tended.add(uid)
                        tasks.create_task(self._tend(uid))
                await self._history.news()

    async def _tend(self, uid: str) -> None:
        """Make one move for each version of the pod that is seen. The next version shows the result of the move."""
        moved_on = ""
        while (pod := self._history.pod(uid)) is not None:
            if not self._alive.is_set():
                await self._alive.wait()
                continue
            version = pod["metadata"]["resourceVersion"]
            move = None if version == moved_on else self._move(pod)
            if move is None:
                await self._history.news()
                continue
            moved_on = version
            try:
                await move
            except ApiError:  # another client was faster: there is a newer version, or the pod is gone
                continue

    def _move(self, pod: Body) -> Awaitable[object] | None:
        metadata, spec, phase = pod["metadata"], pod["spec"], pod["status"]["phase"]
        script, over = self._scripts.of(pod), phase in {"Succeeded", "Failed"}
        if "deletionTimestamp" in metadata:
            return self._end_deletion(pod, script.when_stopped, over=over) if spec.get("nodeName") else None
        if not spec.get("nodeName"):
            return self._bind(pod) if not over and self._is_time(script.scheduled_once) else None
        return None if over else self._go_on(pod, script)

    def _go_on(self, pod: Body, script: PodScript) -> Awaitable[object] | None:
        """The next move for a pod that has a node and is not being deleted."""
        containers = pod["status"].get("containerStatuses") or ()
        if script.kept_by is not None:
            return None if containers else self._report(pod, waiting(pod, *script.kept_by, _now()))
        if pod["status"]["phase"] == "Pending":
            return self._report(pod, running(pod, _now()))
        main_is_over = any("terminated" in each["state"] for each in containers)
        if main_is_over or script.end is None or not self._is_time(script.once):
            return None
        if script.others_run_on:
            return self._report(pod, main_ended(pod, script.end, _now()))
        return self._end(pod, script.end)

    def _is_time(self, once: Callable[[Body], bool] | None) -> bool:
        return once is None or any(once(job) for job in self._history.jobs)

    def _end_deletion(self, pod: Body, end: End, *, over: bool) -> Awaitable[object] | None:
        if not over:
            return self._report(pod, ended(pod, end, _stopped_at(pod["metadata"])))
        if pod["metadata"].get("deletionGracePeriodSeconds") == 0:
            return None
        path = paths.pod(pod["metadata"]["namespace"], pod["metadata"]["name"])
        return self._client.delete(path, uid=pod["metadata"]["uid"], grace=0)

    async def _bind(self, pod: Body) -> None:
        metadata = pod["metadata"]
        target = {"apiVersion": "v1", "kind": "Node", "name": NODE}
        binding = {"metadata": {"name": metadata["name"], "uid": metadata["uid"]}, "target": target}
        await self._client.create(paths.pod(metadata["namespace"], metadata["name"]) + "/binding", binding)

    async def _end(self, pod: Body, end: End) -> None:
        if end.at_deadline:
            deadline = parse_time(pod["status"]["startTime"]) + timedelta(seconds=pod["spec"]["activeDeadlineSeconds"])
            await asyncio.sleep((deadline - datetime.now(UTC)).total_seconds())
        if end.told_late:
            await self._report(pod, incomplete(pod, end))
            await asyncio.sleep(_LATE)
            pod = self._history.pod(pod["metadata"]["uid"]) or pod
        await self._report(pod, ended(pod, end, _now()))

    async def _report(self, pod: Body, status: Body) -> None:
        metadata = pod["metadata"]
        path = paths.pod(metadata["namespace"], metadata["name"]) + "/status"
        require_version = require("/metadata/resourceVersion", metadata["resourceVersion"])
        await self._client.patch_json(path, [require_version, add("/status", status)])


def _stopped_at(metadata: Body) -> str:
    """When the containers of a deleted pod end: a second after the request, even if the kubelet tells it much later."""
    grace = timedelta(seconds=metadata["deletionGracePeriodSeconds"])
    return min(_now(), format_time(parse_time(metadata["deletionTimestamp"]) - grace + timedelta(seconds=1)))


def _now() -> str:
    return format_time(datetime.now(UTC).replace(microsecond=0))
