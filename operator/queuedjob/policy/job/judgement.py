"""What follows from a job's terms alone, derived once for each generation of its spec. Pure, but for a memo.

A plan is made at every event of a job, its pods and its letters. Reading a spec again in each plan would let one user
slow all jobs down: patterns take up to 40 ms to compile. So a plan gets the judgement ready-made, and asks it for a
verdict at most once about the same end.
"""

from queuedjob.api.kinds.queuedjob import JobTerms
from queuedjob.policy.failure.classification import classify
from queuedjob.policy.failure.evidence import Evidence
from queuedjob.policy.failure.rules import Verdict
from queuedjob.policy.failure.user_rules import user_rules
from queuedjob.policy.job.spec_warnings import SpecWarning, spec_warnings_of


class Judgement:
    """The warnings about a job's terms, and its own rules ready to be asked."""

    __slots__ = ("_last", "_rules", "warnings")

    def __init__(self, terms: JobTerms) -> None:
        """Judge `terms`. This compiles the patterns, within the budget of user_patterns.py."""
        self.warnings: tuple[SpecWarning, ...] = spec_warnings_of(terms)
        self._rules = user_rules(terms.failure_policy)
        self._last: tuple[Evidence, Verdict] | None = None

    def verdict(self, evidence: Evidence) -> Verdict:
        """Classify an end. The last answer is kept: an ended pod may wait for its settling through many plans."""
        if self._last is None or self._last[0] != evidence:
            self._last = (evidence, classify(evidence, self._rules))
        return self._last[1]

    def forget(self) -> None:
        """Drop the last answer: its attempt is settled."""
        self._last = None
