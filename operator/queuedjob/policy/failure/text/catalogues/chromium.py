"""Chromium: the names of its network errors, which Puppeteer and Playwright report. Pure."""

from typing import Final

from queuedjob.policy.failure.text.catalogues.catalogue import Catalogue

CHROMIUM: Final = Catalogue(
    system="Chromium (Puppeteer, Playwright, Selenium)",
    example="`net::ERR_NAME_NOT_RESOLVED`",
    source="chromium/chromium, net/base/net_error_list.h",
    names={
        "text-dns": ("ERR_NAME_NOT_RESOLVED", "ERR_NAME_RESOLUTION_FAILED"),
        "text-connection-refused": (
            "ERR_CONNECTION_REFUSED",
            "ERR_CONNECTION_FAILED",
            "ERR_PROXY_CONNECTION_FAILED",
            "ERR_TUNNEL_CONNECTION_FAILED",
        ),
        "text-connection-lost": (
            "ERR_CONNECTION_RESET",
            "ERR_CONNECTION_CLOSED",
            "ERR_CONNECTION_ABORTED",
            "ERR_EMPTY_RESPONSE",
            "ERR_SOCKET_NOT_CONNECTED",
            "ERR_NETWORK_CHANGED",
            "ERR_HTTP2_PROTOCOL_ERROR",
            "ERR_QUIC_PROTOCOL_ERROR",
        ),
        "text-network": ("ERR_ADDRESS_UNREACHABLE", "ERR_INTERNET_DISCONNECTED", "ERR_NETWORK_IO_SUSPENDED"),
        "text-connect-timeout": ("ERR_CONNECTION_TIMED_OUT",),
        "text-timeout": ("ERR_TIMED_OUT",),
        "text-tls-handshake": ("ERR_SSL_PROTOCOL_ERROR",),
        "text-certificate": ("ERR_CERT_AUTHORITY_INVALID", "ERR_CERT_DATE_INVALID", "ERR_CERT_COMMON_NAME_INVALID"),
    },
)
