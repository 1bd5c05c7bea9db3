"""HTTP statuses in a line: a number counts as a status only beside a word that shows it. Pure.

"HTTP 503", "status=429" and "error 404 for url" are statuses; "processed 4000 rows", "took 503 ms" and "id 429a" are
not. The automaton is RE2's (google-re2): it never backtracks.
"""

import re
from typing import Final

import re2

_NUMBER: Final = re.compile(r"[45]\d\d")
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]")

_BETWEEN: Final = r"[^a-z0-9,;]+"
_SURE: Final = (
    r"http(?:/[0-9.]+)?",
    "status",
    f"status{_BETWEEN}of",
    f"status{_BETWEEN}code{_BETWEEN}of",
    f"(?:http|status|error|response|return|result){_BETWEEN}(?:code|status|error)",
    "statuscode",
)
"""After these words a number is a status, whatever follows."""
_WHO: Final = "(?:server|api|upstream|service|backend|gateway|proxy|request|endpoint|host|registry)"
_LIKELY: Final = (
    "error",
    "code",
    "response",
    f"error{_BETWEEN}occurred",
    f"{_WHO}{_BETWEEN}(?:returned|answered|replied|failed|got|gave)",
    f"(?:responded|replied|answered|failed|rejected|returned){_BETWEEN}with",
)
"""After these words a number is a status only at the end of its clause.

"error 503" and "error 503 for url" are statuses; "error: 503 rows left" is not."""

_ENDS: Final = r"(?:$|[^a-z0-9_.,:/%-]|[.,:/-](?:$|[^a-z0-9_]))"
"""What may follow a status. 503.5, 503,000, 503% and 503-1 are not the status 503; "503, retrying" is."""
_CLAUSE_ENDS: Final = (
    r"(?:$|[^a-z0-9_ .,:/%-]|[.,:](?:$|[^a-z0-9_])| [^a-z0-9_]| (?:for|from|when|on|while|after|in|at|with|by) )"
)
_NAMED: Final = r" (?:client error|server error|(?:get|post|put|patch|delete|head) https?:)"
"""The wording of `requests` and of Google's clients: "503 Server Error", "404 GET https://"."""

_STATUS: Final = re2.compile(
    r"(?:^|[^a-z0-9_])(?:"
    rf"(?:{'|'.join(_SURE)}){_BETWEEN}([45]\d\d){_ENDS}"
    rf"|(?:{'|'.join(_LIKELY)}){_BETWEEN}([45]\d\d){_CLAUSE_ENDS}"
    rf"|([45]\d\d){_NAMED}"
    r")"
)


def statuses_in(lowered: str) -> set[int]:
    """The statuses of failures in a line. The line is in lower case, its CamelCase names split into words."""
    if not _NUMBER.search(lowered):
        return set()
    letters = _NOT_ASCII.sub("a", lowered)  # a letter of another script is part of a word, too
    return {int(code) for found in _STATUS.findall(letters) for code in found if code}
