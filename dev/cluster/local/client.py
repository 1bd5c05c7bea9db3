"""The few requests that creating a cluster needs, without kubectl (a process each) and without any proxy."""

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from dev.cluster.local.credentials import Access


class Client:
    """A client of one API server, as administrator."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=ssl.create_default_context(cadata=access.authority)),
        )

    def send(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, kind: str = "application/json"
    ) -> tuple[int, str]:
        """Send a request and return status and body. Status 0: no answer came, and the body says why."""
        request = urllib.request.Request(  # noqa: S310 - always https, see Addresses.server
            self._access.server + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self._access.token}", "Content-Type": kind},
        )
        try:
            with self._opener.open(request, timeout=5.0) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError as error:
            return 0, f"no answer from {self._access.server}: {error}"

    def read(self, path: str) -> dict[str, Any] | str:
        """Return the object at `path`, or a text with the answer that came instead."""
        status, text = self.send("GET", path)
        if status != 200:
            return f"{status} {text.strip()}" if status else text
        found: dict[str, Any] = json.loads(text)
        return found
