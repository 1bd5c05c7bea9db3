"""A validating webhook that never answers, for the pods of one namespace."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from dev.cluster import LocalCluster
from dev.cluster.waiting import tries
from dev.harness import Kubectl

_NAME: Final = "bench-hangs"
HANGS_FOR: Final = 30
"""Seconds until the API server gives up: the largest timeoutSeconds that it allows."""

_STARTS_WITHIN: Final = 10.0
_LISTENER: Final = """
import collections, socket
server = socket.create_server(("127.0.0.1", 0), backlog=1024)
print(server.getsockname()[1])
held = collections.deque(maxlen=512)
while True:
    held.append(server.accept()[0])
    print("held")
"""
"""It prints its port, then a line for each connection. It closes the oldest connections: the API server has given them
up by then."""


class HangingWebhook:
    """The running webhook."""

    def __init__(self, log: Path) -> None:
        self._log = log

    @property
    def held(self) -> int:
        """How many connections it has accepted so far."""
        return self._log.read_text().count("held")


@contextmanager
def hanging_webhook(cluster: LocalCluster, kubectl: Kubectl, namespace: str, folder: Path) -> Iterator[HangingWebhook]:
    """Within this context, each CREATE of a pod in the namespace hangs for HANGS_FOR seconds, and is refused then.

    The API server may learn of the webhook some seconds later. Raises TimeoutError when the listener does not start.
    """
    log = folder / f"{_NAME}.log"
    log.unlink(missing_ok=True)
    process = cluster.popen_in_namespace([sys.executable, "-u", "-c", _LISTENER], log=log)
    try:
        kubectl.apply(configuration(namespace, _port(log)))
        try:
            yield HangingWebhook(log)
        finally:
            kubectl.run("delete", "validatingwebhookconfiguration", _NAME)
    finally:
        process.kill()
        process.wait()


def configuration(namespace: str, port: int) -> dict[str, object]:
    """Return the configuration of a webhook on pods of the namespace, at this port beside the API server."""
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": _NAME},
        "webhooks": [
            {
                "name": "pods.hangs.example.org",
                "clientConfig": {"url": f"https://127.0.0.1:{port}/"},
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
                "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}],
                "failurePolicy": "Fail",
                "sideEffects": "None",
                "timeoutSeconds": HANGS_FOR,
                "admissionReviewVersions": ["v1"],
            }
        ],
    }


def _port(log: Path) -> int:
    for _ in tries(_STARTS_WITHIN):
        port, end, _ = log.read_text().partition("\n")
        if end:
            return int(port)
    raise TimeoutError(f"the listener of the webhook did not start within {_STARTS_WITHIN:.0f} s: {log.read_text()}")
