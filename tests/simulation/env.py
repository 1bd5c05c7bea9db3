"""What all actors share: the cluster they live in, the time, the dice, and a place to say what they did."""

import asyncio
import contextvars
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.simulation.cluster import Cluster
from tests.simulation.coverage import Coverage
from tests.simulation.rng import Rng
from tests.simulation.scenario import Scenario
from tests.simulation.states import States
from tests.simulation.witness import Witness


@dataclass
class Env:
    """One history's. Actors move in callbacks of the loop, so dice decide their turns as they do the operator's."""

    scenario: Scenario
    loop: asyncio.AbstractEventLoop
    cluster: Cluster
    witness: Witness
    coverage: Coverage
    states: States
    calm: bool = False
    """Troubles have stopped for good."""
    _context: contextvars.Context = field(default_factory=contextvars.copy_context)
    """Nobody's: what an actor has in hand outlives the operator that happened to cause it."""

    def rng(self, name: str) -> Rng:
        """Dice of the schedule for one actor."""
        return Rng(f"{self.scenario.case.rng}/{name}")

    def after(self, seconds: float, move: Callable[[], object]) -> None:
        """Make a move, in so many seconds from now."""
        self.loop.call_later(seconds, move, context=self._context)

    def strikes(self, trouble: str, rng: Rng) -> bool:
        """Whether a trouble that could come now does."""
        rate = self.scenario.rate(trouble)
        return rate > 0 and not self.calm and rng.chance(rate)

    def happened(self, trouble: str, words: str, *states: str) -> None:
        """A trouble came, over jobs that were in these states."""
        self.witness.remark(trouble, words)
        for state in states:
            self.coverage.hit(trouble, state)
