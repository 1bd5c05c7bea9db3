"""The namespaces in which the operator works, each by itself: one that refuses it costs the others nothing.

A namespace is lost while the API server refuses its objects (403, or 404): it was deleted, or its Role was. Its keys
are then held back, and its objects are listed again before the first of them is reconciled (protocol: The store).
"""

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Final, Protocol

import structlog

from queuedjob.kube.client.errors import ApiError

log: Final = structlog.get_logger("queuedjob.namespace")

_REFUSALS: Final = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})


class OnChange(Protocol):
    """Is called when a namespace is lost or regained, and once for each at the start."""

    def __call__(self, namespace: str, *, served: bool) -> None:
        """The namespace serves the operator now, or it refuses it."""
        ...


class Namespaces:
    """The namespaces in which the operator works, and which of them are lost.

    `names`: the namespaces of a confined operator; empty: the whole cluster, which cannot be lost in parts.
    """

    def __init__(self, names: Sequence[str], on_change: OnChange) -> None:
        self.all: tuple[str | None, ...] = tuple(names) or (None,)
        self._on_change = on_change
        self._lost: dict[str, str] = {}
        for name in names:
            on_change(name, served=True)

    @property
    def lost(self) -> tuple[str, ...]:
        """The namespaces that refuse the operator."""
        return tuple(self._lost)

    @property
    def served(self) -> tuple[str | None, ...]:
        """The namespaces that serve the operator; (None,) for the whole cluster."""
        return tuple(name for name in self.all if name not in self._lost)

    def serves(self, name: str) -> bool:
        """Whether jobs of this namespace may be worked on."""
        return name not in self._lost

    async def each(self, do: Callable[[str | None], Awaitable[object]]) -> None:
        """Do something in each namespace that is not lost. One that refuses it is lost, and the others go on.

        Raises NoAnswer and every other ApiError; the refusal, too, if no namespace is left.
        """
        for name in self.served:
            try:
                await do(name)
            except ApiError as error:
                if not self._may_lose(name, error):
                    raise
                self.lose(str(name), str(error))

    def lose(self, name: str, words: str) -> None:
        """The namespace refuses the operator."""
        if name not in self._lost:
            log.critical("namespace lost", namespace=name, error=words)
            self._on_change(name, served=False)
        self._lost[name] = words

    def regain(self, name: str) -> None:
        """The namespace serves the operator again, and all its objects are in the stores."""
        if self._lost.pop(name, None) is not None:
            log.info("namespace regained", namespace=name)
            self._on_change(name, served=True)

    def notes(self) -> list[str]:
        """Say for people which namespaces are lost, and why."""
        return [f"namespace {name} is left out: {words}" for name, words in self._lost.items()]

    def _may_lose(self, name: str | None, error: ApiError) -> bool:
        """The last namespace is kept: an operator without any is not ready, and asks on."""
        return name is not None and error.status in _REFUSALS and len(self.served) > 1
