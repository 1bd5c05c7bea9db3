import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from dev.bench.webhook import HANGS_FOR, configuration, hanging_webhook
from dev.cluster import LocalCluster
from dev.cluster.waiting import tries
from dev.harness import Kubectl


class FakeCluster:
    """A cluster whose network is this machine's."""

    process: subprocess.Popen[bytes]

    def popen_in_namespace(self, argv: Sequence[str], *, log: Path) -> subprocess.Popen[bytes]:
        with log.open("ab") as output:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        return self.process


class FakeKubectl:
    """Keeps what is applied, until it is deleted."""

    def __init__(self) -> None:
        self.applied: dict[str, Any] = {}

    def apply(self, *manifests: dict[str, Any]) -> str:
        self.applied |= {manifest["metadata"]["name"]: manifest for manifest in manifests}
        return ""

    def run(self, *arguments: str) -> str:
        verb, kind, name = arguments
        assert (verb, kind) == ("delete", "validatingwebhookconfiguration")
        del self.applied[name]
        return ""


def port_of(kubectl: FakeKubectl) -> int:
    (manifest,) = kubectl.applied.values()
    return int(manifest["webhooks"][0]["clientConfig"]["url"].rstrip("/").rpartition(":")[2])


def test_the_listener_accepts_connections_and_says_nothing(tmp_path: Path) -> None:
    cluster, kubectl = FakeCluster(), FakeKubectl()
    with hanging_webhook(cast("LocalCluster", cluster), cast("Kubectl", kubectl), "ns", tmp_path) as webhook:
        assert webhook.held == 0
        with socket.create_connection(("127.0.0.1", port_of(kubectl)), timeout=30) as client:
            client.sendall(b"hello")
            assert any(webhook.held == 1 for _ in tries(30))
            client.settimeout(0)
            with pytest.raises(BlockingIOError):
                client.recv(1)


def test_neither_webhook_nor_listener_is_left_when_the_measurement_fails(tmp_path: Path) -> None:
    cluster, kubectl = FakeCluster(), FakeKubectl()
    with (
        pytest.raises(RuntimeError, match="measurement"),
        hanging_webhook(cast("LocalCluster", cluster), cast("Kubectl", kubectl), "ns", tmp_path),
    ):
        raise RuntimeError("measurement")
    assert kubectl.applied == {}
    assert cluster.process.poll() is not None


def test_the_webhook_is_asked_about_new_pods_of_one_namespace_and_refuses_those_that_it_does_not_answer() -> None:
    manifest = cast("dict[str, Any]", configuration("hostile", 9443))
    (webhook,) = manifest["webhooks"]
    assert webhook["namespaceSelector"] == {"matchLabels": {"kubernetes.io/metadata.name": "hostile"}}
    assert webhook["clientConfig"] == {"url": "https://127.0.0.1:9443/"}
    assert (webhook["failurePolicy"], webhook["timeoutSeconds"]) == ("Fail", HANGS_FOR)
    assert webhook["rules"][0]["operations"] == ["CREATE"]
