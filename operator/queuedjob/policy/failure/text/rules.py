"""The text rules: what the last words of a container say about its end, if there is no stronger evidence. Pure.

The text rules come last, before Unknown, because text is the weakest evidence. They know English only. Which line
counts is described in relevant_line.py, how words are found in it in phrases.py, and which numbers are an HTTP status
in http_status.py.

The order of the rules: first failures that look like a less severe failure, then classes that are retried, then classes
that are not, then crashes. So if a line may mean both, the job is retried: one attempt too many costs less than a job
that is given up because of a word. If a rule knows the line of an exception, the exception has the class of that rule,
whatever stack trace is around it.
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
    """The names of the text rules that know the line which counts. Cached, because each rule asks for them."""
    return _READER.read(last_words)


def _text(evidence: Evidence) -> str:
    """The last words, and below them the reason that the job reports: it is made for programs, so it counts first."""
    return f"{evidence.last_words}\n{evidence.reported.reason}"


def _rule(row: TextRule) -> Rule:
    def said(evidence: Evidence) -> bool:
        return row.name in rules_for(_text(evidence))

    return Rule(row.name, row.failure, said, row.source, row.reason, of_exit, row.action)


TEXT_RULES: Final[tuple[Rule, ...]] = tuple(_rule(row) for row in ROWS)
