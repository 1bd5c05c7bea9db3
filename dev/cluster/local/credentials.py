"""Keys, certificates and tokens of one cluster, created anew with each cluster."""

import base64
import json
import secrets
from dataclasses import dataclass
from pathlib import Path

import trustme

from dev.cluster.local.addresses import Addresses
from dev.cluster.local.layout import Layout

USERS = {
    "admin": ("admin", "system:masters"),
    "kube-controller-manager": ("system:kube-controller-manager", ""),
    "kube-scheduler": ("system:kube-scheduler", ""),
    "kubelet": ("system:node:node", "system:nodes"),
    "kube-proxy": ("system:kube-proxy", ""),
}
"""The clients of the API server: user and group, as its built-in roles name them."""


@dataclass(frozen=True, slots=True)
class Access:
    """What the administrator needs to use the API server."""

    server: str
    authority: str
    token: str


def create(layout: Layout, addresses: Addresses) -> Access:
    """Write keys, certificates, the token file and the kubeconfigs of all users; only root can read them."""
    layout.keys.mkdir(mode=0o700, exist_ok=True)
    authority = trustme.CA()
    pem = authority.cert_pem.bytes().decode()
    _write(layout.keys / "ca.crt", pem)
    server = authority.issue_cert(
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "localhost",
        "127.0.0.1",
        str(addresses.node),
        str(addresses.first_service),
        common_name="kube-apiserver",
    )
    client = authority.issue_cert("apiserver", common_name="kube-apiserver-kubelet-client")
    for name, leaf in (("server", server), ("client", client)):
        _write(layout.keys / f"{name}.crt", leaf.cert_chain_pems[0].bytes().decode())
        _write(layout.keys / f"{name}.key", leaf.private_key_pem.bytes().decode())
    signer = authority.issue_cert("service-accounts", common_name="service-accounts")
    _write(layout.keys / "service-accounts.key", signer.private_key_pem.bytes().decode())

    tokens = {who: secrets.token_urlsafe(24) for who in USERS}
    _write(
        layout.keys / "tokens.csv",
        "".join(f'{tokens[who]},{user},{who},"{group}"\n' for who, (user, group) in USERS.items()),
    )
    for who, token in tokens.items():
        target = layout.kubeconfig if who == "admin" else layout.kubeconfig_of(who)
        _write(target, kubeconfig(layout.name, addresses.server, pem, token))
    return Access(addresses.server, pem, tokens["admin"])


def kubeconfig(name: str, server: str, authority: str, token: str) -> str:
    """Return a complete kubeconfig: it names no other file, so it may be copied. JSON is YAML."""
    called = f"queuedjob-{name}"
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": called,
                "cluster": {
                    "server": server,
                    "certificate-authority-data": base64.b64encode(authority.encode()).decode(),
                },
            }
        ],
        "users": [{"name": called, "user": {"token": token}}],
        "contexts": [{"name": called, "context": {"cluster": called, "user": called}}],
        "current-context": called,
    }
    return json.dumps(config, indent=1) + "\n"


def access(layout: Layout) -> Access:
    """Read the access from the administrator's kubeconfig. Raises OSError, ValueError or LookupError when damaged."""
    config = json.loads(layout.kubeconfig.read_text())
    cluster = config["clusters"][0]["cluster"]
    authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
    return Access(cluster["server"], authority, config["users"][0]["user"]["token"])


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)
