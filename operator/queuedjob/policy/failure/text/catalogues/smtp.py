"""SMTP: replies of 4xx and 5xx, and enhanced status codes (4.x.x is for now, 5.x.x is for good). Pure."""

from typing import Final

from queuedjob.policy.failure.text.catalogues.catalogue import Catalogue, after

SMTP: Final = Catalogue(
    system="SMTP",
    example="`(450, b'4.7.1 ...')`, `550 5.1.1`, `SMTPRecipientsRefused: {'a@example.org': (501, ...)}`",
    source="RFC 5321 section 4.2, RFC 3463; IANA, SMTP enhanced status codes",
    codes={
        "4": "text-unavailable",
        "5": "text-invalid",
        "5.2.2": "text-quota",
        "5.2.3": "text-too-large",
        "5.3.4": "text-too-large",
        "5.7": "text-credentials",
        "530": "text-credentials",
        "534": "text-credentials",
        "535": "text-credentials",
        "538": "text-credentials",
        "552": "text-quota",
    },
    by_prefix=True,
    sure=True,
    find=after(
        r"\b[45]\d\d(?:[ -]|, ?u?b?[\"'])#?([45]\.\d{1,3}\.\d{1,3})\b",
        r"\b(?:smtp|esmtp)\b.{0,120}[ ({:,]([45]\d\d)(?:,|\)|-| [^\s\d])",
        r"\bsmtp [a-z ]{4,40}: ?\{?[^{}()]{0,200}\(([45]\d\d), ?",
        r"\bsmtp [a-z ]{4,40}:? ([45]\d\d) ",
    ),
)
