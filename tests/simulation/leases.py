"""The Lease of the operators: the admission policy that compares terms with it, and people who delete or edit it."""

from collections.abc import Callable
from functools import partial
from typing import Final

from queuedjob.api import names
from queuedjob.api.manifests.admission.leadership import FENCE, FENCE_OF_LETTERS
from queuedjob.kube.client import paths
from tests.simulation import troubles
from tests.simulation.apiserver.refusals import Refusal, denied_by_policy
from tests.simulation.apiserver.resources import LEASES, LETTERS, PODS, Resource
from tests.simulation.apiserver.storage import Body
from tests.simulation.env import Env
from tests.simulation.rng import Stream
from tests.simulation.scenario import LEASES_IN

NAMESPACE: Final = LEASES_IN
NAME: Final = names.LEASE

MEDDLER: Final = "meddler"
"""Who deletes and edits the Lease."""

_OFTEN: Final = (1.0, 60.0)
"""Seconds between two tries."""


class Leases:
    """The fence, and what people do to the Lease."""

    def __init__(self, env: Env) -> None:
        self._env = env
        self._rng = env.rng(Stream.LEASES)
        if env.scenario.settings.leader_elect and env.scenario.fenced:
            env.cluster.server.registry.guards.append(self._fence)

    def begin(self) -> None:
        """Let people begin."""
        for trouble, meddle in ((troubles.LEASE_DELETED, self._delete), (troubles.LEASE_EDITED, self._edit)):
            if self._env.scenario.rate(trouble):
                self._env.after(self._rng.about(*_OFTEN), partial(self._meddle, trouble, meddle))

    def _fence(self, resource: Resource, new: Body, old: Body | None) -> Refusal | None:
        term = (new["metadata"].get("labels") or {}).get(names.TERM_LABEL)
        if old is not None or term is None or resource not in (PODS, LETTERS):
            return None
        lease = self._env.cluster.server.storage.get(LEASES, NAMESPACE, NAME)
        if lease is not None and (lease.body.get("spec") or {}).get("holderIdentity") == term:
            return None
        policy = FENCE if resource is PODS else FENCE_OF_LETTERS
        return denied_by_policy(resource, new["metadata"]["name"], policy.full_name, f"term {term} is over")

    def _meddle(self, trouble: str, meddle: Callable[[], None]) -> None:
        if self._env.calm:
            return
        if self._env.strikes(trouble, self._rng):
            self._env.happened(trouble, NAME, *self._env.states.all())
            meddle()
        self._env.after(self._rng.about(*_OFTEN), partial(self._meddle, trouble, meddle))

    def _delete(self) -> None:
        self._env.cluster.delete(MEDDLER, paths.lease(NAMESPACE, NAME))

    def _edit(self) -> None:
        lease = self._env.cluster.server.storage.get(LEASES, NAMESPACE, NAME)
        if lease is None:
            return
        body = lease.copy()
        body["spec"] |= self._rng.one_of(
            (
                {"holderIdentity": ""},
                {"holderIdentity": "somebody-else"},
                {"leaseDurationSeconds": 1},
                {"leaseDurationSeconds": 100000},
                {"renewTime": "1970-01-01T00:00:00.000000Z"},
            )
        )
        self._env.cluster.replace(MEDDLER, paths.lease(NAMESPACE, NAME), body)
