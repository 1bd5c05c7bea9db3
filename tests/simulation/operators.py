"""Operator processes, one after the other: started, starved, terminated, killed at any moment, and started again."""

import contextvars
from contextlib import suppress
from http import HTTPStatus
from typing import Final

import orjson

from queuedjob.api import names
from queuedjob.kube.client.paths import resource_of
from queuedjob.ports import Body, Request, Response
from queuedjob.telemetry.metrics import Metrics
from queuedjob.wiring import Operator, Ports
from tests.simulation import troubles
from tests.simulation.apiserver.resources import JOBS, PODS, target_of
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
from tests.simulation.witness import OPERATOR, Asked, Sent

_SOON: Final = (0.05, 0.5, 3.0, 30.0)
"""Seconds until the next operator starts."""

_SHARE_OF_MARGIN: Final = 0.95
"""How much of the margin for late requests the network really uses."""


class Operators:
    """There is one at a time. A kill strikes between any two steps of anybody, or just where a write is made."""

    def __init__(self, env: Env, loop: SimulatedLoop, network: Network) -> None:
        self._env = env
        self._loop = loop
        self._network = network
        self._rng = env.rng("operators")
        self._machine = Machine()
        self._pulse = Pulse(alive=False)
        self._started = 0
        self._wire: Wire | None = None
        self._operator: Operator | None = None
        self._stopping = False
        self._doom: tuple[str, int] = ("", 0)
        self._reads: dict[str, tuple[float, Body]] = {}
        env.witness.after_write.append(self._carried_out)
        network.on_late = self._with_a_late_request

    def lives(self, owner: str) -> bool:
        """Whether this is the process that there is."""
        return self._pulse.alive and owner == self.owner

    @property
    def owner(self) -> str:
        """What its tasks are marked with."""
        return f"operator {self._started}"

    def start(self) -> None:
        """A new process, on the same cluster."""
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

    def step(self, owner: str) -> None:
        """Before each step of anybody: whether the operator dies now."""
        if self._doom[0] == "step" and self._pulse.alive and owner:
            self._one_nearer("step")

    # --- how it dies

    def kill(self, how: str = troubles.KILL) -> None:
        """From now on nothing of it happens any more."""
        if not self._pulse.alive:
            return
        self._pulse.alive = False
        self._env.happened(how, self.owner, *self._env.states.all())
        self._loop.bury(self.owner)
        self._env.after(self._rng.one_of(_SOON), self.start)

    def terminate(self) -> None:
        """SIGTERM: it may finish what it has in hand, and then it goes."""
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
        """Its process gets no time for a while."""
        seconds = self._rng.about(0.1, 40.0)
        self._env.happened(troubles.STALL, f"{seconds:.1f} s", *self._env.states.all())
        self._loop.hold(self.owner, seconds)

    def set_clock(self) -> None:
        """Somebody, or NTP, sets its machine's clock."""
        self._machine.skew = self._rng.one_of((0.0, -1.0, 1.0)) * self._rng.about(0.2, 4000.0)
        self._env.happened(troubles.CLOCK_JUMP, f"skew {self._machine.skew:+.1f} s", *self._env.states.all())

    def skew_clock(self) -> None:
        """The machine's clock was never right."""
        self._machine.skew = self._rng.one_of((-1.0, 1.0)) * self._rng.about(0.2, 4000.0)
        self._env.happened(troubles.CLOCK_SKEW, f"{self._machine.skew:+.1f} s", *self._env.states.all())

    def end(self) -> None:
        """The history is over."""
        self._pulse.alive = False

    def _foretold(self) -> tuple[str, int]:
        """Where this one dies: at its n-th step, or at a moment of its n-th write; never, mostly."""
        if not self._env.strikes(troubles.KILL, self._rng) and not self._env.strikes(troubles.KILL, self._rng):
            return "", 0
        kind = self._rng.one_of(("step", "sent", "carried out", "answered"))
        return kind, round(self._rng.about(1, 3000)) if kind == "step" else round(self._rng.about(1, 25))

    def _with_a_late_request(self) -> None:
        """The cruellest moment: what it gave up for lost is still on its way, and its successor knows nothing of it."""
        if self._env.strikes(troubles.KILL, self._rng) or self._env.strikes(troubles.KILL, self._rng):
            self._env.after(self._rng.about(0.001, 5.0), self.kill)

    def _one_nearer(self, kind: str) -> None:
        expected, left = self._doom
        if kind != expected or self._env.calm:
            return
        self._doom = (kind, left - 1)
        if left <= 1:
            self._doom = ("", 0)
            self.kill()

    def _listen(self, request: Request, response: Response | None) -> None:
        self._note(request, response)
        if request.method != "GET":
            self._one_nearer("sent" if response is None else "answered")

    def _note(self, request: Request, response: Response | None) -> None:
        """Remember what jobs this process reads, and on which read each POST of a pod rests."""
        target = target_of(request.path)
        if target is None:
            return
        now = self._loop.time()
        if request.method == "GET" and target.resource is JOBS and target.name:
            if response is not None and response.status == HTTPStatus.OK:
                with suppress(orjson.JSONDecodeError):
                    job = orjson.loads(response.body)
                    self._reads[job["metadata"]["uid"]] = now, job
        elif request.method == "POST" and target.resource is PODS and response is None:
            body = orjson.loads(request.body or b"")
            read_at, read = self._reads.get(body["metadata"]["ownerReferences"][0]["uid"], (0.0, None))
            starved = any(self._env.scenario.rate(t) for t in (troubles.STALL, *troubles.OF_NETWORK))
            witness = self._env.witness
            witness.sent.append(Sent(now, witness.revision, body["metadata"]["name"], read, read_at, starved))

    def _carried_out(self, asked: Asked) -> None:
        if asked.user == OPERATOR and self._pulse.alive and resource_of(asked.request.path)[0] != "events":
            self._one_nearer("carried out")

    # --- how it lives

    def _spawn(self) -> None:
        pulse, env = self._pulse, self._env
        margin = _SHARE_OF_MARGIN * env.scenario.settings.late_margin
        clock = MortalClock(pulse, self._machine, self._loop)
        random = RngRandom(env.rng(f"jitter {self._started}"))
        self._wire = Wire(env.cluster.server, NetworkClock(self._loop), self._network, margin=margin)
        transport = MortalTransport(self._wire, pulse, self._listen)
        source = SimulatedSource(
            transport,
            clock,
            random,
            RngChooser(env.rng(f"events {self._started}"), lambda: env.calm),
            on_relist=lambda _: operator.look_for_deleted(),
        )
        metrics = Metrics(clock, version="simulated", kinds=("pods", names.QUEUEDJOBS, names.DEADLETTERS))
        ports = Ports(transport, MortalSource(source, pulse), clock, random)
        operator = self._operator = Operator(env.scenario.settings, ports, metrics, instance="simulated")
        self._loop.create_task(self._live(operator, pulse))

    async def _live(self, operator: Operator, pulse: Pulse) -> None:
        try:
            await operator.run()
        except Exception as error:  # noqa: BLE001 - whatever ends the operator is a finding, not an end of the history
            self._env.witness.remark(BROKEN, f"the operator ended by itself: {error!r}")
        if pulse.alive and not self._stopping:
            self._env.witness.remark(BROKEN, "the operator ended by itself")

    def cut_watches(self) -> None:
        """All of its watches break."""
        if self._wire is not None:
            self._env.happened(troubles.WATCH_CUT, "all", *self._env.states.all())
            self._wire.cut()
