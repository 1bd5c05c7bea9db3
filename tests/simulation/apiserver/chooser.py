"""The source of the decisions of a simulation, so that one seed gives one history."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")


class Chooser(Protocol):
    """Makes decisions. The first option is always the harmless one: a chooser that always picks it causes no fault."""

    def pick(self, what: str, options: Sequence[T]) -> T:
        """Pick one of `options`, which are not empty. `what` names the decision, for traces."""
        ...
