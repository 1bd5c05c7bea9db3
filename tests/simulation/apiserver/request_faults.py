"""What happens to requests, answers and watches between an operator and the API server."""

import enum
from dataclasses import dataclass
from typing import Final, Protocol

from queuedjob.ports import Request


class Fault(enum.Enum):
    """What goes wrong with one request. Names that tests/api/env/faults.py also has mean the same there."""

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
    DENIED = "answered 422: an admission policy denies it"
    UNHOOKED = "answered 500: a required webhook is dead"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What happens to one request. All times are in seconds."""

    fault: Fault = Fault.NONE
    outward: float = 0.0
    """Time until the request reaches the API server."""
    homeward: float = 0.0
    """Time until the answer is back; ARRIVES_LATE: time until the sender sees that the connection broke."""
    retry_after: int = 1
    """The Retry-After of a 429."""


SERVED: Final = Delivery()


@dataclass(frozen=True, slots=True)
class LineDelivery:
    """How the next line of a watch is delivered. `cut`: it is not delivered, and the connection breaks."""

    lag: float = 0.0
    cut: bool = False


AT_ONCE: Final = LineDelivery()


class Deliveries(Protocol):
    """Decides what happens to each request and to each line of a watch."""

    def of_request(self, request: Request) -> Delivery:
        """The delivery of a request that is sent now. For a WATCH, it covers the time until the WATCH is answered."""
        ...

    def of_line(self, request: Request) -> LineDelivery:
        """The delivery of the next line of the WATCH that `request` began."""
        ...


class Undisturbed:
    """Nothing ever goes wrong, and nothing takes time."""

    def of_request(self, _request: Request) -> Delivery:
        return SERVED

    def of_line(self, _request: Request) -> LineDelivery:
        return AT_ONCE


_SERVER_TIMEOUT: Final = 60.0
"""Seconds after which the API server gives up a request without its own timeout (apiserver, --request-timeout)."""


def longest_journey(request: Request) -> float:
    """Seconds after which a lost request cannot take effect any more."""
    asked = request.query.get("timeout", "")
    return int(asked.removesuffix("ms")) / 1000 if asked.endswith("ms") else _SERVER_TIMEOUT
