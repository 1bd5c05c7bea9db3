"""The HTTP server for the kubelet and Prometheus: /livez, /readyz and /metrics.

A check is a plain function that names the problems it finds, and none when there are none. Checks read memory only and
never wait, so a probe cannot hang on the thing that it checks. Any answer shows that the event loop runs. kopf's own
endpoint is not used: it returns 200 when the watch is dead, and it goes down at each restart of the watch.

The port asks no client who it is. So its connections are bounded (connections.py), and a probe is answered however many
clients hold one.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from http import HTTPStatus
from typing import Final, TypeAlias

import structlog
from aiohttp import hdrs, web

from queuedjob.telemetry.connections import IDLE, BoundedServer

Check: TypeAlias = Callable[[], Iterable[str]]
"""Names the problems, in words for people; none when there are none."""

Exposition: TypeAlias = Callable[[str], tuple[bytes, str]]
"""Returns, for an Accept header, the text that Prometheus reads and its content type (exposition.py)."""

_Answer: TypeAlias = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

_METHODS: Final = (hdrs.METH_GET, hdrs.METH_HEAD)

_GOODBYE: Final = 1.0
"""Seconds that a running request may still take when the server stops."""

log = structlog.get_logger(__name__)


class Probes:
    """The server. `notes` are told beside "ok", and make nothing unready.

    `port` 0 takes a free port; once the server runs, the property `port` gives its number.
    """

    def __init__(
        self,
        *,
        live: Sequence[Check],
        ready: Sequence[Check],
        notes: Sequence[Check] = (),
        metrics: Exposition,
        host: str,
        port: int,
    ) -> None:
        self._checks = {"live": live, "ready": ready}
        self._notes = {"ready": notes}
        self._last: dict[str, list[str]] = {}
        self._metrics = metrics
        self._host = host
        self._asked_port = port
        self._runner: web.ServerRunner | None = None
        self._paths: dict[str, _Answer] = {
            "/livez": self._livez,
            "/readyz": self._readyz,
            "/metrics": self._exposition,
        }

    @property
    def port(self) -> int:
        """The port that the server listens on. Raises RuntimeError while the server does not run."""
        if self._runner is None:
            raise RuntimeError("the probes do not run: start() comes first")
        port: int = self._runner.addresses[0][1]
        return port

    async def start(self) -> None:
        """Listen. Raises OSError, with the address in its message, if the port is taken."""
        # No answer depends on the body of a request, so nothing waits for its rest.
        server = BoundedServer(self._route, access_log=None, keepalive_timeout=IDLE, lingering_time=0.0)
        runner = web.ServerRunner(server, shutdown_timeout=_GOODBYE)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._asked_port).start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner

    async def stop(self) -> None:
        """Stop listening and close open connections. Do nothing if the server does not run."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def _route(self, request: web.BaseRequest) -> web.StreamResponse:
        if (answer := self._paths.get(request.path)) is None:
            raise web.HTTPNotFound
        if request.method not in _METHODS:
            raise web.HTTPMethodNotAllowed(request.method, _METHODS)
        return await answer(request)

    async def _livez(self, _request: web.BaseRequest) -> web.Response:
        return self._answer("live")

    async def _readyz(self, _request: web.BaseRequest) -> web.Response:
        return self._answer("ready")

    async def _exposition(self, request: web.BaseRequest) -> web.Response:
        try:
            body, content_type = self._metrics(request.headers.get(hdrs.ACCEPT, ""))
        except Exception as error:  # noqa: BLE001 - the answer names any error to the scraper, and the probes go on
            log.warning("metrics failed", error=_words(error))
            return _text(HTTPStatus.SERVICE_UNAVAILABLE, [f"the metrics cannot be read: {_words(error)}"])
        return web.Response(body=body, headers={hdrs.CONTENT_TYPE: content_type})

    def _answer(self, probe: str) -> web.Response:
        problems = [problem for check in self._checks[probe] for problem in _problems_of(check)]
        if problems != self._last.get(probe):  # probes come every few seconds: log only changes
            self._last[probe] = problems
            log.info("probe", probe=probe, problems=problems)
        if problems:
            return _text(HTTPStatus.SERVICE_UNAVAILABLE, problems)
        notes = [note for check in self._notes.get(probe, ()) for note in _problems_of(check)]
        return _text(HTTPStatus.OK, ["ok", *notes])


def _problems_of(check: Check) -> list[str]:
    try:
        return list(check())
    except Exception as error:  # noqa: BLE001 - a check that raises is a problem too, and the answer names it
        return [f"the check itself failed: {_words(error)}"]


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _text(status: HTTPStatus, lines: Sequence[str]) -> web.Response:
    return web.Response(status=status, text="".join(f"{line}\n" for line in lines))
