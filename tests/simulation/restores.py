"""Administrators who restore the status of dead jobs from a backup, or upgrade: its hashes are not today's."""

from functools import partial
from typing import Final

from queuedjob.kube.client import paths
from tests.simulation import troubles
from tests.simulation.apiserver.resources import JOBS
from tests.simulation.apiserver.storage import Change
from tests.simulation.env import Env
from tests.simulation.rng import Stream

ADMINISTRATOR: Final = "administrator"

_SOON: Final = (0.0001, 20.0)
"""Seconds from a bad end to the restore of its status."""
_OTHERS: Final = ("v0-", "v2-", "v1-")
"""The algorithms of an older and of a newer release; today's, whose digest is of another spec then."""


class Restores:
    """Replaces hashes in status.failedSpec. This is no edit of the spec, so no job may run again for it."""

    def __init__(self, env: Env) -> None:
        self._env = env
        self._rng = env.rng(Stream.RESTORES)
        if env.scenario.rate(troubles.OTHER_HASH):
            env.cluster.server.storage.listeners.append(self._heard)

    def _heard(self, change: Change) -> None:
        after = change.after
        if change.resource is not JOBS or after is None or not (after.body.get("status") or {}).get("failedSpec"):
            return
        if self._env.strikes(troubles.OTHER_HASH, self._rng):
            self._env.after(self._rng.about(*_SOON), partial(self._restore, after.namespace, after.name))

    def _restore(self, namespace: str, name: str) -> None:
        job = self._env.cluster.job(namespace, name)
        if self._env.calm or job is None or not (job.body.get("status") or {}).get("failedSpec"):
            return
        state, body = self._env.states.of(namespace, name), job.copy()
        digest = f"{self._rng.one_of(_OTHERS)}{self._rng.below(2**32):032x}"
        for key in self._rng.one_of((("specHash",), ("policyHash",), ("specHash", "policyHash"))):
            body["status"]["failedSpec"][key] = digest
        if self._env.cluster.replace(ADMINISTRATOR, paths.job_status(namespace, name), body):
            self._env.happened(troubles.OTHER_HASH, f"{namespace}/{name} {digest[:3]}", state)
