"""One place for an operator process: it is started, starved, terminated, killed at any moment, and started again."""

import contextvars
from contextlib import suppress
from http import HTTPStatus
from typing import Final

import orjson

from queuedjob.ports import Body, Request, Response
from queuedjob.settings import Settings
from queuedjob.telemetry.metrics import Metrics
from queuedjob.wiring import Operator, Ports
from tests.simulation import troubles
from tests.simulation.apiserver.resources import JOBS, LEASES, PODS, target_of
from tests.simulation.apiserver.source import SimulatedSource
from tests.simulation.captured_logs import BROKEN
from tests.simulation.env import Env
from tests.simulation.loop import OWNER, SimulatedLoop
from tests.simulation.network import Network, Wire
from tests.simulation.ports import (
    Machine,
    MortalClock,
    MortalSource,
    MortalTransport,
    NetworkClock,
    Pulse,
    RngChooser,
    RngRandom,
)
from tests.simulation.rng import Rng
from tests.simulation.witness import Sent, Wrote

_SOON: Final = (0.05, 0.5, 3.0, 30.0)
"""Seconds until the next operator starts: one of these."""

_SHARE_OF_MARGIN: Final = 0.95
"""The share of the margin for late requests (late_margin) that the network really uses."""

_PAUSED: Final = (0.5, 90.0)
"""Seconds for which a process may be paused between its last look at the term and the first byte of a request."""


class Seat:
    """A place for one process at a time, on one machine. A kill can come between any two steps of the process, or at a
    moment of a write. `name`: that of the place; each process in it has the name and a number."""

    def __init__(
        self, env: Env, loop: SimulatedLoop, network: Network, rng: Rng, *, name: str, machine: Machine
    ) -> None:
        self._env = env
        self._loop = loop
        self._network = network
        self._rng = rng
        self._name = name
        self._machine = machine
        self._pulse = Pulse(alive=False)
        self._started = 0
        self._wire: Wire | None = None
        self._operator: Operator | None = None
        self._stopping = False
        self._doom: tuple[str, int] = ("", 0)
        self._reads: dict[str, tuple[float, Body]] = {}
        self._cut_until = 0.0

    @property
    def alive(self) -> bool:
        """Whether a process runs."""
        return self._pulse.alive

    @property
    def operator(self) -> Operator | None:
        """The operator of the process that runs; None if there is none."""
        return self._operator if self._pulse.alive else None

    @property
    def owner(self) -> str:
        """The owner of all tasks of the current process."""
        return f"{self._name} {self._started}"

    def start(self) -> None:
        """Start a new process on the same cluster."""
        self._started += 1
        self._stopping = False
        self._pulse = Pulse()
        self._reads.clear()
        self._doom = self._foretold()
        self._network.starts()
        self._env.witness.remark("start", self.owner)
        context = contextvars.Context()
        context.run(OWNER.set, self.owner)
        context.run(self._spawn)

    def one_step(self) -> None:
        """The process is about to make a step: kill it if this is its chosen step."""
        if self._doom[0] == "step" and self._pulse.alive:
            self._one_nearer("step")

    # --- how a process ends

    def kill(self, how: str = troubles.KILL) -> None:
        """End the process at once: it has no effect after this call."""
        if not self._pulse.alive:
            return
        self._pulse.alive = False
        self._env.happened(how, self.owner, *self._env.states.all())
        self._loop.bury(self.owner)
        self._env.after(self._rng.one_of(_SOON), self.start)

    def terminate(self) -> None:
        """SIGTERM: the operator finishes its work in progress, then ends."""
        if self._pulse.alive and not self._stopping and self._operator is not None:
            self._stopping = True
            self._env.happened(troubles.TERMINATE, self.owner, *self._env.states.all())
            context = contextvars.Context()
            context.run(OWNER.set, self.owner)
            context.run(self._loop.create_task, self._drain(self._operator, self._pulse))

    async def _drain(self, operator: Operator, pulse: Pulse) -> None:
        await operator.drain()
        if pulse is self._pulse:
            self.kill("end")

    def starve(self) -> None:
        """The operator's process gets no CPU time for a while."""
        seconds = self._rng.about(0.1, 40.0)
        self._env.happened(troubles.STALL, f"{seconds:.1f} s", *self._env.states.all())
        self._loop.hold(self.owner, seconds)

    def isolate(self) -> None:
        """The process does not reach the API server for a while."""
        seconds = self._rng.about(1.0, 60.0)
        self._env.happened(troubles.ISOLATED, f"{self.owner} {seconds:.1f} s", *self._env.states.all())
        self._cut_until = self._loop.time() + seconds
        self.cut_watches()

    def set_clock(self) -> None:
        """A user, or NTP, sets the clock of the operator's machine."""
        self._machine.skew = self._rng.one_of((0.0, -1.0, 1.0)) * self._rng.about(0.2, 4000.0)
        self._env.happened(troubles.CLOCK_JUMP, f"skew {self._machine.skew:+.1f} s", *self._env.states.all())

    def skew_clock(self) -> None:
        """The clock of the operator's machine is wrong from the start."""
        self._machine.skew = self._rng.one_of((-1.0, 1.0)) * self._rng.about(0.2, 4000.0)
        self._env.happened(troubles.CLOCK_SKEW, f"{self._machine.skew:+.1f} s", *self._env.states.all())

    def end(self) -> None:
        """The history is over."""
        self._pulse.alive = False

    def with_a_late_request(self) -> None:
        """Perhaps kill the operator while a late write is on its way, or have it hand the Lease over. This is the worst
        moment: the operator has taken the write for lost, and the next process does not know of it."""
        if self._env.strikes(troubles.KILL, self._rng) or self._env.strikes(troubles.KILL, self._rng):
            self._env.after(self._rng.about(0.001, 5.0), self.kill)
        elif self._env.scenario.settings.leader_elect and self._env.strikes(troubles.TERMINATE, self._rng):
            self._env.after(self._rng.about(0.001, 1.0), self.terminate)

    def with_a_late_end(self, seconds: float) -> None:
        """Perhaps kill the operator just before a kubelet tells, late, how a deleted pod ended, in this time.

        The next process sees only what the kubelet has left of the pod.
        """
        if self._env.strikes(troubles.KILL, self._rng) or self._env.strikes(troubles.KILL, self._rng):
            self._env.after(max(seconds - self._rng.about(0.01, 2.0), 0.0), self.kill)

    def carried_out(self) -> None:
        """A write of an operator was carried out: kill the process if this is its chosen moment."""
        if self._pulse.alive:
            self._one_nearer("carried out")

    def _foretold(self) -> tuple[str, int]:
        """Choose where the new process is killed: at the n-th step, or at a moment of its n-th write; mostly never."""
        if not self._env.strikes(troubles.KILL, self._rng) and not self._env.strikes(troubles.KILL, self._rng):
            return "", 0
        kind = self._rng.one_of(("step", "sent", "carried out", "answered"))
        return kind, round(self._rng.about(1, 3000)) if kind == "step" else round(self._rng.about(1, 25))

    def _one_nearer(self, kind: str) -> None:
        expected, left = self._doom
        if kind != expected or self._env.calm:
            return
        self._doom = (kind, left - 1)
        if left <= 1:
            self._doom = ("", 0)
            self.kill()

    # --- what a process sends

    def _listen(self, request: Request, response: Response | None) -> None:
        self._note(request, response)
        if request.method != "GET":
            self._one_nearer("sent" if response is None else "answered")

    def _note(self, request: Request, response: Response | None) -> None:
        """Remember which jobs this process reads, and which read was the last before each POST of a pod."""
        target = target_of(request.path)
        if target is None:
            return
        now, witness = self._loop.time(), self._env.witness
        if request.method != "GET" and response is None and target.resource is not LEASES:
            witness.wrote.append(Wrote(now, witness.revision, self.owner, f"{request.method} {request.path}"))
        if request.method == "GET" and target.resource is JOBS and target.name:
            if response is not None and response.status == HTTPStatus.OK:
                with suppress(orjson.JSONDecodeError):
                    job = orjson.loads(self._env.cluster.server.from_wire(response.body))
                    self._reads[job["metadata"]["uid"]] = now, job
        elif request.method == "POST" and target.resource is PODS and response is None:
            body = orjson.loads(request.body or b"")
            read_at, read = self._reads.get(body["metadata"]["ownerReferences"][0]["uid"], (0.0, None))
            starved = any(self._env.scenario.rate(t) for t in (troubles.STALL, troubles.PAUSED, *troubles.OF_NETWORK))
            witness.sent.append(Sent(now, witness.revision, body["metadata"]["name"], read, read_at, starved))

    def _pause(self, request: Request) -> float:
        """Perhaps pause the process right before the first byte of a request. Return the seconds."""
        if request.may_send is None or not self._env.strikes(troubles.PAUSED, self._rng):
            return 0.0
        seconds = self._rng.about(*_PAUSED)
        self._env.happened(troubles.PAUSED, f"{self.owner} {seconds:.1f} s", *self._env.states.of_request(request))
        self._loop.hold(self.owner, seconds)
        return seconds

    # --- how a process runs

    def _spawn(self) -> None:
        pulse, env = self._pulse, self._env
        settings = env.scenario.settings
        margin = _SHARE_OF_MARGIN * settings.late_margin
        clock = MortalClock(pulse, self._machine, self._loop)
        random = RngRandom(env.rng(self._of_this_process("jitter")))
        self._wire = Wire(
            env.cluster.server,
            NetworkClock(self._loop),
            self._network,
            margin=margin,
            pause=self._pause,
            is_cut=lambda: self._loop.time() < self._cut_until,
        )
        transport = MortalTransport(self._wire, pulse, self._listen)
        source = SimulatedSource(
            transport,
            clock,
            random,
            RngChooser(
                env.rng(self._of_this_process("events")),
                lambda: env.calm or bool(env.scenario.rate(troubles.FLOOD)),
            ),
            on_relist=lambda _: operator.lifecycle.look_for_deleted(),
            sketched=any(env.scenario.rate(t) for t in troubles.ODD),
        )
        metrics = Metrics(clock, version="simulated")
        ports = Ports(transport, MortalSource(source, pulse), clock, random)
        operator = self._operator = Operator(settings, ports, metrics, instance=self._instance(settings))
        self._loop.create_task(self._live(operator, pulse))

    def _of_this_process(self, what: str) -> str:
        place = "" if self._name == FIRST else f"{self._name} "
        return f"{what} {place}{self._started}"

    def _instance(self, settings: Settings) -> str:
        return instance_of(self.owner) if settings.leader_elect else "simulated"

    async def _live(self, operator: Operator, pulse: Pulse) -> None:
        try:
            await operator.run()
        except Exception as error:  # noqa: BLE001 - an error that ends the operator is a finding; the history goes on
            self._env.witness.remark(BROKEN, f"the operator ended by itself: {error!r}")
        if pulse.alive and not self._stopping:
            self._env.witness.remark(BROKEN, "the operator ended by itself")

    def cut_watches(self) -> None:
        """Break all watches of the process."""
        if self._wire is not None:
            self._wire.cut()


FIRST: Final = "operator"
"""The name of the first place; the random numbers of its processes bear no name."""


def instance_of(owner: str) -> str:
    """The name of a process in the identities of its terms."""
    return owner.replace(" ", "-")
