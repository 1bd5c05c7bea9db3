"""One name for one cause, so that 412 dead letters with the same cause group as one. Pure."""

import hashlib
import json
from typing import Final

VERSION: Final = "v1"
"""Stands in front of every fingerprint; a new recipe gets a new one, and letters of both can be told apart."""


def fingerprint(reason: str, failure_class: str, rule: str, exit_code: int | None) -> str:
    """A stable hash of what a failure is, without anything of the job that had it. Fits a label value."""
    recipe = json.dumps([reason, failure_class, rule, exit_code], separators=(",", ":"))
    return f"{VERSION}-{hashlib.sha256(recipe.encode()).hexdigest()[:16]}"
