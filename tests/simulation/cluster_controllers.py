"""The cluster's own controllers: each chore that is due is done when the dice say so."""

from tests.simulation.env import Stage

_PAUSE = (0.02, 3.0)
"""Seconds between two chores, or two looks for some."""


class Housekeeper:
    """Garbage collection and the end of namespaces."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._dice = stage.dice("housekeeper")

    def begin(self) -> None:
        self._stage.after(self._dice.about(*_PAUSE), self._work)

    def _work(self) -> None:
        if due := self._stage.cluster.server.housekeeping.due():
            self._dice.one_of(due).do()
        self.begin()
