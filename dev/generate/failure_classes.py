"""docs/failure-classes.md, from the tables that decide: the document has the rules of the code, in the same order."""

from collections.abc import Iterable, Sequence
from typing import Final

from queuedjob.policy.failure.classes import CLASSES, FailureClass
from queuedjob.policy.failure.classification import FIXED_RULES, RULES
from queuedjob.policy.failure.descriptions import ADVICE, counts_as, then
from queuedjob.policy.failure.rules import Action, Rule
from queuedjob.policy.failure.text.catalogues.all import CATALOGUES
from queuedjob.policy.failure.text.catalogues.programs import PROGRAMS
from queuedjob.policy.failure.text.rules import TEXT_RULES

PATH: Final = "docs/failure-classes.md"

_BAR: Final = "\\|"
"""A bar within a cell."""

_TEXT: Final = """\
<!-- Generated from operator/queuedjob/policy by `make generate`: change it there. -->
# Failure classes, and the rules that tell them

For people who write jobs and people on call. When an attempt ends, the rules below are asked from top to bottom, and
the first that matches decides. Its name stands in the attempt (`status.attempts[].rule`), in the Event, in the dead
letter and in the log. `queuedjob explain JOB` tells it with what it stands for; with `--exit-code` or `--message` it
tells what would be decided ([cli.md](cli.md)).

## Classes
A rule gives an end its class, and the class says what it costs and what follows. Limits come on top: a job that has
spent its attempts, its disruptions, its crashes or its time ends ([states.md](states.md)).

{classes}

*Yours*: a rule of the job's own (`spec.failurePolicy.rules`) may give this class.

## Rules

### Beyond doubt
These come before the job's own rules: nothing overrides them.

{facts}

### The job's own rules
`spec.failurePolicy.rules`, in the order of the spec ([api.md](api.md)): after `{last_fact}` and before
`{first_rule}`.

### Built in

{rules}

The rules by text, from `{first_text}` to `{last_text}`, read the container's last words where nothing stronger says
what happened. They know what the systems below call their failures, and English: whole words in any case, never a
number by itself. The lines are read from the last one upward, and the first that names a cause counts; lines of level
INFO and below and the frames of stack traces are passed over. A trace that names no cause is a Crash. Where a line may
mean both, or a line above names a failure that passes and was not tried again, the job is tried again; what nothing
knows is Unknown. What your program says in words of its own is best told by an exit code or a rule of the job's own.

### What the rules by text read

{catalogues}

## What to do
The action of the rule that decided stands in the dead letter. Where a rule names none, it is `{fallback}`.

{actions}
"""


def text() -> str:
    """Return the whole document."""
    return _TEXT.format(
        classes=_table(("class", "what it is", "counts as", "what follows", "yours"), map(_of_class, CLASSES)),
        facts=_of_rules(FIXED_RULES),
        rules=_of_rules(RULES),
        last_fact=FIXED_RULES[-1].name,
        first_rule=RULES[0].name,
        first_text=TEXT_RULES[0].name,
        last_text=TEXT_RULES[-1].name,
        catalogues=_catalogues(),
        fallback=Action.ALERT_DEVELOPER,
        actions=_table(("action", "what to do"), ((f"`{each}`", ADVICE[each]) for each in Action)),
    )


def _of_class(failure: FailureClass) -> tuple[str, ...]:
    yours = "yes" if failure.nameable else ""
    return f"`{failure.name}`", failure.meaning, counts_as(failure), then(failure), yours


def _of_rules(rules: Sequence[Rule]) -> str:
    rows = ((f"`{r.name}`", r.failure.name if r.failure else "", r.source, r.action or "") for r in rules)
    return _table(("rule", "class", "what it recognises", "action"), rows)


def _catalogues() -> str:
    """Return the table of catalogues; in it a bar ends a cell, so an example has none."""
    names = ", ".join(each.name for each in PROGRAMS)
    exits = (f"Exit codes of {names}, where the words name the program", "", "; ".join(e.source for e in PROGRAMS))
    rows = ((each.system, each.example, each.source) for each in CATALOGUES)
    return _table(("system", "as in", "source"), (*rows, exits))


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    body = (f"| {' | '.join(cell.replace('|', _BAR) for cell in row)} |" for row in rows)
    return "\n".join((f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}", *body)).replace("|  |", "| |")
