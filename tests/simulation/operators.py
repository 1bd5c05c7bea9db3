"""All operator processes: one, or a leader and a standby, each in a place of its own."""

from collections.abc import Iterator
from typing import Final

from queuedjob.kube.client.paths import resource_of
from queuedjob.wiring import Operator
from tests.simulation import troubles
from tests.simulation.env import Env
from tests.simulation.loop import SimulatedLoop
from tests.simulation.network import Network
from tests.simulation.ports import Machine
from tests.simulation.rng import Stream
from tests.simulation.seat import FIRST, Seat
from tests.simulation.witness import OPERATOR, Asked

_APART: Final = 86400.0
"""Seconds by which the monotonic clock of the second machine is ahead of the first one's."""


class Operators:
    """There is one operator process, or there are two. A trouble of a process hits any of them."""

    def __init__(self, env: Env, loop: SimulatedLoop, network: Network) -> None:
        self._env = env
        self._rng = env.rng(Stream.OPERATORS)
        self._seats = [Seat(env, loop, network, self._rng, name=FIRST, machine=Machine())]
        if env.scenario.rate(troubles.STANDBY):
            beside = env.rng(Stream.STANDBY)
            self._seats.append(Seat(env, loop, network, beside, name="standby", machine=Machine(ahead=_APART)))
        env.witness.after_write.append(self._carried_out)
        network.on_late = lambda: self._sender().with_a_late_request()

    def is_alive(self, owner: str) -> bool:
        """Whether `owner` is a process that runs now."""
        return any(seat.alive and owner == seat.owner for seat in self._seats)

    def start(self) -> None:
        """Start the processes: the first at once."""
        self._seats[0].start()
        for seat in self._seats[1:]:
            self._env.after(self._rng.about(0.01, 30.0), seat.start)

    def step(self, owner: str) -> None:
        """Called before each step of the loop."""
        if not owner:
            return
        for seat in self._seats:
            if owner == seat.owner or len(self._seats) == 1:
                seat.one_step()

    def kill(self) -> None:
        """End a process at once."""
        self._any().kill()

    def terminate(self) -> None:
        """SIGTERM for a process."""
        self._any().terminate()

    def starve(self) -> None:
        """A process gets no CPU time for a while."""
        self._any().starve()

    def isolate(self) -> None:
        """A process does not reach the API server for a while."""
        self._any().isolate()

    def set_clock(self) -> None:
        """The clock of a machine is set."""
        self._any().set_clock()

    def skew_clock(self) -> None:
        """The clock of a machine is wrong from the start."""
        self._any().skew_clock()

    def with_a_late_end(self, seconds: float) -> None:
        """A kubelet tells late, in this time, how a deleted pod ended."""
        self._any().with_a_late_end(seconds)

    def cut_watches(self) -> None:
        """Break all watches of all processes."""
        self._env.happened(troubles.WATCH_CUT, "all", *self._env.states.all())
        for seat in self._seats:
            seat.cut_watches()

    def held(self) -> dict[str, int] | None:
        """How much the process that works keeps, and where; None if none works."""
        return next((operator.held() for operator in self._working()), None)

    def stored(self) -> dict[str, dict[str, int]] | None:
        """The versions of all objects that the process that works holds, by plural and UID; None if none works."""
        operator = next(self._working(), None)
        if operator is None:
            return None
        stores = operator.stores
        return {
            store.objects.plural: {item.uid: item.resource_version for item in store}
            for store in (stores.jobs, stores.pods, stores.letters)
        }

    def end(self) -> None:
        """The history is over."""
        for seat in self._seats:
            seat.end()

    def _working(self) -> Iterator[Operator]:
        return (seat.operator for seat in self._seats if seat.operator is not None and seat.operator.work is not None)

    def _any(self) -> Seat:
        return self._seats[0] if len(self._seats) == 1 else self._rng.one_of(self._seats)

    def _sender(self) -> Seat:
        """The process that works: its writes may be late."""
        working = (seat for seat in self._seats if seat.operator is not None and seat.operator.work is not None)
        return next(working, self._seats[0])

    def _carried_out(self, asked: Asked) -> None:
        if asked.user == OPERATOR and resource_of(asked.request.path)[0] != "events":
            self._sender().carried_out()
