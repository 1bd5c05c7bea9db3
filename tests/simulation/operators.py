"""Operator processes, one at a time: they are started, starved, terminated, killed at any moment, and started again."""

import contextvars
from contextlib import suppress
from http import HTTPStatus
from typing import Final

import orjson

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
from tests.simulation.rng import Stream
from tests.simulation.witness import OPERATOR, Asked, Sent

_SOON: Final = (0.05, 0.5, 3.0, 30.0)
"""Seconds until the next operator starts: one of these."""

_SHARE_OF_MARGIN: Final = 0.95
"""The share of the margin for late requests (late_margin) that the network really uses."""


class Operators:
    """There is one operator at a time. A kill can come between any two steps of any process, or at a moment of a
    write."""

    def __init__(self, env: Env, loop: SimulatedLoop, network: Network) -> None:
        self._env = env
        self._loop = loop
        self._network = network
        self._rng = env.rng(Stream.OPERATORS)
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

    def is_alive(self, owner: str) -> bool:
        """Whether `owner` is the process that runs now."""
        return self._pulse.alive and owner == self.owner

    @property
    def owner(self) -> str:
        """The owner of all tasks of the current process."""
        return f"operator {self._started}"

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

    def step(self, owner: str) -> None:
        """Called before each step of the loop: kill the operator if this is its chosen step."""
        if self._doom[0] == "step" and self._pulse.alive and owner:
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

    def held(self) -> dict[str, int] | None:
        """How much the current process keeps, and where; None if there is no process."""
        return self._operator.held() if self._operator is not None and self._pulse.alive else None

    def stored(self) -> dict[str, dict[str, int]] | None:
        """The versions of all objects that the current process holds, by plural and UID; None if none runs."""
        if self._operator is None or not self._pulse.alive:
            return None
        stores = self._operator.stores
        return {
            store.objects.plural: {item.uid: item.resource_version for item in store}
            for store in (stores.jobs, stores.pods, stores.letters)
        }

    def starve(self) -> None:
        """The operator's process gets no CPU time for a while."""
        seconds = self._rng.about(0.1, 40.0)
        self._env.happened(troubles.STALL, f"{seconds:.1f} s", *self._env.states.all())
        self._loop.hold(self.owner, seconds)

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

    def _foretold(self) -> tuple[str, int]:
        """Choose where the new process is killed: at the n-th step, or at a moment of its n-th write; mostly never."""
        if not self._env.strikes(troubles.KILL, self._rng) and not self._env.strikes(troubles.KILL, self._rng):
            return "", 0
        kind = self._rng.one_of(("step", "sent", "carried out", "answered"))
        return kind, round(self._rng.about(1, 3000)) if kind == "step" else round(self._rng.about(1, 25))

    def _with_a_late_request(self) -> None:
        """Perhaps kill the operator while a late write is on its way. This is the worst moment: the operator has taken
        the write for lost, and the next process does not know of it."""
        if self._env.strikes(troubles.KILL, self._rng) or self._env.strikes(troubles.KILL, self._rng):
            self._env.after(self._rng.about(0.001, 5.0), self.kill)

    def with_a_late_end(self, seconds: float) -> None:
        """Perhaps kill the operator just before a kubelet tells, late, how a deleted pod ended, in this time.

        The next process sees only what the kubelet has left of the pod.
        """
        if self._env.strikes(troubles.KILL, self._rng) or self._env.strikes(troubles.KILL, self._rng):
            self._env.after(max(seconds - self._rng.about(0.01, 2.0), 0.0), self.kill)

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
        """Remember which jobs this process reads, and which read was the last before each POST of a pod."""
        target = target_of(request.path)
        if target is None:
            return
        now = self._loop.time()
        if request.method == "GET" and target.resource is JOBS and target.name:
            if response is not None and response.status == HTTPStatus.OK:
                with suppress(orjson.JSONDecodeError):
                    job = orjson.loads(self._env.cluster.server.from_wire(response.body))
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

    # --- how a process runs

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
            RngChooser(env.rng(f"events {self._started}"), lambda: env.calm or bool(env.scenario.rate(troubles.FLOOD))),
            on_relist=lambda _: operator.lifecycle.look_for_deleted(),
            sketched=any(env.scenario.rate(t) for t in troubles.ODD),
        )
        metrics = Metrics(clock, version="simulated")
        ports = Ports(transport, MortalSource(source, pulse), clock, random)
        operator = self._operator = Operator(env.scenario.settings, ports, metrics, instance="simulated")
        self._loop.create_task(self._live(operator, pulse))

    async def _live(self, operator: Operator, pulse: Pulse) -> None:
        try:
            await operator.run()
        except Exception as error:  # noqa: BLE001 - an error that ends the operator is a finding; the history goes on
            self._env.witness.remark(BROKEN, f"the operator ended by itself: {error!r}")
        if pulse.alive and not self._stopping:
            self._env.witness.remark(BROKEN, "the operator ended by itself")

    def cut_watches(self) -> None:
        """Break all watches of the operator."""
        if self._wire is not None:
            self._env.happened(troubles.WATCH_CUT, "all", *self._env.states.all())
            self._wire.cut()
