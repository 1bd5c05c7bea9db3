"""A program that sends one POST over the operator's own transport, on a connection that has carried a request before.

Arguments: a kubeconfig, the path of the POST, and the seconds after which the POST is given up. The program waits for a
line before the POST and before its end. It prints a line when it is connected, and when it has given the POST up.
"""

import asyncio
import sys

from queuedjob.kube.client.connection import Connection
from queuedjob.kube.client.credentials import from_kubeconfig
from queuedjob.kube.client.transport import AiohttpTransport
from queuedjob.ports import NoAnswer, Request
from queuedjob.runtime.clock import RealClock


async def main(kubeconfig: str, path: str, patience: float) -> None:
    async with AiohttpTransport(Connection(from_kubeconfig(kubeconfig), RealClock(), print)) as transport:
        await transport.send(Request("GET", "/first"))
        print("connected", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        try:
            await transport.send(Request("POST", path, body=b"{}", timeout=patience))
        except NoAnswer:
            await asyncio.sleep(0)  # asyncio closes an aborted connection at its next turn
            print("given up", flush=True)
        await asyncio.to_thread(sys.stdin.readline)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
