"""`make simulate`: run many histories on all cores; show the coverage, the failures, and how to repeat each failure."""

import argparse
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Final

from tests.simulation import regressions
from tests.simulation.case import Case
from tests.simulation.coverage import Coverage
from tests.simulation.digest import of_all
from tests.simulation.result import Result, run_case
from tests.simulation.shrinking import shrunk
from tests.simulation.trace import readable_trace

_TELL: Final = 5.0
"""Seconds between two lines of progress."""

_FAILURES: Final = 20
"""The run stops after this many failing histories."""

_CHUNK: Final = 8


@dataclass
class Tally:
    """Totals over all histories that have finished so far."""

    began: float = field(default_factory=time.monotonic)
    result: int = 0
    attempts: int = 0
    kills: int = 0
    coverage: Coverage = field(default_factory=Coverage)
    failed: list[Result] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)

    def take(self, result: Result) -> None:
        self.result += 1
        self.attempts += result.attempts
        self.kills += result.kills
        self.coverage.add(result.coverage)
        self.digests[str(result.case)] = result.digest
        if result.breaches:
            self.failed.append(result)

    def line(self, of: int) -> str:
        rate = self.result / max(time.monotonic() - self.began, 0.001)
        return (
            f"{self.result}/{of} histories, {rate:.0f}/s, {self.attempts} attempts, {self.kills} operators killed, "
            f"{len(self.failed)} failed"
        )


def main(arguments: Sequence[str]) -> int:
    """Return the exit code: 1 if a promise was broken, else 0."""
    options = _options(arguments)
    if options.seed is not None:
        return _one(Case.parse(options.seed))
    if options.digest:
        return _digest(options.first or 1, options.seeds, options.workers)
    first = options.first if options.first is not None else _fresh()
    cases = [*(regressions.CASES if options.kept else ()), *(Case(first + n) for n in range(options.seeds))]
    tally = _all(cases, options.workers)
    if options.table:
        _tell_coverage(tally.coverage)
    for result in tally.failed[:3]:
        _tell_failure(result)
    print(tally.line(len(cases)))
    return 1 if tally.failed else 0


def _all(cases: Sequence[Case], workers: int) -> Tally:
    tally, told_at = Tally(), time.monotonic()
    for result in _lives(cases, workers):
        tally.take(result)
        if result.breaches:
            print(f"FAILED {result.case}: {result.broke}: {result.breaches[0].words[:160]}", flush=True)
        if time.monotonic() - told_at > _TELL:
            told_at = time.monotonic()
            print(tally.line(len(cases)), flush=True)
        if len(tally.failed) >= _FAILURES:
            print("enough")
            break
    return tally


def _digest(first: int, seeds: int, workers: int) -> int:
    """Print the digest of each seed, then the digest of all seeds together. Broken promises are ignored."""
    tally = Tally()
    for result in _lives([Case(first + n) for n in range(seeds)], workers):
        tally.take(result)
    for case, digest in sorted(tally.digests.items(), key=lambda each: int(each[0])):
        print(f"{case} {digest}")
    print(f"digest of {seeds} seeds from {first} on: {of_all(tally.digests)}")
    return 0


def _lives(cases: Sequence[Case], workers: int) -> Iterator[Result]:
    with get_context("spawn").Pool(workers) as pool:  # not forked: each process starts without state of this one
        yield from pool.imap_unordered(run_case, cases, chunksize=_CHUNK)


def _one(case: Case) -> int:
    result = run_case(case)
    print(readable_trace(case))
    print(
        f"{case}: {'broken: ' + result.broke if result.breaches else 'every promise kept'}; trace {result.trace[:16]}"
    )
    return 1 if result.breaches else 0


def _tell_failure(failing: Result) -> None:
    print(f"\n=== {failing.case} broke {failing.broke}; making it smaller ...", flush=True)
    small = shrunk(failing, run_case)
    print(readable_trace(small.case))
    print(f"Once more: make simulate SEED={small.case}")
    print("Once it is mended, keep it: a line in tests/simulation/regressions.txt")


def _tell_coverage(coverage: Coverage) -> None:
    print(coverage.table())
    if missed := coverage.missed():
        print(f"{len(missed)} pairs were never hit: {', '.join(missed)}")


def _fresh() -> int:
    """Return a first seed from the clock: most likely, it was never tried before."""
    return time.time_ns() // 1_000_000 % 1_000_000_000


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="how many fresh histories")
    parser.add_argument("--first", type=int, help="the first seed; none: by the clock, so others each time")
    parser.add_argument("--seed", help="this case alone, with its trace; as a failure prints it")
    parser.add_argument("--digest", action="store_true", help="the digests of the seeds from the first (1) on, alone")
    parser.add_argument("--kept", action="store_true", help="the kept cases, too")
    parser.add_argument("--table", action="store_true", help="which trouble came over a job in which state")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
