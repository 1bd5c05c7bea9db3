"""The script of one pod: drawn when the pod is created, carried out by scheduler and kubelet."""

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
    """What happens to one pod. Times are in seconds."""

    bound_after: float
    """From creation until the scheduler binds the pod. An unschedulable pod is bound only after the troubles stop."""
    unschedulable: bool
    seen_after: float
    """From the binding until the kubelet acknowledges or rejects the pod."""
    rejected: bool
    image_missing: bool
    """The kubelet acknowledges the pod, but the pod never starts."""
    started_after: float
    runs: float
    """How long the main container runs if it is not stopped; FOR_EVER: it hangs."""
    exit_code: int
    out_of_memory: bool
    says: Message
    """What the main container writes when it ends by itself."""
    overwrites: bool
    """On SIGTERM, the main container overwrites its termination message."""
    linger: float
    """How long the other containers run after the main container has ended."""
    stopped_after: float
    """From SIGTERM to the end of the containers."""
    stopped_code: int
    told_after: float
    """From the end of the containers until the kubelet reports it."""
    hook_fails_after: float
    """From the start of the main container until its postStart hook fails, if it has one; FOR_EVER: it succeeds."""


@dataclass(frozen=True, slots=True)
class Character:
    """The kind of work of a job: how its pods tend to end."""

    codes: dict[int, float]
    hangs: float
    out_of_memory: float
    longest: float
    sayings: dict[int, float]
    """Weights of the messages that its pods leave, by index; empty: the pods leave no message."""

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


def _hook(rng: Rng) -> float:
    return rng.about(0.02, 3.0) if rng.chance(0.4) else FOR_EVER


def drawn(rng: Rng, character: Character, troubled: dict[str, float]) -> PodScript:
    """Draw the script of a pod. `troubled`: the probability of each trouble of nodes."""

    def strikes(trouble: str) -> bool:
        return rng.chance(troubled.get(trouble, 0.0))

    script = PodScript(
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
        hook_fails_after=_hook(rng.named("hook")),
    )
    return replace(script, exit_code=137) if script.out_of_memory else script
