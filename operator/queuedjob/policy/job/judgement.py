"""What follows from a job's terms alone, derived once for each generation of its spec. Pure, but for a memo.

A plan is made at every event of a job, its pods and its letters. Reading a spec again in each plan would let one user
slow all jobs down. So a plan gets the judgement ready-made, and asks it for a verdict at most once about the same end.
A judgement holds neither the terms nor the rules: they are large, and most jobs need them once, if ever.

A search with patterns may take 0.3 s. So a plan asks for it as a step of its own (JudgeEnd), which the controller
carries out beside the event loop.
"""

from typing import Protocol

from queuedjob.api.kinds.queuedjob import JobTerms
from queuedjob.policy.failure.classification import classify
from queuedjob.policy.failure.evidence import Evidence
from queuedjob.policy.failure.rules import Verdict
from queuedjob.policy.failure.user_rules import user_rules
from queuedjob.policy.job.spec_warnings import SpecWarning, spec_warnings_of


class Source(Protocol):
    """Where a job's terms are read, always the same: one generation of its spec."""

    @property
    def terms(self) -> JobTerms:
        """The terms."""
        ...


class Judgement:
    """The warnings about a job's terms, and the last verdict by its own rules."""

    __slots__ = ("_last", "_slow", "_source", "warnings")

    def __init__(self, source: Source, *, apart: bool = False) -> None:
        """Judge the terms of `source`. This compiles the patterns, within the budget of user_patterns.py.

        `apart`: ends are classified outside of plans if the terms have patterns.
        """
        self._source, terms = source, source.terms
        self._slow = apart and any(rule.message_matches for rule in terms.failure_policy.rules)
        self.warnings: tuple[SpecWarning, ...] = spec_warnings_of(terms)
        self._last: tuple[Evidence, Verdict] | None = None

    def is_ready(self, evidence: Evidence) -> bool:
        """Whether `verdict` answers at once."""
        return not self._slow or (self._last is not None and self._last[0] == evidence)

    def verdict(self, evidence: Evidence) -> Verdict:
        """Classify an end. The last answer is kept: an ended pod may wait for its settling through many plans."""
        if self._last is None or self._last[0] != evidence:
            self._last = (evidence, classify(evidence, user_rules(self._source.terms.failure_policy)))
        return self._last[1]

    def forget(self) -> None:
        """Drop the last answer: its attempt is settled."""
        self._last = None
