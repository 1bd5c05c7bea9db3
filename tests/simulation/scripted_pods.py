"""What becomes of one pod: drawn when it is created, carried out by scheduler and kubelet."""

from dataclasses import dataclass, replace
from typing import Final

from tests.simulation import troubles
from tests.simulation.rng import Rng
from tests.simulation.termination_messages import NO_MESSAGE, WEIGHTS, Message, message_of

FOR_EVER: Final = float("inf")

_CODES: Final = {0: 6.0, 1: 2.0, 75: 1.5, 3: 1.0, 139: 1.0, 70: 0.7, 124: 0.6, 65: 0.4, 137: 0.5, 143: 0.4}
"""Exit codes and how often: success, unknown, transient, the user's rule, crashes, timeout, permanent, signals."""


@dataclass(frozen=True, slots=True)
class PodScript:
    """Times in seconds."""

    bound_after: float
    """Until the scheduler binds it; where it is unschedulable, not before people make room."""
    unschedulable: bool
    seen_after: float
    """From there until its kubelet acknowledges it, or rejects it."""
    rejected: bool
    image_missing: bool
    """It is acknowledged and never starts."""
    started_after: float
    runs: float
    """How long its main container runs if nobody stops it; FOR_EVER: it hangs."""
    exit_code: int
    out_of_memory: bool
    says: Message
    """Its main container, at its own end."""
    overwrites: bool
    """When it is told to end, it writes over whatever stands in its termination message."""
    linger: float
    """How long its other containers go on after the main one."""
    stopped_after: float
    """From SIGTERM to its end."""
    stopped_code: int
    told_after: float
    """From the end of its containers until the kubelet has reported that."""


@dataclass(frozen=True, slots=True)
class Character:
    """What kind of work a job is: how its pods tend to end."""

    codes: dict[int, float]
    hangs: float
    out_of_memory: float
    longest: float
    sayings: dict[int, float]
    """Which of them its pods leave, by number; none: they are silent."""

    @classmethod
    def drawn(cls, rng: Rng) -> "Character":
        match rng.below(4):
            case 0:
                codes = {0: 1.0}
            case 1:
                codes = {rng.weighed(_CODES): 1.0}
            case _:
                codes = dict(_CODES)
        return cls(
            codes=codes,
            hangs=rng.one_of((0.0, 0.0, 0.15, 0.6)),
            out_of_memory=rng.one_of((0.0, 0.0, 0.15)),
            longest=rng.one_of((0.5, 3.0, 20.0, 90.0)),
            sayings=rng.named("sayings").one_of(({}, WEIGHTS)),
        )


def drawn(rng: Rng, character: Character, troubled: dict[str, float]) -> PodScript:
    """`troubled`: how likely each trouble of nodes is."""

    def strikes(trouble: str) -> bool:
        return rng.chance(troubled.get(trouble, 0.0))

    fate = PodScript(
        bound_after=rng.about(0.005, 2.0),
        unschedulable=strikes(troubles.UNSCHEDULABLE),
        seen_after=rng.about(0.01, 2.0),
        rejected=strikes(troubles.REJECTED),
        image_missing=strikes(troubles.NO_IMAGE),
        started_after=rng.about(0.05, 8.0),
        runs=FOR_EVER if rng.chance(character.hangs) else rng.about(0.02, character.longest),
        exit_code=rng.weighed(character.codes),
        out_of_memory=rng.chance(character.out_of_memory),
        says=message_of(rng.named("says").weighed(character.sayings)) if character.sayings else NO_MESSAGE,
        overwrites=rng.named("overwrites").chance(0.2),
        linger=rng.one_of((0.0, 0.5, 6.0, 50.0)),
        stopped_after=rng.one_of((0.1, 2.0, 12.0, 30.0)),
        stopped_code=rng.one_of((143, 143, 137, 0, 1)),
        told_after=rng.about(0.01, 1.5),
    )
    return replace(fate, exit_code=137) if fate.out_of_memory else fate
