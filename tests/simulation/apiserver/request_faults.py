"""What becomes of requests, answers and watches between an operator and the API server."""

import enum
from dataclasses import dataclass
from typing import Final, Protocol

from queuedjob.ports import Request


class Fault(enum.Enum):
    """What goes wrong with one request. Names as in tests/api/env/faults.py, where they mean the same."""

    NONE = "served"
    UNREACHABLE = "no connection can be made"
    REQUEST_LOST = "the request is lost"
    ANSWER_LOST = "it is carried out, its answer lost"
    ARRIVES_LATE = "given up for lost, and arrives later"
    CONFLICTED = "answered 409, not carried out: the API server lost a race of its own"
    THROTTLED = "answered 429 with Retry-After, not carried out"
    BROKEN = "answered 500, not carried out"
    FAILED_BEFORE = "answered 503, not carried out"
    FAILED_AFTER = "carried out, answered 504"
    GARBLED = "carried out, its answer cut off in the middle"
    EXPIRED = "a WATCH, or a later page of a LIST, is answered 410"
    UNAUTHORIZED = "answered 401: the token is not known"
    NOT_PERMITTED = "answered 403: the role is gone"


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one request. Seconds throughout."""

    fault: Fault = Fault.NONE
    outward: float = 0.0
    """Until it reaches the API server."""
    homeward: float = 0.0
    """Until its answer is back; ARRIVES_LATE: until its sender hears that the connection broke."""
    retry_after: int = 1
    """What a 429 asks for."""


SERVED: Final = Fate()


@dataclass(frozen=True, slots=True)
class Telling:
    """How the next line of a watch is told. `cut`: it is not, the connection breaks instead."""

    lag: float = 0.0
    cut: bool = False


AT_ONCE: Final = Telling()


class Fates(Protocol):
    """Decides, whenever something is sent."""

    def of_request(self, request: Request) -> Fate:
        """Of a request that is sent now; of a WATCH: until it is answered."""
        ...

    def of_line(self, request: Request) -> Telling:
        """Of the next line of the WATCH that `request` began."""
        ...


class Undisturbed:
    """Nothing ever goes wrong, and nothing takes time."""

    def of_request(self, _request: Request) -> Fate:
        return SERVED

    def of_line(self, _request: Request) -> Telling:
        return AT_ONCE


_SERVER_TIMEOUT: Final = 60.0
"""Seconds after which the API server gives up a request that names no time itself (apiserver, --request-timeout)."""


def longest_journey(request: Request) -> float:
    """Seconds after which a request that was lost can take effect no more."""
    asked = request.query.get("timeout", "")
    return int(asked.removesuffix("ms")) / 1000 if asked.endswith("ms") else _SERVER_TIMEOUT
