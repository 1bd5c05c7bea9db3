"""What all actors share: the cluster, the time, the random numbers, and the record of what they did."""

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
    """The environment of one history. Actors move in callbacks of the loop, so the order of their moves is random, as
    it is for the operator's."""

    scenario: Scenario
    loop: asyncio.AbstractEventLoop
    cluster: Cluster
    witness: Witness
    coverage: Coverage
    states: States
    calm: bool = False
    """All troubles have stopped and do not come back."""
    _context: contextvars.Context = field(default_factory=contextvars.copy_context)
    """A context without OWNER: an actor's pending callback must survive the operator process that caused it."""

    def rng(self, name: str) -> Rng:
        """The schedule's random numbers for one actor."""
        return Rng(f"{self.scenario.case.rng}/{name}")

    def after(self, seconds: float, move: Callable[[], object]) -> None:
        """Call `move` in `seconds` from now."""
        self.loop.call_later(seconds, move, context=self._context)

    def strikes(self, trouble: str, rng: Rng) -> bool:
        """Decide at random whether a trouble that is possible now happens."""
        rate = self.scenario.rate(trouble)
        return rate > 0 and not self.calm and rng.chance(rate)

    def happened(self, trouble: str, words: str, *states: str) -> None:
        """Record that a trouble happened to jobs that were in these states."""
        self.witness.remark(trouble, words)
        for state in states:
            self.coverage.hit(trouble, state)
