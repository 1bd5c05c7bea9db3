"""Which history: the seed, and what was taken out of it to make it smaller. As text it is what `SEED=` takes."""

from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Case:
    """One history. `17` is all of seed 17; `17+2:without=kill,late:jobs=0` is a smaller one, with other dice thrown
    for the schedule (the 2nd such)."""

    seed: int
    schedule: int = 0
    without: frozenset[str] = field(default_factory=frozenset)
    """Troubles that do not happen."""
    jobs: tuple[int, ...] | None = None
    """The jobs that are there; None: all."""

    @classmethod
    def parse(cls, text: str) -> "Case":
        """The case that `text` writes. Raises ValueError."""
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
        """What the schedule's dice are seeded with: what is taken out leaves the rest as it was."""
        return f"{self.seed}+{self.schedule}"
