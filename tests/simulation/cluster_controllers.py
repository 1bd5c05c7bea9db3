"""The cluster's own controllers: each chore that is due is done at a random moment."""

from tests.simulation.env import Env
from tests.simulation.rng import Stream

_PAUSE = (0.02, 3.0)
"""Seconds between two chores, or between two checks for chores."""


class ClusterControllers:
    """Garbage collection and the deletion of namespaces."""

    def __init__(self, env: Env) -> None:
        self._env = env
        self._rng = env.rng(Stream.CLUSTER_CONTROLLERS)

    def begin(self) -> None:
        self._env.after(self._rng.about(*_PAUSE), self._work)

    def _work(self) -> None:
        if due := self._env.cluster.server.housekeeping.due():
            self._rng.one_of(due).do()
        self.begin()
