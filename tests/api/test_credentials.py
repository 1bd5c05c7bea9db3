"""A client certificate that ends and is replaced, before a real API server, which answers it by a 401."""

import asyncio
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Final

import trustme
import yaml

from queuedjob.kube.client.connection import Connection
from queuedjob.kube.client.credentials import from_kubeconfig
from queuedjob.kube.client.transport import AiohttpTransport
from queuedjob.ports import Request
from queuedjob.runtime.clock import RealClock
from tests.api.conftest import ApiCluster

LIFE: Final = timedelta(seconds=5)
"""How long the first certificate holds once the API server knows its authority."""

NAMESPACES: Final = Request("GET", "/api/v1/namespaces", query={"limit": "1"})


class Operator:
    """A user with a client certificate, and the user's transport."""

    def __init__(self, cluster: ApiCluster, folder: Path) -> None:
        self.folder = folder
        self.authority = trustme.CA()
        with cluster.client_ca_file.open("ab") as authorities:
            authorities.write(self.authority.cert_pem.bytes())
        self.certify(timedelta(hours=1))
        config = yaml.safe_load(cluster.kubeconfig.read_text())
        (user,) = config["users"]
        user["user"] = {"client-certificate": str(folder / "client.pem"), "client-key": str(folder / "client.key")}
        (folder / "kubeconfig").write_text(yaml.safe_dump(config))

    def certify(self, life: timedelta) -> None:
        leaf = self.authority.issue_cert(
            "operator", common_name="rotated", organization_name="system:masters", not_after=datetime.now(UTC) + life
        )
        leaf.cert_chain_pems[0].write_to_path(str(self.folder / "client.pem"))
        leaf.private_key_pem.write_to_path(str(self.folder / "client.key"))

    def transport(self) -> AiohttpTransport:
        return AiohttpTransport(Connection(from_kubeconfig(str(self.folder / "kubeconfig")), RealClock(), print))


async def until_answered(transport: AiohttpTransport, status: HTTPStatus) -> None:
    async with asyncio.timeout(120):  # an API server looks at its files once a minute, if not told of their change
        while (await transport.send(NAMESPACES)).status != status:  # noqa: ASYNC110 - the API server sends no signal
            await asyncio.sleep(0.1)


async def test_a_client_certificate_that_ends_is_replaced_without_a_restart(
    cluster: ApiCluster, tmp_path: Path
) -> None:
    operator = Operator(cluster, tmp_path)
    async with operator.transport() as transport:
        await until_answered(transport, HTTPStatus.OK)
    operator.certify(LIFE)
    async with operator.transport() as transport:
        await until_answered(transport, HTTPStatus.OK)
        await until_answered(transport, HTTPStatus.UNAUTHORIZED)
        operator.certify(timedelta(hours=1))
        await until_answered(transport, HTTPStatus.OK)
