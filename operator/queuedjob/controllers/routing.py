"""Pass each key of the workqueue to the reconcile of its kind; retry a failed reconcile with pacing."""

from collections.abc import Callable
from typing import Final

import structlog

from queuedjob.controllers import keys
from queuedjob.controllers.context import Context
from queuedjob.controllers.registry import Registry
from queuedjob.kube.client.errors import ApiError
from queuedjob.ports import NoAnswer
from queuedjob.runtime.servertime import NotReady

log: Final = structlog.get_logger("queuedjob.reconcile")

_QUEUE: Final = "reconcile"

_LOST: Final = 15.0
"""Seconds between two looks at a key whose namespace is lost."""


class Router:
    """Reconciles any key. A request that the API server refuses or does not answer is retried for ever, with pacing."""

    def __init__(self, context: Context, registry: Registry, serves: Callable[[str], bool] = lambda _: True) -> None:
        self._context = context
        self._serves = serves
        self._registry = registry

    async def reconcile(self, text: str) -> None:
        """Reconcile the object that the key names, later if its namespace is lost. Raises UnknownKind."""
        key = keys.parse(text)
        if not self._serves(key.namespace):
            self._context.queue.add_after(text, _LOST)
            return
        try:
            try:
                await self._registry.reconcile(key)
            except NotReady:  # a clock was set: the next answer gives the server's time again
                await self._context.client.get("/version")
                self._context.queue.retry(text)
        except (ApiError, NoAnswer) as error:
            self._context.metrics.reconcile_failed(_QUEUE, error)
            log.warning("not served", key=text, error=str(error))
            self._context.queue.retry(text)
