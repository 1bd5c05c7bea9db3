"""Sockets on which nothing of a request is sent after its sender has given it up or has died."""

import socket
import struct
import sys
from typing import Final

from aiohttp import AddrInfoType

UNACKNOWLEDGED: Final = 5.0
"""Most seconds after which the kernel gives up a connection whose peer does not acknowledge, or does not take, what was
sent. The operator's late margin (settings.py) replaces it where that is shorter: a request may arrive for as long. A
watch is not concerned: it has sent everything that it will ever send."""

_SHORTEST: Final = 1.0
"""The same at the least: a lost packet is sent again within as long. Zero would mean the kernel's default, a quarter of
an hour."""

_AT_ONCE: Final = struct.pack("ii", 1, 0)
"""SO_LINGER with a time of zero (struct linger): a close discards what was not sent, and resets the connection."""


def open_socket(address: AddrInfoType, *, unacknowledged: float = UNACKNOWLEDGED) -> socket.socket:
    """Make a socket for a connection to `address`. It is not connected yet.

    `unacknowledged`: seconds after which the kernel gives up the connection, from 1 to UNACKNOWLEDGED.

    By default a kernel goes on sending for a process that is dead, for up to a quarter of an hour: a request could
    arrive whenever a broken network heals (protocol: a late POST). So every close discards what is unsent, the close at
    the death of the process included. And the kernel itself gives up: it does so for a process that is stopped, too.

    A reset harms no answer, because a connection is closed only after its answer was read or given up. It harms no
    request, because a whole request is acknowledged before its answer comes. It may replace the notice by which TLS
    ends a connection; that notice protects messages without a length, and HTTP/1.1 gives each message its length.
    """
    family, kind, protocol, *_ = address
    opened = socket.socket(family, kind, protocol)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        if sys.platform == "linux":
            seconds = min(max(_SHORTEST, unacknowledged), UNACKNOWLEDGED)
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(seconds * 1000))
    except OSError:
        opened.close()
        raise
    return opened
