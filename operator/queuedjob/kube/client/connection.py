"""The API server's address and the operator's credentials: from a kubeconfig or from the pod's ServiceAccount."""

import asyncio
import ssl
from collections.abc import Callable
from typing import Final

from kubernetes.client import Configuration
from kubernetes.config import load_incluster_config, load_kube_config

from queuedjob.ports import Clock

_TOKEN_PERIOD: Final = 60.0
"""Seconds after which a token is read again. client-go uses the same period for token files, which are rotated well
before they expire."""

_REREAD_GAP: Final = 1.0
"""Shortest time between two readings in seconds, even if many requests get a 401."""


class Connection:
    """Server, certificates and token. The token is read again in time; a client certificate is read only once.

    `report` takes a line for the log. Raises the loader's ConfigException on a bad configuration.
    """

    def __init__(self, load: Callable[[], Configuration], clock: Clock, report: Callable[[str], None]) -> None:
        self._load = load
        self._clock = clock
        self._report = report
        configuration = load()
        self.server: Final[str] = configuration.host.rstrip("/")
        self.ssl: Final = _ssl_context(configuration)
        self.server_name: Final[str | None] = configuration.tls_server_name or None
        """The name to expect in the server's certificate, if it differs from the host name."""
        self._authorization = _authorization_of(configuration)
        self._read_at = clock.monotonic()

    async def authorization(self) -> str | None:
        """The Authorization header; None if a client certificate identifies the operator.

        The configuration is loaded again once a minute. This happens in a thread, because it may run a command or read
        from a slow disk. The old token is used until the loading ends, and also if the loading fails.
        """
        if self._clock.monotonic() - self._read_at >= _TOKEN_PERIOD:
            await self._read_again()
        return self._authorization

    def refused(self) -> None:
        """Report a 401 of the API server: read the token again before the next request."""
        if self._clock.monotonic() - self._read_at >= _REREAD_GAP:
            self._read_at = self._clock.monotonic() - _TOKEN_PERIOD

    async def _read_again(self) -> None:
        self._read_at = self._clock.monotonic()  # first: one request waits for the new token, others use the old one
        try:
            authorization = _authorization_of(await asyncio.to_thread(self._load))
        except Exception as error:  # noqa: BLE001 - the library reads the user's files and runs the user's commands
            self._report(f"cannot read the credentials again: {error!r}")
            return
        if authorization or not self._authorization:  # None after a failed command, which the library logs
            self._authorization = authorization


def from_kubeconfig(path: str | None = None, context: str | None = None) -> Callable[[], Configuration]:
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
