"""One history: everybody is put in place, troubles come, then they stop, and all must settle."""

import contextvars
from dataclasses import dataclass, field
from typing import Final

from tests.simulation.apiserver.storage import Snapshot
from tests.simulation.captured_logs import Logbook
from tests.simulation.case import Case
from tests.simulation.cluster import Cluster
from tests.simulation.cluster_controllers import Housekeeper
from tests.simulation.coverage import Coverage
from tests.simulation.env import Stage
from tests.simulation.kubelet import Kubelets
from tests.simulation.loop import SimulatedLoop
from tests.simulation.network import Network
from tests.simulation.node_faults import Misfortunes
from tests.simulation.operators import Operators
from tests.simulation.ports import EPOCH
from tests.simulation.rng import Dice
from tests.simulation.scenario import NAMESPACES, Story, told
from tests.simulation.scripted_pods import PodFate, drawn
from tests.simulation.settling import Settling
from tests.simulation.states import States
from tests.simulation.troubles import OF_NODES
from tests.simulation.users import People
from tests.simulation.witness import Witness, WitnessedServer

_STEPS: Final = 400_000
"""Steps of one history. More is a loop that never ends."""


@dataclass
class World:
    """One history, from nothing to its end."""

    case: Case
    story: Story = field(init=False)
    witness: Witness = field(init=False)
    coverage: Coverage = field(init=False)
    loop: SimulatedLoop = field(init=False)
    kubelets: Kubelets = field(init=False)
    cluster: Cluster = field(init=False)
    settled: bool = False
    """Everything came to rest before the time was up."""

    def __post_init__(self) -> None:
        self.story = told(self.case)
        dice = Dice(f"{self.case.dice}/turns")
        self.loop = SimulatedLoop(dice.below, self._before)
        self.witness = Witness(self.loop.time)
        self.coverage = Coverage()
        server = WitnessedServer(self.witness, lambda: EPOCH + self.loop.time(), NAMESPACES)
        self.cluster = Cluster(server, lambda: EPOCH + self.loop.time())
        homes = tuple((job.namespace, job.name) for job in self.story.jobs)
        self._stage = stage = Stage(
            self.story, self.loop, self.cluster, self.witness, self.coverage, States(self.cluster, homes)
        )
        self.kubelets = Kubelets(stage, self._fate_of)
        network = Network(stage)
        self._operators = Operators(stage, self.loop, network)
        self._misfortunes = Misfortunes(stage, self.kubelets, self._operators, network)
        self._people = People(stage)
        self._housekeeper = Housekeeper(stage)
        self._settling = Settling(stage)
        self._characters = {job.name: job.character for job in self.story.jobs}
        self._pods_made: dict[str, int] = {}

    def run(self) -> None:
        """Live it through. Raises nothing that the operator does wrong: the witness tells."""
        with Logbook(self.witness, self._operators.lives):
            try:
                contextvars.Context().run(self._run)
            finally:
                self._operators.end()
                self.loop.end()

    def unfinished(self) -> list[str]:
        """What is still to come."""
        return self._settling.unfinished()

    def _run(self) -> None:
        self._operators.start()
        self._misfortunes.begin()
        self._people.begin()
        self._housekeeper.begin()
        began = self.loop.time()
        self.loop.run_while(lambda: self.loop.time() < began + self.story.storm and self._lasts())
        self._calm_down()
        self.loop.run_while(lambda: not self._settling.over and self._lasts())
        self.settled = self._settling.settled

    def _lasts(self) -> bool:
        if self.loop.steps >= _STEPS:
            self.witness.remark("broken", f"{_STEPS} steps, and no end")
        return self.loop.steps < _STEPS

    def _calm_down(self) -> None:
        self._stage.calm = True
        self.witness.remark("calm", "")
        self._misfortunes.end()
        self._people.end()
        self._settling.begin()

    def _before(self, owner: str) -> None:
        self._operators.step(owner)

    def _fate_of(self, pod: Snapshot) -> PodFate:
        """By the name of its job and how many pods of it there were before, so that jobs do not mix their dice."""
        name = pod.name.split("-", 1)[0]
        count = self._pods_made[name] = self._pods_made.get(name, 0) + 1
        dice = Dice(f"{self.case.seed}/{name}/pod {count}")
        character = self._characters.get(name) or next(iter(self._characters.values()))
        rates = {} if self._stage.calm else {t: self.story.rate(t) for t in OF_NODES}
        return drawn(dice, character, rates)
