"""Names one history: the seed, and what was removed from it to make it smaller. The text form is what `SEED=` takes."""

from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Case:
    """One history. `17` is all of seed 17. `17+2:without=kill,late:jobs=0` is a smaller one, whose schedule uses other
    random numbers (the 2nd such)."""

    seed: int
    schedule: int = 0
    without: frozenset[str] = field(default_factory=frozenset)
    """Troubles that do not happen."""
    jobs: tuple[int, ...] | None = None
    """Indexes of the jobs that exist; None: all jobs."""

    @classmethod
    def parse(cls, text: str) -> "Case":
        """Parse `text` into a case. Raises ValueError."""
        head, *parts = text.strip().split(":")
        seed, _, schedule = head.partition("+")
        case = cls(int(seed), int(schedule or 0))
        for part in parts:
            key, _, value = part.partition("=")
            items = [item for item in value.split(",") if item]
            if key == "without":
                case = replace(case, without=frozenset(items))
            elif key == "jobs":
                case = replace(case, jobs=tuple(int(item) for item in items))
            else:
                raise ValueError(f"a case has no {key!r}: {text}")
        return case

    def __str__(self) -> str:
        text = f"{self.seed}+{self.schedule}" if self.schedule else str(self.seed)
        if self.without:
            text += ":without=" + ",".join(sorted(self.without))
        if self.jobs is not None:
            text += ":jobs=" + ",".join(map(str, self.jobs))
        return text

    @property
    def rng(self) -> str:
        """The seed of the schedule's random numbers. `without` and `jobs` are not part of it, so that a removal does
        not change the rest."""
        return f"{self.seed}+{self.schedule}"
