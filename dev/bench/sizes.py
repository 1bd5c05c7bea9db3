"""How much is measured."""

import enum
from dataclasses import dataclass


class Part(enum.StrEnum):
    """What can be measured by itself."""

    LATENCY = "latency"
    THROUGHPUT = "throughput"
    BACKLOG = "backlog"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """The defaults are what the budgets speak of; smaller ones are for trying."""

    jobs: int = 2000
    """Jobs of one run of one contender."""

    rounds: int = 3
    """Rounds of all contenders, in rotated order."""

    shipped: int = 200
    """Jobs of the one run of batch/v1 Job as shipped, which is slow."""

    samples: int = 100
    """Jobs applied one after the other to an idle cluster."""

    backlog: int = 50_000
    """Waiting jobs."""

    beside: int = 500
    """Jobs drained beside a backlog, to see what each costs there."""

    @property
    def small_backlog(self) -> int:
        """What the whole backlog is compared with."""
        return min(1000, self.backlog // 10)
