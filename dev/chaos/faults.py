"""What breaks, when, and for how long: drawn from a seed, so that a run's faults can be repeated. Pure.

The seed determines the faults and their order; their effect depends on a real machine.
"""

import enum
import random
from dataclasses import dataclass
from typing import Final


class Kind(enum.StrEnum):
    """One kind of fault. The text below each kind explains `seconds` of a fault."""

    OPERATOR_KILLED = "operator: kill -9"
    """Seconds until the operator is started again."""
    OPERATOR_TERMINATED = "operator: SIGTERM"
    """Seconds until the operator is started again, once it has ended by itself."""
    OPERATOR_FROZEN = "operator: SIGSTOP"
    """Seconds until SIGCONT."""
    API_SERVER_KILLED = "API server: kill -9"
    """Seconds until the component is started again; the same for all components."""
    ETCD_KILLED = "etcd: kill -9"
    KUBELET_KILLED = "kubelet: kill -9"
    DROPPED = "network: connections dropped"
    """Seconds in which new connections are dropped, too; the same for all faults of the network."""
    RESET = "network: connections reset"
    DELAYED = "network: bytes delayed"
    TRUNCATED = "network: answers cut off"
    MUTE = "network: answers lost"


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often a fault happens, and how long it lasts."""

    every: float
    """Seconds: the fault happens once in each such interval, at a random moment of it."""
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
"""All of them together leave the operator some ten seconds at a time to work. With less, it would only ever be
starting; with more, few faults would happen to it."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One fault. `at`: seconds after the beginning."""

    at: float
    kind: Kind
    seconds: float


def schedule(seed: int, length: float) -> list[Fault]:
    """Return all faults of so many seconds, by time. Each kind has its own sequence: longer runs begin alike."""
    found: list[Fault] = []
    for kind, rhythm in RHYTHMS.items():
        chance = random.Random(f"{seed} {kind}")  # noqa: S311 - repeatable, not secret
        stretch = 0.0
        while stretch < length:
            at = stretch + chance.uniform(0, rhythm.every)
            fault = Fault(at, kind, chance.uniform(rhythm.shortest, rhythm.longest))
            if at < length:
                found.append(fault)
            stretch += rhythm.every
    return sorted(found)
