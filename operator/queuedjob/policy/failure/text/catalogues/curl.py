"""curl and libcurl: exit codes, and what libcurl says of each. Pure."""

from typing import Final, NamedTuple

from queuedjob.policy.failure.text.catalogues.catalogue import Catalogue, after


class _Code(NamedTuple):
    number: int
    text: str
    """What curl_easy_strerror(3) says of it; empty where these words are used elsewhere, too."""
    rule: str


_CODES: Final = (
    _Code(5, "Couldn't resolve proxy name", "text-dns"),
    _Code(6, "Couldn't resolve host name", "text-dns"),
    _Code(7, "Couldn't connect to server", "text-connection-refused"),
    _Code(8, "", "text-connection-lost"),
    _Code(16, "Error in the HTTP2 framing layer", "text-connection-lost"),
    _Code(18, "Transferred a partial file", "text-connection-lost"),
    _Code(28, "Timeout was reached", "text-timeout"),
    _Code(35, "SSL connect error", "text-tls-handshake"),
    _Code(52, "Server returned nothing (no headers, no data)", "text-connection-lost"),
    _Code(55, "Failed sending data to the peer", "text-connection-lost"),
    _Code(56, "Failure when receiving data from the peer", "text-connection-lost"),
    _Code(58, "Problem with the local SSL certificate", "text-certificate"),
    _Code(60, "SSL peer certificate or SSH remote key was not OK", "text-certificate"),
    _Code(67, "Login denied", "text-credentials"),
    _Code(77, "", "text-certificate"),
    _Code(92, "Stream error in the HTTP/2 framing layer", "text-connection-lost"),
    _Code(95, "HTTP/3 error", "text-connection-lost"),
)
"""22 means "an HTTP status of 400 or more" and belongs to that status."""

CURL: Final = Catalogue(
    system="curl and libcurl",
    example="`curl: (56) ...`, `curl error 28`, curl ... `exited with code 6`",
    source="curl(1), Exit codes; libcurl-errors(3)",
    names={
        rule: tuple(c.text for c in _CODES if c.rule == rule and c.text) for rule in sorted({c.rule for c in _CODES})
    },
    codes={str(each.number): each.rule for each in _CODES},
    find=after(
        r"\bcurl: \((\d{1,2})\)",
        r"\bcurl error:? \(?(\d{1,2})\b",
        r"\bcurl (\d{1,2}) [a-z]",
        r"\bcurl\b.* (?:exited with|exit code|exit status|returned) (?:code |status )?(\d{1,2})\b",
    ),
)
