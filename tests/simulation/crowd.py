"""A crowd: one namespace applies many jobs at once, and perhaps its calls hang; a few jobs of another come later.

No other trouble happens in such a history, so that the waits of the quiet namespace have one possible cause.
"""

from typing import Any, Final

from tests.simulation import troubles
from tests.simulation.job_scenario import JobScenario
from tests.simulation.rng import Rng
from tests.simulation.scripted_pods import Character

LOUD: Final = "red"
QUIET: Final = "blue"

_JOBS: Final = (25, 50)
"""Jobs of the loud namespace: the least and the most."""


def rates_of_a_crowd(rng: Rng) -> dict[str, float]:
    """What happens in the loud namespace."""
    return {troubles.FLOOD: 1.0} | rng.one_of(({}, {troubles.HANG: 1.0}, {troubles.HANG_EVENTS: 1.0}))


def crowd(rng: Rng) -> tuple[JobScenario, ...]:
    """The jobs: all of the loud namespace at the beginning, then some of the quiet one."""
    loud = rng.whole(*_JOBS)
    quiet = rng.whole(1, 3)
    jobs = [_job(index, LOUD, 0.0, _FAILING) for index in range(loud)]
    jobs += [_job(loud + n, QUIET, rng.between(1.0, 40.0), _WELL) for n in range(quiet)]
    return tuple(jobs)


def _job(index: int, namespace: str, at: float, character: Character) -> JobScenario:
    spec: dict[str, Any] = {
        "template": {"spec": {"containers": [{"name": "main", "image": "x"}]}},
        "retry": {"maxAttempts": 2, "backoff": {"initial": "1s", "max": "5s"}},
    }
    return JobScenario(index, namespace, f"job{index}", at, spec, None, character)


_WELL: Final = Character(codes={0: 1.0}, hangs=0.0, out_of_memory=0.0, longest=0.5, sayings={})
_FAILING: Final = Character(codes={0: 1.0, 75: 2.0}, hangs=0.0, out_of_memory=0.0, longest=0.5, sayings={})
"""Failures make Events."""
