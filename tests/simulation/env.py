"""What all actors share: the cluster they live in, the time, the dice, and a place to say what they did."""

import asyncio
import contextvars
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.simulation.cluster import Cluster
from tests.simulation.coverage import Coverage
from tests.simulation.rng import Dice
from tests.simulation.scenario import Story
from tests.simulation.states import States
from tests.simulation.witness import Witness


@dataclass
class Stage:
    """One history's. Actors move in callbacks of the loop, so dice decide their turns as they do the operator's."""

    story: Story
    loop: asyncio.AbstractEventLoop
    cluster: Cluster
    witness: Witness
    coverage: Coverage
    states: States
    calm: bool = False
    """Troubles have stopped for good."""
    _context: contextvars.Context = field(default_factory=contextvars.copy_context)
    """Nobody's: what an actor has in hand outlives the operator that happened to cause it."""

    def dice(self, name: str) -> Dice:
        """Dice of the schedule for one actor."""
        return Dice(f"{self.story.case.dice}/{name}")

    def after(self, seconds: float, move: Callable[[], object]) -> None:
        """Make a move, in so many seconds from now."""
        self.loop.call_later(seconds, move, context=self._context)

    def strikes(self, trouble: str, dice: Dice) -> bool:
        """Whether a trouble that could come now does."""
        rate = self.story.rate(trouble)
        return rate > 0 and not self.calm and dice.chance(rate)

    def happened(self, trouble: str, words: str, *states: str) -> None:
        """A trouble came, over jobs that were in these states."""
        self.witness.remark(trouble, words)
        for state in states:
            self.coverage.hit(trouble, state)
