"""Canonical JSON and the hashes of specs. Golden tests pin them for ever: a changed hash would rerun every dead job.

A hash covers the fields as the API server stored them, never a parsed model. It begins with the name of its algorithm.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

ALGORITHM: Final = "v1-"
_DIGITS: Final = 32

POLICY_FIELDS: Final = frozenset({"retry", "timeouts"})
"""The spec fields that a decision to end a job reads. `policy_hash` covers them."""

FREE_FIELDS: Final = POLICY_FIELDS | {"suspend", "cancel", "ttlAfterFinished", "podHistoryLimit", "priority"}
"""The spec fields that may change after the first attempt. `spec_hash` leaves them out."""


def canonical(value: object) -> bytes:
    """`value` as JSON with sorted keys, no spaces and ASCII only. Raises TypeError for a value that is not JSON."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode("ascii")


def digest(value: object) -> str:
    """The hash of a JSON value, with the name of its algorithm in front."""
    return ALGORITHM + hashlib.sha256(canonical(value)).hexdigest()[:_DIGITS]


def spec_hash(raw_spec: Mapping[str, Any]) -> str:
    """The hash of the fields that a pod is built from, and of the fields that are frozen together with them."""
    return digest({key: value for key, value in raw_spec.items() if key not in FREE_FIELDS})


def policy_hash(raw_spec: Mapping[str, Any]) -> str:
    """The hash of the fields that a decision to end the job reads."""
    return digest({key: value for key, value in raw_spec.items() if key in POLICY_FIELDS})


def same_hash(one: str, other: str) -> bool | None:
    """Whether two hashes are of equal values. None if the algorithm of one is unknown: they cannot be compared then."""
    if not (one.startswith(ALGORITHM) and other.startswith(ALGORITHM)):
        return None
    return one == other
