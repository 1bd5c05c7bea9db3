"""The text rules: what the last words of a container say of its end, where nothing stronger does. Pure.

They come last, before Unknown, as words are the weakest evidence. They know English only. Which line counts is told in
relevant_line.py, how words are found in it in phrases.py, and which numbers are an HTTP status in http_status.py.

Their order: first what would be taken for something milder, then the classes that try again, then those that give up,
then breakdowns. So where a line may mean both, the job is tried again: an attempt too many costs less than a job that
is given up for a word. And an exception whose own line a rule knows has that rule's class, whatever trace is around it.
"""

from functools import lru_cache
from typing import Final

from queuedjob.policy.failure.evidence import Evidence
from queuedjob.policy.failure.rules import Rule, of_exit
from queuedjob.policy.failure.text.crashes import CRASH_ROWS
from queuedjob.policy.failure.text.permanent import LOOKS_TRANSIENT_ROWS, PERMANENT_ROWS
from queuedjob.policy.failure.text.relevant_line import Reader
from queuedjob.policy.failure.text.text_rule import TextRule
from queuedjob.policy.failure.text.transient import TRANSIENT_ROWS

ROWS: Final = (*LOOKS_TRANSIENT_ROWS, *TRANSIENT_ROWS, *PERMANENT_ROWS, *CRASH_ROWS)

_READER: Final = Reader(ROWS)


@lru_cache(maxsize=64)
def rules_for(last_words: str) -> frozenset[str]:
    """The names of the text rules that know the line which counts; kept a while, as each rule asks for it."""
    return _READER.read(last_words)


def _text(evidence: Evidence) -> str:
    """The last words, and below them the job's own reason: it was chosen to be read by programs, so it counts first."""
    return f"{evidence.last_words}\n{evidence.reported.reason}"


def _rule(row: TextRule) -> Rule:
    def said(evidence: Evidence) -> bool:
        return row.name in rules_for(_text(evidence))

    return Rule(row.name, row.failure, said, row.source, row.reason, of_exit, row.action)


TEXT_RULES: Final[tuple[Rule, ...]] = tuple(_rule(row) for row in ROWS)
