"""Admission control of other owners: a policy that denies, a webhook that denies, a webhook without an answer."""

import base64
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import trustme

from dev.cluster import LocalCluster
from dev.cluster.waiting import tries
from dev.harness import Kubectl, KubectlError

_PORT: Final = 9443
_ACTS_WITHIN: Final = 30.0

_SERVER: Final = """
import http.server, json, ssl, sys
class Denies(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        code = int(self.path.strip("/").split("?")[0])
        said = {"uid": asked["request"]["uid"], "allowed": False, "status": {"code": code, "message": "not today"}}
        body = json.dumps({**asked, "response": said}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Denies)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1])
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"""


class Admission:
    """A webhook that denies everything. It runs beside the API server: nothing in the cluster may call this machine."""

    def __init__(self, cluster: LocalCluster, administrator: Kubectl, folder: Path) -> None:
        self._administrator = administrator
        authority = trustme.CA()
        certificate = folder / "webhook.pem"
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(certificate)
        self._ca = base64.b64encode(authority.cert_pem.bytes()).decode()
        self._port = _PORT + hash(folder) % 1000
        command = [sys.executable, "-c", _SERVER, str(certificate), str(self._port)]
        self._process = subprocess.Popen(cluster.inside(command), stdin=subprocess.DEVNULL)

    def stop(self) -> None:
        """End the server."""
        self._process.kill()
        self._process.wait()

    @contextmanager
    def denying(self, namespace: str, *, code: int) -> Iterator[None]:
        """Within this context, no pod is admitted to the namespace; the webhook denies it with this status code."""
        with webhook_at(
            self._administrator, namespace, url=f"https://127.0.0.1:{self._port}/{code}", ca=self._ca, says="not today"
        ):
            yield


@contextmanager
def webhook_at(
    administrator: Kubectl, namespace: str, *, url: str, ca: str = "", says: str = "failed calling webhook"
) -> Iterator[None]:
    """Within this context, the webhook at `url` decides on pods of the namespace; its refusals contain `says`."""
    config: dict[str, Any] = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": namespace},
        "webhooks": [
            {
                "name": "pods.example.org",
                "clientConfig": {"url": url, **({"caBundle": ca} if ca else {})},
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
                "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}],
                "failurePolicy": "Fail",
                "sideEffects": "None",
                "timeoutSeconds": 1,
                "admissionReviewVersions": ["v1"],
            }
        ],
    }
    administrator.apply(config)
    try:
        _acts(administrator, namespace, says)
        yield
    finally:
        administrator.run("delete", "validatingwebhookconfiguration", namespace)


@contextmanager
def policy_that_denies(administrator: Kubectl, namespace: str) -> Iterator[None]:
    """Within this context, a ValidatingAdmissionPolicy admits no pod to the namespace."""
    group = "admissionregistration.k8s.io/v1"
    policy = {
        "apiVersion": group,
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": namespace},
        "spec": {
            "matchConstraints": {
                "resourceRules": [
                    {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
                ]
            },
            "validations": [{"expression": "false", "message": "no pods on a holiday"}],
        },
    }
    selector = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}
    binding = {
        "apiVersion": group,
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": namespace},
        "spec": {"policyName": namespace, "validationActions": ["Deny"], "matchResources": selector},
    }
    administrator.apply(policy, binding)
    try:
        _acts(administrator, namespace, "no pods on a holiday")
        yield
    finally:
        administrator.run("delete", "validatingadmissionpolicybinding,validatingadmissionpolicy", namespace)


def _acts(administrator: Kubectl, namespace: str, says: str) -> None:
    """Wait until pods are refused with these words: policies and webhooks act a moment after they are created."""
    seen = ""
    for _ in tries(_ACTS_WITHIN):
        try:
            seen = administrator.within(namespace).run(
                "run", "probe", "--image=busybox:1.36", "--restart=Never", "--dry-run=server"
            )
        except KubectlError as error:
            seen = str(error)
            if says in seen:
                return
    raise TimeoutError(f"after {_ACTS_WITHIN:.0f} s pods are not refused with {says!r}; last answer: {seen}")
