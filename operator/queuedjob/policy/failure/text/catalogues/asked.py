"""Answers that ask for another try, whatever their status says. Pure."""

from typing import Final

from queuedjob.policy.failure.text.catalogues.catalogue import Catalogue, after

ASKED: Final = Catalogue(
    system="Answers that ask for another try",
    example="`Try again later.`, `Retrying the job may solve the problem`, `a simple retry will`",
    source='their own words; "fix this and try again" is none of them',
    codes={"try": "text-unavailable", "retry": "text-unavailable"},
    find=after(
        r"[.!:;,] (?:please )?(try|retry) (?:again|later|the (?:request|operation|transaction|job|query))\b",
        r"\b(retry)ing (?:the )?[a-z]+ (?:may|might|could|should|can) ",
        r"\b(?:simple|another|immediate) (retry) (?:will|may|should)",
        r"\b(?:safe|possible|ok) to (retry)\b",
        r"\b(try) [a-z]+ (?:again )?(?:later|in a (?:few|moment|minute))\b",
    ),
)
