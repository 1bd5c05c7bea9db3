"""The lines that the jobs' own pods wrote, one file for each job: the independent witness. Pure.

Lines are appended by the pods of one node. So their order in the file is the order of writing, whatever any clock
shows. A pod that never started wrote nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import Final

START: Final = "start"
TICK: Final = "tick"
TOLD: Final = "told"
"""The pod got SIGTERM."""
END: Final = "end"
"""The pod ends; the exit code that it is about to return follows."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `NANOSECONDS REDRIVES ATTEMPT POD WORD [CODE]`."""

    at: int
    """Nanoseconds since 1970, by the node's clock."""
    redrives: int
    attempt: int
    pod: str
    """The UID of the pod."""
    word: str
    code: int | None = None

    def __str__(self) -> str:
        code = "" if self.code is None else f" {self.code}"
        return f"{self.at / 1e9:.3f} redrives={self.redrives} attempt={self.attempt} pod={self.pod} {self.word}{code}"


@dataclass(slots=True)
class PodRun:
    """The run of one pod, as far as its lines show it."""

    pod: str
    redrives: int
    attempt: int
    lines: list[Line] = field(default_factory=list)

    @property
    def first(self) -> int:
        return self.lines[0].at

    @property
    def last(self) -> int:
        return self.lines[-1].at

    @property
    def code(self) -> int | None:
        """The exit code; None while the pod runs, or when it was killed."""
        return self.lines[-1].code

    @property
    def told(self) -> bool:
        """Whether the pod got SIGTERM."""
        return any(line.word == TOLD for line in self.lines)


def read(text: str) -> list[Line]:
    """Return all lines but an incomplete last one. Raises ValueError for a line that no pod of ours wrote."""
    whole, _, _ = text.rpartition("\n")
    return [_line(each) for each in whole.splitlines()]


def pod_runs(lines: Iterable[Line]) -> list[PodRun]:
    """Return the pods in the order of their first lines; pods whose lines interleave are still one each."""
    found: dict[str, PodRun] = {}
    for line in lines:
        found.setdefault(line.pod, PodRun(line.pod, line.redrives, line.attempt)).lines.append(line)
    return list(found.values())


def contradictions(lines: Sequence[Line]) -> Iterator[str]:
    """Yield what must never happen: two pods of one job at a time, a number used twice, a container that ran twice."""
    silent: set[str] = set()
    before: Line | None = None
    again: list[str] = []
    for pod, group in groupby(lines, key=lambda line: line.pod):
        said = list(group)
        if before is not None and pod in silent:
            again.append(f"pod {pod} wrote again ({said[0]}) after pod {before.pod} ({before})")
        silent.add(pod)
        before = said[-1]
    if again:
        yield f"RAN TWICE AT THE SAME TIME: {again[0]}; {len(again) - 1} more times"
    found = pod_runs(lines)
    for pod_run in found:
        starts = sum(line.word == START for line in pod_run.lines)
        if starts != 1 or pod_run.lines[0].word != START:
            yield f"pod {pod_run.pod} started {starts} times, and its first word was {pod_run.lines[0].word}"
    numbers = [(pod_run.redrives, pod_run.attempt) for pod_run in found]
    if len(set(numbers)) != len(numbers):
        yield f"two pods were the same attempt: {numbers}"
    if sorted(numbers) != numbers:
        yield f"attempts ran in the wrong order: {numbers}"


def condensed(lines: Sequence[Line]) -> Iterator[str]:
    """Yield, for users, every line but the ticks between a pod's other lines."""
    for (pod, word), group in groupby(lines, key=lambda line: (line.pod, line.word)):
        said = list(group)
        if word == TICK and len(said) > 2:
            yield f"{said[0]}\n  ... {len(said) - 2} more, the longest pause {_longest_pause(said):.1f} s (pod {pod})"
            yield str(said[-1])
        else:
            yield from map(str, said)


def _longest_pause(said: Sequence[Line]) -> float:
    return max(after.at - before.at for before, after in pairwise(said)) / 1e9


def _line(text: str) -> Line:
    at, redrives, attempt, pod, word, *code = text.split(" ")
    if word not in {START, TICK, TOLD, END} or len(code) != (word == END):
        raise ValueError(f"no line of a witness: {text!r}")
    return Line(int(at), int(redrives), int(attempt), pod, word, int(code[0]) if code else None)
