"""Admission that adds a container to pods, as service meshes do: before or after those of the template."""

from typing import Final

from tests.simulation import troubles
from tests.simulation.apiserver.storage import Body
from tests.simulation.env import Env
from tests.simulation.rng import Stream

_PROXY: Final[Body] = {"name": "a-proxy", "image": "proxy"}
"""Its name sorts before main: the kubelet sorts the statuses of containers by name."""


class MutatingAdmission:
    """Adds a proxy to some of the pods that the operator creates."""

    def __init__(self, env: Env) -> None:
        self._env = env
        self._rng = env.rng(Stream.ADMISSION)
        env.cluster.server.registry.mutate = self.mutated

    def mutated(self, body: Body) -> Body:
        """The pod as admission changes it."""
        if not body["metadata"].get("ownerReferences") or not self._env.strikes(troubles.INJECTED, self._rng):
            return body
        self._env.happened(troubles.INJECTED, body["metadata"]["name"], *self._env.states.all())
        own = body["spec"]["containers"]
        containers = [_PROXY, *own] if self._rng.chance(0.7) else [*own, _PROXY]
        return {**body, "spec": {**body["spec"], "containers": containers}}
