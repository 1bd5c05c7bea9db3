"""`make test`: every stage in order of cost, up to the first that fails; then one summary."""

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent

STAGES: Final = {
    "lint": "style and formatting",
    "types": "mypy --strict",
    "imports": "the import order of the packages",
    "verify": "generated files are what the models say",
    "unit": "decisions, tables and properties",
    "simulate": "the whole operator in simulated histories, killed at any moment",
    "api": "a real API server, operators that die at every write",
    "e2e": "a real kubelet, users and crashes",
    "chaos MINUTES=3": "operator, API server, etcd, kubelet and network broken at random, before a witness",
}
"""The arguments of make, a target first, and what each stage checks."""


@dataclass(frozen=True, slots=True)
class Result:
    """The result of one stage."""

    stage: str
    passed: bool
    seconds: float


def run(stages: dict[str, str]) -> list[Result]:
    """Run `stages` until one fails."""
    results: list[Result] = []
    for stage, about in stages.items():
        print(f"\n=== {stage}: {about}", flush=True)
        began = time.monotonic()
        status = subprocess.run(["make", "--silent", *stage.split()], cwd=ROOT, check=False).returncode
        results.append(Result(stage, status == 0, time.monotonic() - began))
        if status != 0:
            break
    return results


def summary(stages: dict[str, str], results: list[Result]) -> str:
    """Return one line for each stage, and what to do about one that failed."""
    by_stage = {result.stage: result for result in results}
    lines = ["", "=== summary"]
    for stage, about in stages.items():
        result = by_stage.get(stage)
        word = "not run" if result is None else "passed" if result.passed else "FAILED"
        took = f"{result.seconds:6.1f} s" if result is not None else " " * 8
        lines.append(f"{word:8} {took}  {stage.split()[0]:8} {about}")
    failed = [result.stage for result in results if not result.passed]
    if failed:
        lines.append(f"Once more, alone: make {failed[0]}")
    lines.append(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    return "\n".join(lines)


def main() -> int:
    """Run all stages and return 1 when one failed."""
    results = run(STAGES)
    print(summary(STAGES, results), flush=True)
    return 0 if all(result.passed for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
