"""What breaks, when, and for how long: drawn from a seed, so that a run's faults can be had again. Pure.

The seed settles what is tried and in which order; what it hits is up to a real machine.
"""

import enum
import random
from dataclasses import dataclass
from typing import Final


class Kind(enum.StrEnum):
    """One way to break. `seconds` of a fault are given with each."""

    OPERATOR_KILLED = "operator: kill -9"
    """Until it is started again."""
    OPERATOR_TERMINATED = "operator: SIGTERM"
    """Until it is started again, once it has ended by itself."""
    OPERATOR_FROZEN = "operator: SIGSTOP"
    """Until it may go on."""
    API_SERVER_KILLED = "API server: kill -9"
    """Until it is started again; as all components."""
    ETCD_KILLED = "etcd: kill -9"
    KUBELET_KILLED = "kubelet: kill -9"
    DROPPED = "network: connections dropped"
    """In which new ones are dropped, too; as all of the network's."""
    RESET = "network: connections reset"
    DELAYED = "network: bytes delayed"
    TRUNCATED = "network: answers cut off"
    MUTE = "network: answers lost"


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often something breaks, and for how long."""

    every: float
    """Seconds: once in each such stretch, at any moment of it."""
    shortest: float
    longest: float


RHYTHMS: Final = {
    Kind.OPERATOR_KILLED: Rhythm(18, 0, 4),
    Kind.OPERATOR_TERMINATED: Rhythm(60, 0, 2),
    Kind.OPERATOR_FROZEN: Rhythm(45, 1, 8),
    Kind.API_SERVER_KILLED: Rhythm(45, 0, 6),
    Kind.ETCD_KILLED: Rhythm(60, 0, 5),
    Kind.KUBELET_KILLED: Rhythm(40, 0.5, 10),
    Kind.DROPPED: Rhythm(25, 0, 2),
    Kind.RESET: Rhythm(25, 0, 2),
    Kind.DELAYED: Rhythm(40, 2, 10),
    Kind.TRUNCATED: Rhythm(25, 1, 4),
    Kind.MUTE: Rhythm(35, 1, 8),
}
"""All of them together leave the operator some ten seconds at a time to get anything done: less, and it is only ever
starting; more, and little happens to it."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """`at`: seconds after the beginning."""

    at: float
    kind: Kind
    seconds: float


def schedule(seed: int, length: float) -> list[Fault]:
    """All faults of so many seconds, by their time. Kinds have sequences of their own: a longer run begins alike."""
    found: list[Fault] = []
    for kind, rhythm in RHYTHMS.items():
        chance = random.Random(f"{seed} {kind}")  # noqa: S311 - to be repeated, not to be secret
        stretch = 0.0
        while stretch < length:
            at = stretch + chance.uniform(0, rhythm.every)
            fault = Fault(at, kind, chance.uniform(rhythm.shortest, rhythm.longest))
            if at < length:
                found.append(fault)
            stretch += rhythm.every
    return sorted(found)
