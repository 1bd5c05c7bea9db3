"""The users of the API server, and a connection for each of them."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from kubernetes.client import Configuration

from queuedjob.kube.client.client import Client
from queuedjob.kube.client.connection import Connection
from queuedjob.kube.client.credentials import from_kubeconfig
from queuedjob.kube.client.errors import AlreadyExists, ApiError
from queuedjob.kube.client.transport import AiohttpTransport
from queuedjob.ports import Body
from queuedjob.runtime.clock import RealClock

_CONNECTIONS: Final = 2000
"""Connections of one user: each watch holds one connection, and many environments run side by side."""
_RBAC: Final = "rbac.authorization.k8s.io/v1"
USERS: Final = "test-users"
"""The namespace of the ServiceAccounts of these tests. No operator may start pods in the namespace of its own user."""
_TENANT: Final = "tenant"


class ApiServer:
    """One API server, given by its administrator's kubeconfig."""

    def __init__(self, kubeconfig: Path) -> None:
        self._load = from_kubeconfig(str(kubeconfig))
        self._admin = self._load()

    def connection(self, token: str = "") -> Connection:
        """A connection of the user with `token`; empty: a connection of the administrator."""
        return Connection(self._loader(token), RealClock(), _complain)

    def _loader(self, token: str) -> Callable[[], Configuration]:
        if not token:
            return self._load

        def load() -> Configuration:
            configuration = Configuration(host=self._admin.host)
            configuration.ssl_ca_cert = self._admin.ssl_ca_cert
            configuration.api_key["BearerToken"] = f"Bearer {token}"
            return configuration

        return load


def transport_over(connection: Connection) -> AiohttpTransport:
    """A transport over `connection`. Create it within an event loop, and use it as a context manager."""
    return AiohttpTransport(connection, connections=_CONNECTIONS)


async def make_namespace(admin: Client, name: str) -> None:
    """Create a namespace in which pods can be created."""
    await admin.create("/api/v1/namespaces", {"metadata": {"name": name}})
    try:  # the controller-manager creates this one, too, but later
        await admin.create(f"/api/v1/namespaces/{name}/serviceaccounts", {"metadata": {"name": "default"}})
    except AlreadyExists:
        return


async def make_operator_user(admin: Client, namespace: str) -> str:
    """Create a ServiceAccount that may do in `namespace` what the operator's role allows, and nothing else. It has the
    name of that namespace. Return its token."""
    await admin.create(f"/api/v1/namespaces/{USERS}/serviceaccounts", {"metadata": {"name": namespace}})
    await let_operator_in(admin, namespace, account=namespace)
    return await token_of(admin, USERS, namespace)


async def let_operator_in(admin: Client, namespace: str, *, account: str) -> Body:
    """Let the operator user `account` work in `namespace`, too. Return the RoleBinding."""
    return await admin.create(
        f"/apis/{_RBAC}/namespaces/{namespace}/rolebindings",
        {
            "metadata": {"name": "operator"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "queuedjob-operator"},
            "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": USERS}],
        },
    )


async def make_tenant(admin: Client, namespace: str) -> str:
    """Create a ServiceAccount with the rights of Kubernetes' own role `edit` in `namespace`. Return its token."""
    await admin.create(f"/api/v1/namespaces/{namespace}/serviceaccounts", {"metadata": {"name": _TENANT}})
    await admin.create(
        f"/apis/{_RBAC}/namespaces/{namespace}/rolebindings",
        {
            "metadata": {"name": _TENANT},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"},
            "subjects": [{"kind": "ServiceAccount", "name": _TENANT, "namespace": namespace}],
        },
    )
    return await token_of(admin, namespace, _TENANT)


async def token_of(admin: Client, namespace: str, account: str) -> str:
    """Create a token of a ServiceAccount; it expires after an hour."""
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
    request: Body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    answer: dict[str, Any] = await admin.create(path, request)
    return str(answer["status"]["token"])


async def until_allowed(client: Client, path: str) -> None:
    """Wait until `client` may list `path`: the authorizer sees a new binding a moment after its creation."""
    for _ in range(500):
        try:
            async for _page in client.list_pages(path, page=1):
                return
        except ApiError as error:
            refused = error
        await asyncio.sleep(0.02)
    raise refused


def _complain(line: str) -> None:
    raise AssertionError(line)
