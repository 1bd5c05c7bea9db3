"""A small local HTTPS server. The test decides how the server handles each request, including wrong behaviour."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import trustme
import yaml

Headers: TypeAlias = dict[str, str]


@dataclass
class Asked:
    """One request as the server received it."""

    method: str
    target: str
    headers: Headers
    body: bytes


Behaviour: TypeAlias = Callable[[Asked, asyncio.StreamWriter], Awaitable[bool]]
"""Answers one request; False closes the connection."""


@dataclass
class HttpsServer:
    port: int
    ca_file: Path
    client_ca: trustme.CA
    """The authority whose client certificates the server accepts."""
    behaviour: Behaviour
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0

    def kubeconfig(self, folder: Path, **user: str) -> str:
        path = folder / "kubeconfig"
        path.write_text(
            yaml.safe_dump(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "clusters": [
                        {
                            "name": "c",
                            "cluster": {
                                "server": f"https://127.0.0.1:{self.port}",
                                "certificate-authority": str(self.ca_file),
                            },
                        }
                    ],
                    "users": [{"name": "u", "user": user}],
                    "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
                    "current-context": "c",
                }
            )
        )
        return str(path)


async def say(writer: asyncio.StreamWriter, body: bytes = b"{}", status: int = 200, **headers: str) -> bool:
    """Send a plain answer and keep the connection open."""
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{head}\r\n".encode() + body)
    await writer.drain()
    return True


async def start_chunked(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    await writer.drain()


async def chunk(writer: asyncio.StreamWriter, data: bytes) -> None:
    """Send one chunk. An empty chunk ends the answer."""
    writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
    await writer.drain()


@asynccontextmanager
async def https_server(
    folder: Path, behaviour: Behaviour, *, port: int = 0, clients: trustme.CA | None = None
) -> AsyncIterator[HttpsServer]:
    """Serve with certificates of a new authority, whose CA file is written into `folder`.

    `port`: 0 for any free one. `clients`: the authority of the client certificates, if it is another one.
    """
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    context.verify_mode = ssl.CERT_OPTIONAL
    (clients or authority).configure_trust(context)
    ca_file = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.connections += 1
        if task := asyncio.current_task():
            serving.append(task)
        try:
            while (request := await _read(reader)) is not None:
                if peer := writer.get_extra_info("peercert"):
                    request.headers["peer"] = peer["subjectAltName"][0][1]
                server.asked.append(request)
                if not await server.behaviour(request, writer):
                    break
        except (ConnectionError, asyncio.CancelledError):
            pass  # the client went away, or the test is over
        finally:
            writer.close()

    serving: list[asyncio.Task[None]] = []
    listener = await asyncio.start_server(serve, "127.0.0.1", port, ssl=context)
    server = HttpsServer(listener.sockets[0].getsockname()[1], ca_file, clients or authority, behaviour)
    try:
        yield server
    finally:
        listener.close()
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving)


async def _read(reader: asyncio.StreamReader) -> Asked | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *rest = head.decode().strip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in rest)}
    return Asked(method, target, headers, await reader.readexactly(int(headers.get("content-length", "0"))))
