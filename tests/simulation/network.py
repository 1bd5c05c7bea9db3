"""The way between the operator and the API server: what becomes of each request, answer and watch."""

from typing import Final

from queuedjob.ports import Request
from tests.simulation import troubles
from tests.simulation.apiserver.fates import Fate, Fault, Telling, longest_journey
from tests.simulation.apiserver.resources import target_of
from tests.simulation.stage import Stage

_FASTEST: Final = 0.0005
_SLOWEST: Final = 0.02
"""Seconds that a request or an answer takes on a good day."""

_OF_REQUESTS: Final = {
    troubles.LOST_REQUEST: Fault.REQUEST_LOST,
    troubles.LOST_ANSWER: Fault.ANSWER_LOST,
    troubles.LATE_REQUEST: Fault.ARRIVES_LATE,
    troubles.THROTTLED: Fault.THROTTLED,
    troubles.FAILED: Fault.BROKEN,
    troubles.FAILED_AFTER: Fault.FAILED_AFTER,
    troubles.UNAVAILABLE: Fault.FAILED_BEFORE,
    troubles.GARBLED: Fault.GARBLED,
    troubles.CONFLICTED: Fault.CONFLICTED,
    troubles.UNREACHABLE: Fault.UNREACHABLE,
    troubles.UNAUTHORIZED: Fault.UNAUTHORIZED,
    troubles.NOT_PERMITTED: Fault.NOT_PERMITTED,
}
_WRITES_ONLY: Final = frozenset({troubles.LATE_REQUEST, troubles.FAILED_AFTER, troubles.CONFLICTED})


class Network:
    """The fates of the operator's requests."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._dice = stage.dice("network")
        self._down_until = 0.0
        self._lists_left = 0

    def starts(self) -> None:
        """Another operator starts, perhaps on caches that lag."""
        lagging = self._stage.strikes(troubles.LAGGING_START, self._dice)
        self._lists_left = self._dice.whole(1, 4) if lagging else 0

    def goes_down(self, seconds: float) -> None:
        """Nothing comes through for so long."""
        self._down_until = self._stage.loop.time() + seconds
        self._stage.happened(troubles.OUTAGE, f"for {seconds:.1f} s", *self._stage.states.all())

    def of_request(self, request: Request) -> Fate:
        """Of a request that is sent now."""
        outward, homeward = self._moment(), self._moment()
        if self._stage.calm:
            return Fate(outward=outward, homeward=homeward)
        if self._stage.loop.time() < self._down_until:
            return Fate(self._dice.one_of((Fault.UNREACHABLE, Fault.REQUEST_LOST, Fault.FAILED_BEFORE)), outward)
        is_list = request.method == "GET" and ("limit" in request.query) and "watch" not in request.query
        if is_list and self._lists_left > 0:
            self._lists_left -= 1
            self._tell(troubles.LAGGING_START, request)
            homeward = self._dice.about(0.5, 30.0)
        if "watch" in request.query and self._strikes(troubles.WATCH_GONE, request):
            self._tell(troubles.WATCH_GONE, request)
            return Fate(Fault.EXPIRED, outward, homeward)
        for trouble, fault in _OF_REQUESTS.items():
            if request.method == "GET" and trouble in _WRITES_ONLY:
                continue
            if trouble == troubles.NOT_PERMITTED and target_of(request.path) is None:
                continue  # what is no resource is everybody's
            if self._strikes(trouble, request):
                self._tell(trouble, request)
                return self._troubled(fault, request, outward, homeward)
        if self._strikes(troubles.SLOW, request):
            self._tell(troubles.SLOW, request)
            if self._dice.chance(0.5):
                outward = self._dice.about(0.1, 25.0)
            else:
                homeward = self._dice.about(0.1, 25.0)
        return Fate(outward=outward, homeward=homeward)

    def of_line(self, request: Request) -> Telling:
        """Of the next line of a watch."""
        if self._stage.calm:
            return Telling(lag=self._moment())
        if self._stage.loop.time() < self._down_until:
            return Telling(cut=True)
        if self._strikes(troubles.WATCH_CUT, request):
            self._tell(troubles.WATCH_CUT, request)
            return Telling(lag=self._moment(), cut=True)
        if self._strikes(troubles.WATCH_LAG, request):
            self._tell(troubles.WATCH_LAG, request)
            return Telling(lag=self._dice.about(0.05, 20.0))
        return Telling(lag=self._moment())

    def _troubled(self, fault: Fault, request: Request, outward: float, homeward: float) -> Fate:
        match fault:
            case Fault.ARRIVES_LATE:
                outward = self._dice.between(0.0, longest_journey(request) + self._stage.story.settings.late_margin)
                homeward = self._dice.one_of((0.0, 0.01, 1.0, 30.0))
            case Fault.REQUEST_LOST | Fault.ANSWER_LOST if self._dice.chance(0.3):
                outward = self._dice.about(0.05, 20.0)
            case _:
                pass
        return Fate(fault, outward, homeward, retry_after=self._dice.one_of((1, 1, 5)))

    def _strikes(self, trouble: str, request: Request) -> bool:
        """Reads and watches outnumber what matters: they are spared more often."""
        rate = self._stage.story.rate(trouble)
        return rate > 0 and self._dice.chance(rate if request.method != "GET" else rate / 3)

    def _tell(self, trouble: str, request: Request) -> None:
        kind = "WATCH" if "watch" in request.query else request.method
        self._stage.happened(trouble, f"{kind} {request.path}", *self._stage.states.of_request(request))

    def _moment(self) -> float:
        return self._dice.between(_FASTEST, _SLOWEST)
