"""What a kubeconfig or a ServiceAccount says of the API server and of the operator, as read at one moment."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from kubernetes.client import Configuration
from kubernetes.config import load_incluster_config, load_kube_config

Load: TypeAlias = Callable[[], Configuration]
"""Reads the configuration anew. Raises the library's ConfigException, or OSError, on a bad one."""

_Files: TypeAlias = tuple[bool, bytes, bytes, bytes]
"""Whether the server is verified; the contents of its CA, of the client certificate and of the client key."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Server, token and certificates that belong together."""

    server: str
    server_name: str | None
    """The name to expect in the server's certificate, if it differs from the host name."""
    authorization: str | None
    """The Authorization header; None without a token."""
    ssl: ssl.SSLContext
    files: _Files

    @property
    def anonymous(self) -> bool:
        """Whether neither a token nor a client certificate identifies the operator."""
        *_, certificate, _ = self.files
        return not self.authorization and not certificate


def read(load: Load, known: Credentials | None = None) -> Credentials:
    """Read the credentials. The SSL context is that of `known` while the files have the same contents.

    Contents are compared, not times: Kubernetes replaces mounted files by links, and a time may stand still. What the
    machine itself trusts, if no CA is configured, is read only once. Raises what `load` raises, and OSError for a file
    that cannot be read or used: ssl.SSLError is one.
    """
    configuration = load()
    # Before the context is made of the files: if they change in between, the next reading finds other contents.
    files = (
        bool(configuration.verify_ssl),
        _contents(configuration.ssl_ca_cert),
        _contents(configuration.cert_file),
        _contents(configuration.key_file),
    )
    return Credentials(
        server=configuration.host.rstrip("/"),
        server_name=configuration.tls_server_name or None,
        authorization=_authorization_of(configuration),
        ssl=known.ssl if known is not None and known.files == files else _ssl_context(configuration),
        files=files,
    )


def from_kubeconfig(path: str | None = None, context: str | None = None) -> Load:
    """Make a loader of a kubeconfig file. None means the current context, and $KUBECONFIG or ~/.kube/config."""

    def load() -> Configuration:
        configuration = Configuration()
        load_kube_config(path, context, client_configuration=configuration, persist_config=False)
        return configuration

    return load


def from_service_account() -> Configuration:
    """Load the ServiceAccount's credentials, which Kubernetes mounts into every pod."""
    configuration = Configuration()
    load_incluster_config(client_configuration=configuration, try_refresh_token=False)
    return configuration


def _contents(file: str | None) -> bytes:
    return Path(file).read_bytes() if file else b""


def _authorization_of(configuration: Configuration) -> str | None:
    token: str | None = configuration.get_api_key_with_prefix("BearerToken")
    return token.strip() if token else None


def _ssl_context(configuration: Configuration) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=configuration.ssl_ca_cert or None)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # on since Python 3.13; the CAs of many clusters fail this check
    if not configuration.verify_ssl:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if configuration.cert_file:
        context.load_cert_chain(configuration.cert_file, configuration.key_file)
    return context
