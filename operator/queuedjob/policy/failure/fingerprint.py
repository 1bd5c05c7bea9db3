"""One name for one cause, so that 412 dead letters of one cause form one group, as Sentry groups errors. Pure.

A cause is the type of the job, the reason of its last attempt, the rule that decided, the exit code, and the telling
line of the message without what differs from one end to the next: numbers, ids, hashes, addresses, times, names.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from typing import Final

from queuedjob.policy.failure.text.telling_line import telling_line

VERSION: Final = "v2"
"""The prefix of every fingerprint. A new recipe gets a new prefix, which shows the recipe of each dead letter."""

MASK: Final = "#"

_LONGEST: Final = 200
"""Characters of a line that count: what follows is mostly data."""

_NAMES: Final = re.compile(
    r"""
    [0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}       # a UUID
    | [0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?
    | (?<![0-9a-z:])\[?(?=[0-9a-f:]*[0-9])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?:\]?:[0-9]+|\])?(?![0-9a-z])  # IPv6
    | (?<![0-9a-z])[0-9a-f]{12,}(?![0-9a-z])          # a hash, also one without a digit
    | (?<=[0-9a-z]-)[bcdf-hj-np-tv-xz2-9]{6,10}-[bcdf-hj-np-tv-xz2-9]{5}(?![0-9a-z-])  # the end of a pod's name
    """,
    re.VERBOSE | re.IGNORECASE,
)
_WORD: Final = re.compile(r"(?<![0-9A-Za-z])[A-Za-z]*+[0-9][0-9A-Za-z]*+")
"""A word with a digit in it. A search begins only where a word begins, and never goes back: else a word of many letters
without a digit would cost the square of its length, 3.4 s for 16 KiB."""

_KEPT: Final = re.compile(r"([A-Za-z]{2,}?)[0-9]+$|[0-9]+([A-Za-z]{1,3})$")
"""A word with a number behind it (utf8, worker3), or a number with its unit (30s, 5GiB): the letters count."""

_HEX: Final = re.compile(r"(?:0x)?[0-9a-f]{6,}$", re.IGNORECASE)

_MASKS: Final = re.compile(r"[#](?:[\s.,:/+_-]*[#])+")
"""Several masks with nothing but punctuation between them: an address, a time, a list of numbers."""


def masked(line: str, names: Iterable[str] = ()) -> str:
    """Return the line with MASK in place of all that differs from one end of a cause to the next.

    `names` are those of the job and its pod; what contains them is named first. Masking again changes nothing.
    """
    for name in names:
        if name:
            line = re.sub(rf"(?<![0-9A-Za-z]){re.escape(name)}(?![0-9A-Za-z])", MASK, line)
    line = _WORD.sub(lambda word: _mask(word[0]), _NAMES.sub(MASK, line))
    return _MASKS.sub(MASK, " ".join(line.split()))


def fingerprint(
    *, job_type: str, reason: str, rule: str, exit_code: int | None, message: str, names: Iterable[str] = ()
) -> str:
    """Return the name of a cause; it fits the value of a label. It is a stable hash."""
    line = masked(telling_line(message), names)[:_LONGEST]
    recipe = json.dumps([job_type, reason, rule, exit_code, line], separators=(",", ":"))
    return f"{VERSION}-{hashlib.sha256(recipe.encode()).hexdigest()[:16]}"


def _mask(word: str) -> str:
    """The word with its number masked; MASK alone for a word that mixes letters and digits as only an id does."""
    kept = None if _HEX.match(word) and not word.isdecimal() else _KEPT.match(word)
    if kept is None:
        return MASK
    return f"{kept[1]}{MASK}" if kept[1] else f"{MASK}{kept[2]}"
