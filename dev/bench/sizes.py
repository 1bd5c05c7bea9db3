"""The sizes of the bench."""

import enum
from dataclasses import dataclass


class Part(enum.StrEnum):
    """A part that can be measured by itself."""

    LATENCY = "latency"
    THROUGHPUT = "throughput"
    NEIGHBOURS = "neighbours"
    ADMISSION = "admission"
    BACKLOG = "backlog"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """The sizes. The budgets apply to the defaults; smaller sizes are for trials."""

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
    """Jobs that are drained beside a backlog, to measure what each costs there."""

    hanging: int = 100
    """Jobs of another namespace whose pods hang in admission."""

    patterned: int = 50
    """Jobs with the worst patterns that are accepted."""

    largest: int = 500
    """Jobs of the largest size that is accepted: one page of a LIST."""

    requests: int = 100
    """Requests of one kind in one round, with or without the policies on pods."""

    @property
    def small_backlog(self) -> int:
        """The size of the small backlog, with which the whole one is compared."""
        return min(1000, self.backlog // 10)
