"""Go: errors of its standard library, which its programs pass on word for word. Pure."""

from typing import Final

from queuedjob.policy.failure.text.catalogues.catalogue import Catalogue, after

GO: Final = Catalogue(
    system="Go's standard library",
    example="`read tcp ...: i/o timeout`, `unexpected EOF`, `x509: certificate signed by unknown authority`",
    source="golang/go: io, net, net/http, context, crypto/x509, database/sql/driver",
    names={
        "text-connection-lost": (
            "use of closed network connection",
            "server closed idle connection",
            "driver: bad connection",
        ),
        "text-timeout": ("context deadline exceeded", "Client.Timeout exceeded"),
        "text-tls-handshake": ("TLS handshake timeout",),
        "text-certificate": ("x509: certificate signed by unknown authority", "x509: certificate has expired"),
        "text-dns": ("no such host", "server misbehaving"),
    },
    codes={"unexpected eof": "text-connection-lost", "eof": "text-connection-lost"},
    find=after(
        r"(?:^|[:=] ?\"?)(unexpected eof)[\"' ]*$",
        r"\b(?:get|post|put|head|delete|patch|read|write|rpc error|dial)\b.*: (eof)[\"' ]*$",
    ),
)
