"""HTTP: the statuses of an answer. Pure."""

from collections.abc import Iterable
from typing import Final

from queuedjob.policy.failure.text.catalogues.catalogue import Catalogue, by_code
from queuedjob.policy.failure.text.http_status import statuses_in


def _statuses(line: str) -> Iterable[str]:
    return map(str, statuses_in(line))


HTTP: Final = Catalogue(
    system="HTTP",
    example="`HTTP/1.1 503`, `status code: 429`, `404 Client Error`; never a number alone",
    source="RFC 9110 section 15, RFC 6585; Cloudflare's 520 to 524; 529 as some APIs use it",
    codes=by_code(
        {
            "text-rate-limited": (429,),
            "text-unavailable": (408, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529),
            "text-credentials": (401, 403, 407),
            "text-not-found": (404, 410),
            "text-invalid": (400, 415, 422),
            "text-too-large": (413,),
            "text-quota": (402,),
            "text-program": (405, 501, 505),
        }
    ),
    find=_statuses,
)
"""409 and 412 belong to none: they may be a lock, a duplicate or a lost race."""
