"""Admission that changes pods: it adds a container, as service meshes do, before or after those of the template.

It also notes which container does the pod's work: the main container of the spec that the operator had read when it
sent the pod. No annotation of the operator's own is believed.
"""

from typing import Final

from queuedjob.api import names
from tests.simulation import troubles
from tests.simulation.apiserver.storage import Body
from tests.simulation.env import Env
from tests.simulation.pod_status import MAIN
from tests.simulation.rng import Stream

_PROXY: Final[Body] = {"name": "a-proxy", "image": "proxy"}
"""Its name sorts before main: the kubelet sorts the statuses of containers by name."""


class MutatingAdmission:
    """Changes the pods that the operator creates."""

    def __init__(self, env: Env) -> None:
        self._env = env
        self._rng = env.rng(Stream.ADMISSION)
        env.cluster.server.registry.mutate = self.mutated

    def mutated(self, body: Body) -> Body:
        """The pod as admission changes it."""
        if self._env.scenario.rate(troubles.MOVE_MAIN):
            body = self._with_main(body)
        if not body["metadata"].get("ownerReferences") or not self._env.strikes(troubles.INJECTED, self._rng):
            return body
        self._env.happened(troubles.INJECTED, body["metadata"]["name"], *self._env.states.all())
        own = body["spec"]["containers"]
        containers = [_PROXY, *own] if self._rng.chance(0.7) else [*own, _PROXY]
        return {**body, "spec": {**body["spec"], "containers": containers}}

    def _with_main(self, body: Body) -> Body:
        metadata = body["metadata"]
        sent = (each for each in reversed(self._env.witness.sent) if each.pod == metadata["name"])
        main = next(
            (each.read["spec"].get("mainContainer") for each in sent if each.read and _is_of(each.read, body)), None
        )
        if main is None:
            return body
        return {**body, "metadata": {**metadata, "annotations": {**(metadata.get("annotations") or {}), MAIN: main}}}


def _is_of(job: Body, pod: Body) -> bool:
    """Whether the pod was built from this version of the job: two POSTs of one name may be under way."""
    generation = (pod["metadata"].get("annotations") or {}).get(names.GENERATION_ANNOTATION)
    return generation == str(job["metadata"]["generation"])
