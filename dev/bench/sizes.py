"""The sizes of the bench."""

import enum
from dataclasses import dataclass, field


class Part(enum.StrEnum):
    """A part that can be measured by itself."""

    LATENCY = "latency"
    THROUGHPUT = "throughput"
    NEIGHBOURS = "neighbours"
    ADMISSION = "admission"
    BACKLOG = "backlog"


def _size(default: int, what: str) -> int:
    """A size with what it counts, for the command's help."""
    size: int = field(default=default, metadata={"help": what})
    return size


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """The sizes. The budgets apply to the defaults; smaller sizes are for trials."""

    jobs: int = _size(2000, "jobs of one run of one contender")
    rounds: int = _size(3, "rounds of all contenders, in rotated order")
    shipped: int = _size(200, "jobs of the one run of batch/v1 Job as shipped, which is slow")
    samples: int = _size(100, "jobs applied one after the other to an idle cluster")
    backlog: int = _size(50_000, "waiting jobs")
    beside: int = _size(500, "jobs that are drained beside a backlog, to measure what each costs there")
    hanging: int = _size(100, "jobs of another namespace whose pods hang in admission")
    patterned: int = _size(50, "jobs with the worst patterns that are accepted")
    largest: int = _size(500, "jobs of the largest size that is accepted: one page of a LIST")
    requests: int = _size(100, "requests of one kind in one round, with or without the policies on pods")

    @property
    def small_backlog(self) -> int:
        """The size of the small backlog, with which the whole one is compared."""
        return min(1000, self.backlog // 10)
