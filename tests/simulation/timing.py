"""When an actor of the simulation acts: again and again after random times, and just after a change of an object."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from tests.simulation.apiserver.resources import JOBS, LETTERS, PODS
from tests.simulation.apiserver.storage import Change
from tests.simulation.env import Env
from tests.simulation.rng import Rng

_QUICK: Final = (0.0001, 0.3)
"""Seconds from a change until somebody acts on it."""


class Timing:
    """Calls `do` with the name of a trouble, as often as the history's rates say, until the calm begins."""

    def __init__(
        self,
        env: Env,
        rng: Rng,
        acts: Iterable[str],
        do: Callable[[str], None],
        *,
        often: tuple[float, float],
        reacts: float,
        picks: float = 1.0,
    ) -> None:
        """`often`: seconds from one time to the next. `reacts`: the share of changes after which something may happen,
        and `picks`: the share of the troubles that do, of those that strike then."""
        self._env = env
        self._rng = rng
        self._acts = tuple(acts)
        self._do = do
        self._often = often
        self._reacts = reacts
        self._picks = picks

    def begin(self) -> None:
        """Act for the first time some time from now."""
        self._env.after(self._rng.about(*self._often), self._act)

    def heard(self, change: Change) -> None:
        """React to a change of an object, perhaps."""
        if self._env.calm or change.resource not in (JOBS, PODS, LETTERS) or not self._rng.chance(self._reacts):
            return
        for act in self._acts:
            if self._env.strikes(act, self._rng) and (self._picks == 1.0 or self._rng.chance(self._picks)):
                self._env.after(self._rng.about(*_QUICK), partial(self._do, act))

    def _act(self) -> None:
        for act in self._acts:
            if self._env.strikes(act, self._rng):
                self._do(act)
        if not self._env.calm:
            self.begin()
