"""What the API server does, case by case: asked of the real one and of the simulated one, with the same answers.

Each case is told by its name, and asks through `Api`. Whatever it was answered is written down, so that the two servers
are compared in more than a case asserts: in every word, cause, event and version.
"""

from tests.api.semantics.cases import CASES, Case

__all__ = ["CASES", "Case"]
