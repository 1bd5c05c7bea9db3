"""Pass each key of the workqueue to the reconcile of its kind; retry a failed reconcile with pacing."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeAlias

import structlog

from queuedjob.controllers import keys
from queuedjob.controllers.context import Context
from queuedjob.controllers.registry import UnknownKind
from queuedjob.kube.client.errors import ApiError
from queuedjob.ports import NoAnswer
from queuedjob.runtime.servertime import NotReady

log: Final = structlog.get_logger("queuedjob.reconcile")

_QUEUE: Final = "reconcile"

_LOST: Final = 15.0
"""Seconds between two looks at a key whose namespace is lost."""


Reconcile: TypeAlias = Callable[[str, str], Awaitable[None]]
"""Reconciles one object, by its namespace and its UID.

Raises NoAnswer, ApiError and NotReady if the reconcile must be tried again.
"""


class Router:
    """Reconciles any key, by the `reconciles` of the kinds' plurals.

    A request that the API server refuses or does not answer is retried for ever, with pacing.
    """

    def __init__(
        self, context: Context, reconciles: Mapping[str, Reconcile], serves: Callable[[str], bool] = lambda _: True
    ) -> None:
        self._context = context
        self._serves = serves
        self._reconciles = reconciles

    async def reconcile(self, text: str) -> None:
        """Reconcile the object that the key names, later if its namespace is lost. Raises UnknownKind."""
        key = keys.parse(text)
        if not self._serves(key.namespace):
            self._context.queue.add_after(text, _LOST)
            return
        try:
            try:
                await self._reconcile_of(key.plural)(key.namespace, key.uid)
            except NotReady:  # a clock was set: the next answer gives the server's time again
                await self._context.client.get("/version")
                self._context.queue.retry(text)
        except (ApiError, NoAnswer) as error:
            self._context.metrics.reconcile_failed(_QUEUE, error)
            log.warning("not served", key=text, error=str(error))
            self._context.queue.retry(text)

    def _reconcile_of(self, plural: str) -> Reconcile:
        try:
            return self._reconciles[plural]
        except KeyError:
            raise UnknownKind(f"no controller reconciles {plural}; there are: {', '.join(self._reconciles)}") from None
