"""`python -m queuedjob`: wire the real ports, and run one operator until SIGTERM."""

import asyncio
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog
from kubernetes.client import Configuration
from kubernetes.config import ConfigException

from queuedjob import __version__
from queuedjob.api.kinds import KINDS
from queuedjob.api.names import NAMESPACE
from queuedjob.kopf_watch import KopfWatch, take_signals
from queuedjob.kube.client.connection import Connection
from queuedjob.kube.client.credentials import from_kubeconfig, from_service_account
from queuedjob.kube.client.transport import AiohttpTransport
from queuedjob.leadership.exclusive import AnotherLeads, make_sure_that_none_leads
from queuedjob.leadership.lease import Lease
from queuedjob.options import command
from queuedjob.ports import Clock, Transport
from queuedjob.runtime.beside import OneThread
from queuedjob.runtime.clock import RealClock, RealRandom
from queuedjob.settings import Settings
from queuedjob.telemetry import logs
from queuedjob.telemetry.exposition import CachedExposition
from queuedjob.telemetry.metrics import Metrics
from queuedjob.telemetry.probes import Probes
from queuedjob.wiring import Operator, Ports

log: Final = structlog.get_logger("queuedjob.main")

_OWN_NAMESPACE: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
"""Where a pod's ServiceAccount says in which namespace the pod is."""


async def run(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT, then let running reconciles end.

    Raises ConfigException, OSError (port taken), AnotherLeads.
    """
    clock = RealClock()
    stop = asyncio.Event()
    connection = Connection(_credentials(settings), clock, lambda line: log.warning("credentials", message=line))
    metrics = Metrics(clock, version=__version__)
    # no limit of connections: the workqueue bounds what may hang
    async with AiohttpTransport(connection, connections=0, unacknowledged=settings.late_margin) as transport:
        source = KopfWatch(
            connection,
            clock,
            plurals=[kind.plural for kind in KINDS],
            namespaces=settings.namespace,
            own_signals=lambda: take_signals(stop.set),
            on_end=lambda error: _watch_ended(operator, error),
            on_broken=lambda error: log.critical("event broken", exc_info=error),
            on_heard=lambda *watch: operator.watches.heard(*watch),  # noqa: PLW0108 - the operator is made below
            on_relist=lambda _: operator.lifecycle.look_for_deleted(),
        )
        take_signals(stop.set)
        if not settings.leader_elect:
            await _be_alone(settings, transport, clock, stop)
            if stop.is_set():
                return
        operator = Operator(
            settings, Ports(transport, source, clock, RealRandom(), OneThread()), metrics, instance=socket.gethostname()
        )
        host, port = settings.address
        probes = Probes(
            live=[operator.health.liveness_problems],
            ready=[operator.health.readiness_problems],
            notes=[operator.namespaces.notes],
            metrics=CachedExposition(metrics, clock),
            host=host,
            port=port,
        )
        await probes.start()
        log.info("listening", host=host, port=probes.port, server=connection.server)
        work = asyncio.create_task(operator.run())
        await asyncio.wait({work, asyncio.ensure_future(stop.wait())}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            log.info("stopping", grace=settings.shutdown_grace)
            await operator.drain()
            work.cancel()
        await asyncio.wait({work})
        await probes.stop()
        if not work.cancelled() and (error := work.exception()) is not None:
            raise error
    log.info("stopped")


async def _be_alone(settings: Settings, transport: Transport, clock: Clock, stop: asyncio.Event) -> None:
    """Return once no other operator leads, or `stop` is set. Raises AnotherLeads."""
    lease = Lease(transport, clock, namespace=settings.lease_namespace, name=settings.lease_name)
    looking = asyncio.create_task(make_sure_that_none_leads(lease, clock))
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({looking, stopped}, return_when=asyncio.FIRST_COMPLETED)
    for task in (looking, stopped):
        task.cancel()
    await asyncio.wait({looking, stopped})
    if not looking.cancelled() and (error := looking.exception()) is not None:
        raise error


def _watch_ended(operator: Operator, error: BaseException | None) -> None:
    log.warning("watch restarted", error=repr(error))
    operator.health.watch_ended()


def main() -> None:
    """Entry point of the program."""
    command(_start)()


def _start(settings: Settings) -> None:
    logs.configure(RealClock(), level=settings.log_level, style=logs.Style(settings.log_format))
    try:
        # Do not use uvloop: if the API server resets a connection during its setup, uvloop closes the socket twice. The
        # second close hits a new connection of the same number; then no more connections can open until this new
        # connection is given up.
        asyncio.run(run(_placed(settings)))
    except (AnotherLeads, ConfigException, OSError) as error:
        sys.exit(f"queuedjob: {error}")


def _credentials(settings: Settings) -> Callable[[], Configuration]:
    """Return the named kubeconfig, else the pod's ServiceAccount, else the configuration that kubectl would use."""
    if settings.kubeconfig:
        return from_kubeconfig(settings.kubeconfig)
    return from_service_account if "KUBERNETES_SERVICE_HOST" in os.environ else from_kubeconfig()


def _placed(settings: Settings) -> Settings:
    """Return the settings with the namespace of the Lease."""
    if settings.lease_namespace:
        return settings
    try:
        namespace = _OWN_NAMESPACE.read_text().strip()
    except FileNotFoundError:  # not in a pod
        namespace = ""
    return settings.model_copy(update={"lease_namespace": namespace or NAMESPACE})


if __name__ == "__main__":
    main()
