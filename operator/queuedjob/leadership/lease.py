"""The Lease on the API server: read and written whole, one request at a time."""

from dataclasses import replace
from typing import Final

from queuedjob.kube.client import paths
from queuedjob.kube.client.client import Client
from queuedjob.kube.client.errors import NotFound
from queuedjob.kube.objects.leases import lease_body, record_from
from queuedjob.policy.leadership.election import Record
from queuedjob.ports import Body, Clock, Request, Response, Transport

_TIMEOUT: Final = 5.0
"""Seconds for one request: a renewal that hangs leaves time in the term for others."""


class Lease:
    """One Lease, by its namespace and name. Each method raises NoAnswer and ApiError."""

    def __init__(self, transport: Transport, clock: Clock, *, namespace: str, name: str) -> None:
        self._client = Client(_Hurried(transport))
        self._clock = clock
        self._namespace = namespace
        self._name = name
        self._body: Body | None = None

    def __str__(self) -> str:
        return f"{self._namespace}/{self._name}"

    async def read(self) -> Record | None:
        """Return what the Lease holds now; None if there is none."""
        try:
            self._body = await self._client.get(paths.lease(self._namespace, self._name))
        except NotFound:
            self._body = None
            return None
        return record_from(self._body)

    async def write(self, record: Record, *, create: bool = False) -> Record | None:
        """Make the Lease hold `record`, in the version that was read or written last. Return what it holds then.

        Return None if the write changed nothing: no other operator can see it, so it renews nothing.
        """
        before = None if create else self._body
        body = lease_body(record, before, namespace=self._namespace, name=self._name, now=self._clock.wall())
        if before is None:
            self._body = await self._client.create(paths.leases(self._namespace), body, bound=_TIMEOUT)
            return record_from(self._body)
        self._body = await self._client.put(paths.lease(self._namespace, self._name), body)
        written = record_from(self._body)
        return written if written.version != record_from(before).version else None


class _Hurried:
    """A Transport whose requests are given up soon."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self.stream = inner.stream

    async def send(self, request: Request) -> Response:
        return await self._inner.send(replace(request, timeout=min(request.timeout, _TIMEOUT)))
