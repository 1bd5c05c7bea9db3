"""An HTTPS server that prints its port, and then each request that arrives. Its argument is a folder for its files.

It writes two files there: `kubeconfig`, which its clients use, and `ca.pem`.
"""

import asyncio
import sys
from pathlib import Path

from tests.unit.kube.client.https_server import Asked, https_server, say


async def answer(asked: Asked, writer: asyncio.StreamWriter) -> bool:
    print(asked.method, asked.target, flush=True)
    return await say(writer)


async def main(folder: Path) -> None:
    async with https_server(folder, answer) as server:
        server.kubeconfig(folder, token="t")
        print(server.port, flush=True)
        await asyncio.to_thread(sys.stdin.readline)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
