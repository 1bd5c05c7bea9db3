"""One API server with an administrator and one node, shared by all environments that run side by side."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from queuedjob.kube.client import paths
from queuedjob.kube.client.client import Client
from queuedjob.ports import Transport
from queuedjob.settings import Settings
from tests.api.env.env import Env
from tests.api.env.history import History
from tests.api.env.kubelet import Kubelet
from tests.api.env.scripted_pods import PodScripts
from tests.api.env.users import (
    ApiServer,
    let_operator_in,
    make_namespace,
    make_operator_user,
    make_tenant,
    transport_over,
    until_allowed,
)

SETTINGS: Final = Settings(
    post_timeout=2.0,  # with late_margin: how long a new operator waits for its predecessor's requests
    late_margin=1.0,
    running_after=0.0,  # so that a running pod is always written to the status, and this does not depend on a race
    starting_after=3600.0,
    workers=4,
    spec_fault_after=1.0,
)
"""The settings of the operators in these tests, unless a test passes others."""


UNSHOWN: Final = SETTINGS.model_copy(update={"running_after": 3600.0})
"""The same settings, but no pod runs long enough to be written to the status as Running."""

FAREWELL: Final = 0.2
"""Seconds in which closed connections end: TLS closes a connection after aiohttp has returned."""


class ApiServerEnv:
    """One API server with its administrator and the kubelet's user, within one event loop."""

    def __init__(self, server: ApiServer, way: Transport, kubelet: Transport) -> None:
        self.server = server
        self.admin: Final = Client(way)
        self._way = way
        self._kubelet = kubelet

    @classmethod
    @asynccontextmanager
    async def open(cls, kubeconfig: Path, kubelet_token: str) -> AsyncIterator["ApiServerEnv"]:
        """Connect as administrator and as kubelet."""
        server = ApiServer(kubeconfig)
        async with (
            transport_over(server.connection()) as way,
            transport_over(server.connection(kubelet_token)) as kubelet,
        ):
            yield cls(server, way, kubelet)
        await asyncio.sleep(FAREWELL)

    @asynccontextmanager
    async def tenant(self, namespace: str) -> AsyncIterator[Client]:
        """A user with the rights of Kubernetes' own role `edit` in one namespace, and no others."""
        async with transport_over(self.server.connection(await make_tenant(self.admin, namespace))) as way:
            await until_allowed(Client(way), paths.pods(namespace))
            yield Client(way)

    @asynccontextmanager
    async def env(
        self,
        scripts: PodScripts,
        settings: Settings = SETTINGS,
        *,
        through_kopf: bool = False,
        two_namespaces: bool = False,
    ) -> AsyncIterator[Env]:
        """A fresh namespace with an observer and a kubelet. All that was started in it is stopped at the end.

        With `two_namespaces`, the operators work in another namespace, too.
        """
        namespace = f"env-{uuid.uuid4().hex[:10]}"
        elsewhere = f"{namespace}-else" if two_namespaces else ""
        await make_namespace(self.admin, namespace)
        token = await make_operator_user(self.admin, namespace)
        if elsewhere:
            await make_namespace(self.admin, elsewhere)
            await let_operator_in(self.admin, elsewhere, account=namespace)
        namespaces = tuple(each for each in (namespace, elsewhere) if each)
        settings = settings.model_copy(update={"namespace": namespaces})
        connection = self.server.connection(token)
        async with transport_over(connection) as way:
            history = History(self._way, namespace)
            kubelet = Kubelet(Client(self._kubelet), history, scripts)
            it = Env(namespace, self.admin, history, kubelet, settings, connection, way, through_kopf, elsewhere)
            background = [
                asyncio.create_task(history.run()),
                asyncio.create_task(kubelet.run()),
            ]
            try:
                await history.begun()
                for each in namespaces:
                    await until_allowed(Client(way), paths.jobs(each))
                yield it
                for task in background:
                    assert not task.done(), task.exception()
            finally:
                for operator in it.operators:
                    await it.bury(operator)
                for task in background:
                    task.cancel()
                await asyncio.gather(*background, return_exceptions=True)
