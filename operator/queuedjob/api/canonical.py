"""Canonical JSON and the hashes of specs. Pinned by golden tests for ever: a changed hash would rerun every dead job.

Hashes are of the fields as the API server stored them, never of a parsed model, and carry their algorithm.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

ALGORITHM: Final = "v1-"
_DIGITS: Final = 32

POLICY_FIELDS: Final = frozenset({"retry", "timeouts"})
"""What a decision to end a job reads; in `policy_hash`."""

FREE_FIELDS: Final = POLICY_FIELDS | {"suspend", "cancel", "ttlAfterFinished", "podHistoryLimit", "priority"}
"""What may change after the first attempt; not in `spec_hash`."""


def canonical(value: object) -> bytes:
    """`value` as JSON with sorted keys, no spaces and ASCII only. Raises TypeError for what is not JSON."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode("ascii")


def digest(value: object) -> str:
    """The hash of a JSON value, with its algorithm."""
    return ALGORITHM + hashlib.sha256(canonical(value)).hexdigest()[:_DIGITS]


def spec_hash(raw_spec: Mapping[str, Any]) -> str:
    """The hash of what a pod is built from, and of what is frozen with it."""
    return digest({key: value for key, value in raw_spec.items() if key not in FREE_FIELDS})


def policy_hash(raw_spec: Mapping[str, Any]) -> str:
    """The hash of what a decision to end the job reads."""
    return digest({key: value for key, value in raw_spec.items() if key in POLICY_FIELDS})


def same_hash(one: str, other: str) -> bool | None:
    """Whether two hashes are of equal values; None where they cannot be compared, as one's algorithm is unknown."""
    if not (one.startswith(ALGORITHM) and other.startswith(ALGORITHM)):
        return None
    return one == other
