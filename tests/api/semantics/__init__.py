"""What the API server does, case by case: the real and the simulated API server must give the same answers.

The name of each case describes it; each case sends its requests through `Api`. All answers are recorded, so that the
two servers are compared in more than a case asserts: in every message, cause, event and version.
"""

from tests.api.semantics.cases import CASES, Case

__all__ = ["CASES", "Case"]
