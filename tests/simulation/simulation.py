"""One history: all actors start, troubles happen and then stop, and everything must settle."""

import contextvars
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from tests.simulation.apiserver.marks import judge_editor
from tests.simulation.apiserver.refusals import Refusal
from tests.simulation.apiserver.resources import Resource
from tests.simulation.apiserver.storage import Body, Snapshot
from tests.simulation.captured_logs import CapturedLogs
from tests.simulation.case import Case
from tests.simulation.cluster import Cluster
from tests.simulation.cluster_controllers import ClusterControllers
from tests.simulation.coverage import Coverage
from tests.simulation.env import Env
from tests.simulation.kubelet import Kubelets
from tests.simulation.leases import Leases
from tests.simulation.loop import SimulatedLoop
from tests.simulation.mutating_admission import MutatingAdmission
from tests.simulation.network import Network
from tests.simulation.node_faults import NodeFaults
from tests.simulation.odd_objects import OddObjects
from tests.simulation.operators import Operators
from tests.simulation.ports import EPOCH
from tests.simulation.restores import Restores
from tests.simulation.rng import Rng
from tests.simulation.scenario import LEASES_IN, NAMESPACES, Scenario, scenario_of
from tests.simulation.scripted_pods import PodScript, drawn
from tests.simulation.settling import Settling
from tests.simulation.states import States
from tests.simulation.tenants import Tenants
from tests.simulation.troubles import OF_NODES
from tests.simulation.users import USER, Users
from tests.simulation.witness import Witness, WitnessedServer

_STEPS: Final = 400_000
"""Most steps of one history. A history with more steps is a loop that never ends."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What is there and what the operator holds, at one moment."""

    there: tuple[Snapshot, ...]
    stored: Mapping[str, Mapping[str, int]]
    """Versions by plural and UID."""


@dataclass
class Simulation:
    """One history, from an empty cluster to its end."""

    case: Case
    scenario: Scenario = field(init=False)
    witness: Witness = field(init=False)
    coverage: Coverage = field(init=False)
    loop: SimulatedLoop = field(init=False)
    kubelets: Kubelets = field(init=False)
    cluster: Cluster = field(init=False)
    settled: bool = False
    """Everything came to rest before the time was up."""
    sight: Sight | None = None
    """What the operator holds at rest; None if there is no rest, or no operator."""
    held: dict[str, int] | None = None
    """What the operator still keeps after everything was deleted; None if the history does not end so."""

    def __post_init__(self) -> None:
        self.scenario = scenario_of(self.case)
        rng = Rng(f"{self.case.rng}/turns")
        self.loop = SimulatedLoop(rng.below, self._before)
        self.witness = Witness(self.loop.time)
        self.coverage = Coverage()
        led = (LEASES_IN,) if self.scenario.settings.leader_elect else ()
        server = WitnessedServer(self.witness, lambda: EPOCH + self.loop.time(), (*NAMESPACES, *led))
        server.registry.newer = True
        if self.scenario.guarded:
            server.registry.guards.append(self._guard)
        self.cluster = Cluster(server, lambda: EPOCH + self.loop.time())
        homes = tuple((job.namespace, job.name) for job in self.scenario.jobs)
        self._env = env = Env(
            self.scenario, self.loop, self.cluster, self.witness, self.coverage, States(self.cluster, homes)
        )
        self.kubelets = Kubelets(env, self._script_of)
        network = Network(env)
        self._operators = Operators(env, self.loop, network)
        self.kubelets.on_late = self._operators.with_a_late_end
        self._node_faults = NodeFaults(env, self.kubelets, self._operators, network)
        self._users = Users(env)
        self._tenants = Tenants(env)
        self._odd_objects = OddObjects(env)
        Restores(env)
        self._leases = Leases(env)
        self._admission = MutatingAdmission(env)
        self._cluster_controllers = ClusterControllers(env)
        self._settling = Settling(env)
        self._characters = {job.name: job.character for job in self.scenario.jobs}
        self._pods_made: dict[str, int] = {}

    def run(self) -> None:
        """Run the history. Faults of the operator are not raised: the witness has recorded them."""
        with CapturedLogs(self.witness, self._operators.is_alive):
            try:
                contextvars.Context().run(self._run)
            finally:
                self._operators.end()
                self.loop.end()

    def _guard(self, resource: Resource, new: Body, old: Body | None) -> Refusal | None:
        return judge_editor(resource, new, old) if self.witness.user == USER else None

    def unfinished(self) -> list[str]:
        """What is still to be done, in words for people."""
        return self._settling.unfinished()

    def _run(self) -> None:
        self._operators.start()
        self._node_faults.begin()
        self._users.begin()
        self._tenants.begin()
        self._odd_objects.begin()
        self._leases.begin()
        self._cluster_controllers.begin()
        began = self.loop.time()
        self.loop.run_while(lambda: self.loop.time() < began + self.scenario.storm and self._lasts())
        self._calm_down()
        self._settle(self._settling)
        stored = self._operators.stored() if self.settled else None
        if stored is not None:
            self.sight = Sight((*self.cluster.jobs, *self.cluster.pods, *self.cluster.letters), stored)
        if self.scenario.emptied and self.settled:
            self._users.delete_everything()
            emptying = Settling(self._env)
            emptying.begin()
            self._settle(emptying)
            self.held = self._operators.held() if self.settled else None

    def _settle(self, settling: Settling) -> None:
        self.loop.run_while(lambda: not settling.over and self._lasts())
        self.settled = settling.settled

    def _lasts(self) -> bool:
        if self.loop.steps >= _STEPS:
            self.witness.remark("broken", f"{_STEPS} steps, and no end")
        return self.loop.steps < _STEPS

    def _calm_down(self) -> None:
        self._env.calm = True
        self.witness.remark("calm", "")
        self._node_faults.end()
        self._users.end()
        self._tenants.end()
        self._settling.begin()

    def _before(self, owner: str) -> None:
        self._operators.step(owner)

    def _script_of(self, pod: Snapshot) -> PodScript:
        """Draw the script of a new pod. Its random numbers depend on the name of its job and the number of earlier pods
        of that job, so that jobs do not share random numbers."""
        name = pod.name.split("-", 1)[0]
        home = f"{pod.namespace}/{name}"
        count = self._pods_made[home] = self._pods_made.get(home, 0) + 1
        rng = Rng(f"{self.case.seed}/{name}/pod {count}")
        character = self._characters.get(name) or next(iter(self._characters.values()))
        rates = {} if self._env.calm else {t: self.scenario.rate(t) for t in OF_NODES}
        return drawn(rng, character, rates)
