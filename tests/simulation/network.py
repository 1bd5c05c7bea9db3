"""The network between the operator and the API server: it decides the delivery of each request, answer and watch."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from queuedjob.kube.client.errors import TermOver
from queuedjob.ports import Clock, Lines, NoAnswer, Request, Response
from tests.simulation import troubles
from tests.simulation.apiserver.instead import timed_out
from tests.simulation.apiserver.request_faults import Delivery, Fault, LineDelivery, longest_journey
from tests.simulation.apiserver.resources import EVENTS, PODS, target_of
from tests.simulation.apiserver.server import ApiServer
from tests.simulation.apiserver.transport import SimulatedTransport
from tests.simulation.crowd import LOUD
from tests.simulation.env import Env
from tests.simulation.lagging_caches import LaggingCaches
from tests.simulation.rng import Stream

_FASTEST: Final = 0.0005
_SLOWEST: Final = 0.02
"""Seconds that a request or an answer takes without faults: the least and the most."""

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
_REFUSED: Final = {"DELETE": troubles.DELETE_DENIED, "PATCH": troubles.UPDATE_DENIED}
"""Which trouble refuses a write to a pod, by method."""

_FAULTS: Final = {troubles.DELETE_DENIED: Fault.DENIED, troubles.UPDATE_DENIED: Fault.UNHOOKED}

_WRITES_ONLY: Final = frozenset({troubles.LATE_REQUEST, troubles.FAILED_AFTER, troubles.CONFLICTED})


_GIVES_UP: Final = 3.0
"""Seconds after which a request in a network that is cut is given up."""


class Network:
    """Decides the deliveries of the operator's requests."""

    def __init__(self, env: Env) -> None:
        self._env = env
        self._rng = env.rng(Stream.NETWORK)
        self._down_until = 0.0
        self._refused_until: dict[str, float] = {}
        """Until when writes to pods are refused, by trouble."""
        self.on_late: Callable[[], None] = lambda: None
        """Called when a write will still arrive after its sender has taken it for lost."""

    def starts(self) -> None:
        """Another operator starts, perhaps on lagging caches, as the caches of a standby may lag."""
        server, witness = self._env.cluster.server, self._env.witness
        server.caches = None
        if self._env.strikes(troubles.LAGGING_START, self._rng):
            behind = round(self._rng.about(1, 60))
            server.caches = LaggingCaches(server.storage, witness.revision - behind)
            self._env.happened(troubles.LAGGING_START, f"by {behind} revisions", *self._env.states.all())

    def goes_down(self, seconds: float) -> None:
        """Start an outage of `seconds`: no request reaches the API server."""
        self._down_until = max(self._down_until, self._env.loop.time() + seconds)
        self._env.happened(troubles.OUTAGE, f"for {seconds:.1f} s", *self._env.states.all())

    def refuses(self, trouble: str, seconds: float) -> None:
        """Refuse writes to pods for `seconds`, by a policy or a dead webhook."""
        self._refused_until[trouble] = max(self._refused_until.get(trouble, 0.0), self._env.loop.time() + seconds)

    def _refusal(self, request: Request) -> str:
        """The trouble that refuses this request; empty if none does."""
        trouble = _REFUSED.get(request.method, "")
        target = target_of(request.path) if self._env.loop.time() < self._refused_until.get(trouble, 0.0) else None
        return trouble if target is not None and target.resource is PODS and target.name else ""

    def of_request(self, request: Request) -> Delivery:
        """The delivery of a request that is sent now."""
        outward, homeward = self._moment(), self._moment()
        if self._env.calm:
            return Delivery(outward=outward, homeward=homeward)
        if self._env.loop.time() < self._down_until:
            return Delivery(self._rng.one_of((Fault.UNREACHABLE, Fault.REQUEST_LOST, Fault.FAILED_BEFORE)), outward)
        if (trouble := self._hangs(request)) is not None:
            self._tell(trouble, request)
            return Delivery(Fault.REQUEST_LOST, request.timeout)
        if refusal := self._refusal(request):
            self._tell(refusal, request)
            return Delivery(_FAULTS[refusal], outward, homeward)
        if "watch" in request.query and self._strikes(troubles.WATCH_GONE, request):
            self._tell(troubles.WATCH_GONE, request)
            return Delivery(Fault.EXPIRED, outward, homeward)
        for trouble, fault in _OF_REQUESTS.items():
            if request.method == "GET" and trouble in _WRITES_ONLY:
                continue
            if trouble == troubles.NOT_PERMITTED and target_of(request.path) is None:
                continue  # a path that is no resource is open to all users
            if self._strikes(trouble, request):
                self._tell(trouble, request)
                return self._troubled(fault, request, outward, homeward)
        if self._is_slow_list(request):
            self._tell(troubles.SLOW, request)
            return Delivery(outward=outward, homeward=self._rng.about(0.5, 40.0))
        if self._strikes(troubles.SLOW, request):
            self._tell(troubles.SLOW, request)
            if self._rng.chance(0.5):
                outward = self._rng.about(0.1, 25.0)
            else:
                homeward = self._rng.about(0.1, 25.0)
        return Delivery(outward=outward, homeward=homeward)

    def _hangs(self, request: Request) -> str | None:
        """The trouble that lets a request of the loud namespace hang until its sender gives up; None: none does."""
        target = target_of(request.path)
        if target is None or target.namespace != LOUD or request.method != "POST":
            return None
        trouble = {PODS: troubles.HANG, EVENTS: troubles.HANG_EVENTS}.get(target.resource, "")
        return trouble if self._env.scenario.rate(trouble) > 0 else None

    def answered_too_early(self, request: Request) -> tuple[float, float] | None:
        """Seconds until a 504, and seconds until the request is carried out all the same; None: no such fault."""
        if request.method == "GET" or self._env.calm or not self._strikes(troubles.FAILED_EARLY, request):
            return None
        self._tell(troubles.FAILED_EARLY, request)
        self.on_late()
        return self._rng.about(0.01, 5.0), self._lateness(request)

    def _lateness(self, request: Request) -> float:
        return self._rng.between(0.0, longest_journey(request) + self._env.scenario.settings.late_margin)

    def of_line(self, request: Request) -> LineDelivery:
        """The delivery of the next line of a watch."""
        if self._env.calm:
            return LineDelivery(lag=self._moment())
        if self._env.loop.time() < self._down_until:
            return LineDelivery(cut=True)
        if self._strikes(troubles.WATCH_CUT, request):
            self._tell(troubles.WATCH_CUT, request)
            return LineDelivery(lag=self._moment(), cut=True)
        if self._strikes(troubles.WATCH_LAG, request):
            self._tell(troubles.WATCH_LAG, request)
            return LineDelivery(lag=self._rng.about(0.05, 20.0))
        return LineDelivery(lag=self._moment())

    def _troubled(self, fault: Fault, request: Request, outward: float, homeward: float) -> Delivery:
        match fault:
            case Fault.ARRIVES_LATE:
                outward = self._lateness(request)
                homeward = self._rng.one_of((0.0, 0.01, 1.0, 30.0))
                self.on_late()
            case Fault.REQUEST_LOST | Fault.ANSWER_LOST if self._rng.chance(0.3):
                outward = self._rng.about(0.05, 20.0)
            case _:
                pass
        return Delivery(fault, outward, homeward, retry_after=self._rng.one_of((1, 1, 5)))

    def _strikes(self, trouble: str, request: Request) -> bool:
        """Decide whether a trouble hits a request. Reads and watches outnumber the writes, so their rate is a third.
        LISTs are few and have the full rate."""
        rate = self._env.scenario.rate(trouble)
        spared = request.method == "GET" and "limit" not in request.query
        return rate > 0 and self._rng.chance(rate / 3 if spared else rate)

    def _is_slow_list(self, request: Request) -> bool:
        """On a slow network, LISTs are the slowest: much changes between the state they show and their arrival."""
        is_list = request.method == "GET" and "limit" in request.query
        return is_list and self._env.scenario.rate(troubles.SLOW) > 0 and self._rng.chance(0.4)

    def _tell(self, trouble: str, request: Request) -> None:
        kind = "WATCH" if "watch" in request.query else request.method
        self._env.happened(trouble, f"{kind} {request.path}", *self._env.states.of_request(request))

    def _moment(self) -> float:
        return self._rng.between(_FASTEST, _SLOWEST)


class Wire(SimulatedTransport):
    """The operator's transport. It also simulates an API server that answers 504 and still carries out the request.

    `pause` is asked between the sender's last look at its term and the first byte: for how many seconds does the
    process stand still? Then the request is sent all the same.
    """

    def __init__(
        self,
        server: ApiServer,
        clock: Clock,
        network: Network,
        *,
        margin: float,
        pause: Callable[[Request], float],
        is_cut: Callable[[], bool],
    ) -> None:
        super().__init__(server, clock, network, margin=margin)
        self._network = network
        self._pause = pause
        self._is_cut = is_cut

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[Lines]:
        if self._is_cut():
            await self._clock.sleep(min(_GIVES_UP, request.timeout))
            raise NoAnswer(f"WATCH {request.path}: the network of this process is cut")
        async with super().stream(request) as lines:
            yield lines

    async def send(self, request: Request) -> Response:
        if self._is_cut():
            await self._clock.sleep(min(_GIVES_UP, request.timeout))
            raise NoAnswer(f"{request.method} {request.path}: the network of this process is cut")
        if request.may_send is not None and not request.may_send():
            raise TermOver(f"{request.method} {request.path}: the term is over")
        if paused := self._pause(request):
            self._put_on_the_wire(self._arrive(request, paused))
            await self._clock.sleep(paused)
            raise NoAnswer(f"{request.method} {request.path}: the process was paused")
        early = self._network.answered_too_early(request)
        if early is None:
            return await super().send(request)
        answered, arrives = early
        self._put_on_the_wire(self._arrive(request, min(arrives, self._longest(request))))
        await self._clock.sleep(answered)
        return timed_out(self._server.headers())
