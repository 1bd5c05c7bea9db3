"""The figures of a run, and what went wrong, for users."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from dev.chaos.storm import Outcome


def report(outcome: Outcome) -> Iterator[str]:
    """Yield the lines of the report."""
    yield f"seed {outcome.seed}, {outcome.seconds / 60:g} minutes of faults"
    yield "Faults"
    yield from _counted(outcome.strikes.done)
    yield from _counted({f"{name}: ended by itself": n for name, n in outcome.strikes.ended_by_themselves.items()})
    proxy = outcome.proxy
    yield (
        f"  of {proxy.connections} connections, {proxy.cut_off} answers were cut off, {proxy.withheld} pieces "
        "of answers lost"
    )
    yield "Jobs"
    yield from _counted(Counter(_end(each.job) for each in outcome.evidence.values()))
    yield "Attempts"
    yield from _counted(attempts(outcome))
    told = outcome.told
    yield "Operators"
    yield f"  {outcome.keeper.starts:6} started, {len(told.takeovers)} became ready"
    yield f"  {sum(told.takeovers):6} unfinished jobs taken over: {', '.join(map(str, told.takeovers))}"
    yield f"  {told.criticals:6} critical lines and {told.warnings} warnings in {outcome.keeper.log}"
    yield from problems(outcome)


def attempts(outcome: Outcome) -> dict[str, int]:
    """Return the numbers of attempts by class, and of what the witness recorded."""
    everything = list(outcome.evidence.values())
    entries = [entry for each in everything for entry in each.told_of.values()]
    classes = Counter(entry.get("class", "") or "success" for entry in entries)
    counted = sum(bool(entry.get("counted")) for entry in entries)
    return {
        "pods that were heard": sum(len(each.pod_runs) for each in everything),
        "words that they wrote": sum(len(each.lines) for each in everything),
        "settled, as status and letters list them": len(entries),
        "counted": counted,
        **{f"ended as {name}": count for name, count in sorted(classes.items())},
        "retries (counted failures that another attempt followed)": sum(
            entry is not each.attempts[-1] and bool(entry.get("counted"))
            for each in everything
            for entry in each.attempts
        ),
        "dead letters": sum(len(each.letters) for each in everything),
    }


def problems(outcome: Outcome) -> Iterator[str]:
    """Yield what is wrong, then one line with the verdict."""
    yield from (f"WRONG: {each}" for each in outcome.wrong)
    for finding in outcome.findings:
        yield from finding.whole()
    count = len(outcome.wrong) + len(outcome.findings)
    jobs = len(outcome.cases)
    yield f"{count} things are wrong: see above" if count else f"all {jobs} jobs were kept as promised"


def _end(job: dict[str, object] | None) -> str:
    status = (job or {}).get("status")
    if not isinstance(status, dict):
        return "deleted by their owners"
    return f"{status.get('phase')} {status.get('reason', '')}".strip()


def _counted(figures: Mapping[Any, int]) -> Iterator[str]:
    yield from (f"  {count:6} {name}" for name, count in figures.items())
