"""Format explanations as text for a terminal: the most urgent part first, each command on its own line to be copied."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from queuedjob.api.kinds import queuedjob_phases as phases
from queuedjob.api.types.durations import format_duration
from queuedjob.cli.explain.models import (
    AttemptExplanation,
    Decision,
    JobExplanation,
    Limits,
    LimitUse,
    NextStep,
    Reported,
    RuleExplanation,
    Term,
)
from queuedjob.cli.explain.phrasing import moment, span

_STYLES: Final = {
    phases.SUCCEEDED: "bold green",
    phases.RUNNING: "bold blue",
    phases.WAITING: "bold yellow",
    phases.DEAD_LETTERED: "bold red",
    phases.QUARANTINED: "bold red",
}

_COMMAND: Final = "cyan"


def of_job(explanation: JobExplanation, notes: Sequence[str] = ()) -> RenderableType:
    """The text of `queuedjob explain JOB`."""
    head = Text.assemble(
        (f"{explanation.namespace}/{explanation.name}", "bold"), "  ", _phase(explanation.phase, explanation.reason)
    )
    parts: list[RenderableType] = [
        head,
        Text(explanation.summary),
        *(Text(each, "yellow") for each in explanation.warnings),
    ]
    if explanation.attempts:
        older = (
            [Text(f"({explanation.attempts_left_out} older ones are not listed)")]
            if explanation.attempts_left_out
            else []
        )
        parts += _part("Attempts", [*older, *(line for each in explanation.attempts for line in _attempt(each))])
    if reported := [*_reported(explanation.reported)]:
        parts += _part("What it has said", [_pairs(reported)])
    parts += _part("Next", [line for each in explanation.next for line in _next(each)])
    parts += _part("Limits", [_pairs(_limits(explanation.limits, explanation))])
    parts += _part("Terms (* from the spec, else built in)", [_pairs(_terms(explanation.terms))])
    parts += [Text(f"\n{note}", "yellow") for note in notes]
    return Group(*parts)


def of_decision(explanation: Decision) -> RenderableType:
    """The text of `queuedjob explain --exit-code ...`."""
    given = explanation.rule.class_ or "Success"
    head = Text.assemble(
        (given, "bold"), " by the rule ", (explanation.rule.name, "bold"), f" ({explanation.rule.origin})"
    )
    ignored = [("ignored", remark) for remark in explanation.ignored]
    facts = [
        ("reason", explanation.reason),
        ("message", explanation.message),
        *ignored,
        *_consequences(explanation.rule),
    ]
    tried = (
        f"{len(explanation.rules_tried)} rules, none of which matched: {', '.join(explanation.rules_tried)}"
        if explanation.rules_tried
        else "none"
    )
    outcome = Text.assemble(
        _phase(explanation.outcome.phase, explanation.outcome.reason), f"  {explanation.outcome.message}"
    )
    return Group(
        head,
        Text(explanation.rule.source),
        Text(),
        _pairs(facts),
        *_part(f"What would follow, on {explanation.basis}", [outcome]),
        *_part("Asked before", [Text(tried)]),
    )


def _phase(phase: str, reason: str) -> Text:
    return Text(phase + (f" ({reason})" if reason and reason != phase else ""), _STYLES.get(phase, "bold"))


def _part(title: str, lines: Iterable[RenderableType]) -> list[RenderableType]:
    return [Text(f"\n{title}", "bold"), *(line if _is_command(line) else Padding.indent(line, 2) for line in lines)]


def _attempt(attempt: AttemptExplanation) -> Iterator[RenderableType]:
    yield Text(f"{attempt.number}  {attempt.summary}")
    details: list[str] = []
    if attempt.rule is not None:
        details.append(f"rule {attempt.rule.name}: {attempt.rule.source}")
        details.append("; ".join(f"{label} {words}" for label, words in _consequences(attempt.rule)))
    if attempt.message:
        details.append(f"said: {attempt.message}")
    yield from (Padding.indent(Text(line), 3) for line in details if line)


def _consequences(rule: RuleExplanation) -> list[tuple[str, str]]:
    pairs = [("counts as", rule.counts_as), ("then", rule.consequence)]
    if rule.action:
        pairs.append(("action", f"{rule.action}: {rule.advice}"))
    return [(label, words) for label, words in pairs if words]


def _reported(reported: Reported) -> Iterator[tuple[str, str]]:
    if reported.progress is not None:
        yield "progress", f"{reported.progress.done} of {reported.progress.total}"
    if reported.checkpoint is not None:
        yield "checkpoint", reported.checkpoint.text
    if reported.result is not None:
        yield "result", reported.result.text


def _next(step: NextStep) -> Iterator[RenderableType]:
    yield Text(step.message)
    if step.command:
        yield Text(f"      {step.command}", _COMMAND, no_wrap=True, overflow="ignore")


def _is_command(line: RenderableType) -> bool:
    """Whether `line` is a command, which must not be cut. Indented lines are cut."""
    return isinstance(line, Text) and line.style == _COMMAND


def _limits(limits: Limits, explanation: JobExplanation) -> Iterator[tuple[str, str]]:
    yield "attempts", f"{_use(limits.attempts)} spent"
    yield "disruptions", _use(limits.disruptions)
    yield "crashes", f"{_use(limits.crashes)} within {format_duration(limits.crash_window)}"
    if limits.total_deadline is not None:
        yield "lifetime", f"until {moment(limits.total_deadline, explanation.as_of)}"
    if limits.next_wait is not None:
        yield "a failure", f"would be followed by a wait of {format_duration(limits.next_wait)}"
    if limits.waits_left:
        yield "patience", f"should all attempts fail, the waits before the last one add up to {span(limits.waits_left)}"
    for name, seconds in limits.waits_left_by_class.items():
        if seconds and limits.waits_left:
            yield "", f"should all of them fail as {name}: to {span(seconds)}"
        elif seconds:
            yield "patience", f"should all attempts fail as {name}, their waits add up to {span(seconds)}"


def _use(use: LimitUse) -> str:
    return f"{use.used} of {use.limit}"


def _terms(terms: Sequence[Term]) -> Iterator[tuple[str, str]]:
    groups: dict[str, list[str]] = {}
    for term in terms:
        group, _, field = term.field.rpartition(".")
        if term.value is not None:
            groups.setdefault(group, []).append(f"{field} {_value(term.value)}{'' if term.default else '*'}")
    for group, fields in sorted(groups.items(), key=lambda each: each[0] == ""):
        yield group or "other", ", ".join(fields)


def _value(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _pairs(pairs: Iterable[tuple[str, str]]) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    for label, words in pairs:
        grid.add_row(Text(label), Text(words))
    return grid
