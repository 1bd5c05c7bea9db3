"""Where every decision of a simulation comes from, so that one seed gives one history."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")


class Chooser(Protocol):
    """The first option is always the harmless one: who picks nothing else meets no trouble."""

    def pick(self, what: str, options: Sequence[T]) -> T:
        """One of `options`, of which there is at least one. `what` names the decision, for traces."""
        ...
