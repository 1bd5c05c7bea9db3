"""The API server's address and the operator's credentials, which are read again as long as the operator runs."""

import asyncio
import ssl
from collections.abc import Callable
from typing import Final

from kubernetes.config import ConfigException

from queuedjob.kube.client.credentials import Credentials, Load, read
from queuedjob.ports import Clock

_PERIOD: Final = 60.0
"""Seconds after which the credentials are read again. client-go uses the same period for token files, which are rotated
well before they expire."""

_PERIOD_AFTER_FAILURE: Final = 5.0
"""Seconds after which the credentials are read again if a reading failed: a key may be replaced before its
certificate."""

_GAP: Final = 1.0
"""Shortest time between two readings in seconds, even if many requests get a 401."""

_PATIENCE: Final = 5.0
"""Seconds that a request waits at most for a reading. Then it uses the old credentials."""


class Connection:
    """Server, certificates and token. They are read again once a minute, and when the API server refuses them.

    New connections use what was read last. The old credentials are used until a reading ends, and also if it fails.
    `report` takes a line for the log: when a reading fails for a new reason, and when one succeeds again. Raises the
    loader's ConfigException, or OSError, on a bad configuration.
    """

    def __init__(self, load: Load, clock: Clock, report: Callable[[str], None]) -> None:
        self._load = load
        self._clock = clock
        self._report = report
        self._current = read(load)
        self.server: Final[str] = self._current.server
        self.server_name: Final[str | None] = self._current.server_name
        """The name to expect in the server's certificate, if it differs from the host name."""
        self._reading: asyncio.Task[None] | None = None
        self._read_at = clock.monotonic()
        self._due_at = self._read_at + _PERIOD
        self._trouble = ""

    @property
    def ssl(self) -> ssl.SSLContext:
        """The certificates for new connections. It is another object once they have changed."""
        return self._current.ssl

    async def authorization(self) -> str | None:
        """The Authorization header; None if a client certificate identifies the operator."""
        await self.refresh()
        return self._current.authorization

    async def refresh(self) -> None:
        """Read the credentials again if it is time to. One caller waits for that; the others go on.

        The reading happens in a thread, because it may run a command or read from a slow disk. There is one reading at
        a time: commands that hang must not take all threads, which name resolution needs, too.
        """
        if self._clock.monotonic() < self._due_at:
            return
        self._read_at = self._clock.monotonic()
        self._due_at = self._read_at + _PERIOD
        if self._reading is not None and not self._reading.done():
            self._tell("the credentials are still being read: does a command of the kubeconfig hang?")
            return
        self._reading = asyncio.create_task(self._read_again())
        await asyncio.wait({self._reading}, timeout=_PATIENCE)

    def refused(self) -> None:
        """Report a 401 of the API server, or a failure of TLS: read the credentials again before the next request."""
        self._due_at = min(self._due_at, self._read_at + _GAP)

    async def _read_again(self) -> None:
        try:
            found = await asyncio.to_thread(read, self._load, self._current)
            self._refuse_strange(found)
        except Exception as error:  # noqa: BLE001 - the library reads the user's files and runs the user's commands
            self._due_at = min(self._due_at, self._clock.monotonic() + _PERIOD_AFTER_FAILURE)
            self._tell(f"cannot read the credentials again, the old ones are used: {error!r}")
            return
        self._current = found
        self._tell("")

    def _refuse_strange(self, found: Credentials) -> None:
        """Raise ConfigException for credentials that must not replace the known ones."""
        if (found.server, found.server_name) != (self.server, self.server_name):
            # A person may have chosen another context: its token is not for this server.
            raise ConfigException(f"they are for another server, {found.server}: restart the operator to use it")
        if found.anonymous and not self._current.anonymous:
            raise ConfigException("neither a token nor a client certificate is left")  # a failed command, for one

    def _tell(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._trouble = trouble
            self._report(trouble or "the credentials can be read again")
