"""The text rules: what the last words of a container say about its end, if there is no stronger evidence. Pure.

The text rules come last, before Unknown, because text is the weakest evidence. What systems call their failures is in
catalogues/, one system a file; what people say in English is in transient.py, permanent.py and crashes.py. Which line
counts is described in relevant_line.py, how words are found in it in phrases.py.

The order of the rules: first failures whose words are those of another class, then classes that are retried, then
classes that are not, then crashes. So if a line may mean both, the job is retried: one attempt too many costs less than
a job that is given up because of a word. What no rule knows is Unknown, and is retried, too: an expired token is in no
rule, because the next attempt may get a new one.
"""

from functools import lru_cache
from typing import Final

from queuedjob.policy.failure.evidence import Evidence
from queuedjob.policy.failure.rules import Rule, of_exit
from queuedjob.policy.failure.text.catalogues.all import CATALOGUES
from queuedjob.policy.failure.text.catalogues.programs import PROGRAMS
from queuedjob.policy.failure.text.crashes import CRASH_ROWS, REPORT_ROWS
from queuedjob.policy.failure.text.permanent import LOOKS_TRANSIENT_ROWS, PERMANENT_ROWS
from queuedjob.policy.failure.text.relevant_line import Reader
from queuedjob.policy.failure.text.text_rule import TextRule
from queuedjob.policy.failure.text.transient import LOOKS_LASTING_ROWS, TRANSIENT_ROWS

ROWS: Final = (*LOOKS_LASTING_ROWS, *LOOKS_TRANSIENT_ROWS, *TRANSIENT_ROWS, *PERMANENT_ROWS, *CRASH_ROWS)

_READER: Final = Reader(ROWS, PERMANENT_ROWS, REPORT_ROWS, CATALOGUES, PROGRAMS)


@lru_cache(maxsize=64)
def rules_for(text: str, exit_code: int | None = None) -> frozenset[str]:
    """The names of the text rules that know the line which counts. Cached, because each rule asks for them."""
    return _READER.read(text, exit_code)


def rules_of(evidence: Evidence) -> frozenset[str]:
    """The names of the text rules that know this end.

    The reason that the job reports is made for programs, so it counts first, whatever the last words say.
    """
    return rules_for(evidence.reported.reason) or rules_for(evidence.last_words, evidence.exit_code)


def names_a_passing_cause(evidence: Evidence) -> bool:
    """Whether the last words name a cause that passes, so that a signal only tells how the program ended."""
    known = rules_of(evidence)
    first = next((row for row in ROWS if row.name in known), None)
    return first is not None and first.failure.retried and not first.failure.poisons


def _rule(row: TextRule) -> Rule:
    def said(evidence: Evidence) -> bool:
        return row.name in rules_of(evidence)

    return Rule(row.name, row.failure, said, row.source, row.reason, of_exit, row.action)


TEXT_RULES: Final[tuple[Rule, ...]] = tuple(_rule(row) for row in ROWS)
