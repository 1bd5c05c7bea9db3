"""Random numbers: every choice of a simulation comes from here, so that one seed gives one history on every machine.

Each part of the simulation has its own stream of random numbers, named after the part. So the removal of one part does
not change the numbers of the other parts, and a failing history can be made smaller.
"""

import enum
import math
import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


class Stream(enum.StrEnum):
    """The actors that have a stream of their own.

    A value seeds its stream: with another value every seed gives another history, and the kept ones (regressions.txt)
    no longer replay what once failed.
    """

    ADMISSION = "admission"
    CLUSTER_CONTROLLERS = "cluster-controllers"
    KUBELETS = "kubelets"
    LEASES = "leases"
    NETWORK = "network"
    NODE_FAULTS = "node-faults"
    ODD_OBJECTS = "odd-objects"
    OPERATORS = "operators"
    RESTORES = "restores"
    STANDBY = "standby"
    TENANTS = "tenants"
    USERS = "users"


class Rng:
    """A stream of choices. Equal seeds and names give equal streams, whatever PYTHONHASHSEED is."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        # A text is hashed with SHA-512, not with hash(); random() is the same on every machine.
        self.share = random.Random(seed).random  # noqa: S311 - choices of a simulation, no secrets
        """A number in [0, 1)."""

    def below(self, n: int) -> int:
        """A number from 0 to n - 1."""
        return int(self.share() * n)

    def named(self, name: str) -> "Rng":
        """A separate stream of random numbers for one part."""
        return Rng(f"{self._seed}/{name}")

    def chance(self, probability: float) -> bool:
        return self.share() < probability

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self.share()

    def about(self, low: float, high: float) -> float:
        """A number from `low` to `high`; each order of magnitude is equally likely."""
        return math.exp(self.between(math.log(low), math.log(high)))

    def whole(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + self.below(high - low + 1)

    def one_of(self, options: Sequence[T]) -> T:
        return options[self.below(len(options))]

    def weighed(self, weights: Mapping[T, float]) -> T:
        """One of the keys, with a probability in proportion to its weight."""
        left = self.share() * sum(weights.values())
        for option, weight in weights.items():
            left -= weight
            if left < 0:
                return option
        return option

    def some_of(self, options: Sequence[T], probability: float) -> tuple[T, ...]:
        """Some of the options, each with this probability."""
        return tuple(option for option in options if self.chance(probability))
