"""One job, from the owner's side."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from dev.chaos import witness
from dev.chaos.api import Api, Object
from dev.chaos.load import LET_GO, Kind, manifest

NAMESPACE: Final = "chaos"
JOBS: Final = f"/apis/queuedjob.dev/v1alpha1/namespaces/{NAMESPACE}/queuedjobs"
LETTERS: Final = f"/apis/queuedjob.dev/v1alpha1/namespaces/{NAMESPACE}/deadletters"
PODS: Final = f"/api/v1/namespaces/{NAMESPACE}/pods"

_OVER: Final = frozenset({"Succeeded", "DeadLettered", "Quarantined", "Cancelled"})
_LOOK: Final = 1.0
"""Seconds between looks at a job."""


class EndedError(Exception):
    """The job reached another end than its owner waits for."""


@dataclass(slots=True)
class Case:
    """A job of the load. `folder` is the witness's folder."""

    api: Api
    kind: Kind
    name: str
    folder: Path
    uid: str = ""
    waits_for: str = "its turn"
    """What its owner waits for at the moment."""
    seen: list[str] = field(default_factory=list)
    """The phases in which its owner saw it."""
    began: float = field(default_factory=time.monotonic)

    @property
    def path(self) -> str:
        return f"{JOBS}/{self.name}"

    def __str__(self) -> str:
        return f"{self.name} waits for {self.waits_for}; seen so far: {', '.join(self.seen) or 'nothing'}"

    async def create(self) -> None:
        self.waits_for = "the API server to take it"
        created = await self.api.create(JOBS, manifest(self.kind, self.name, NAMESPACE, str(self.folder)))
        self.uid = created["metadata"]["uid"]

    async def change(self, **spec: Any) -> None:  # noqa: ANN401 - fields of the spec
        """Change fields of the spec, as the job's owner."""
        self.waits_for = f"the API server to change {', '.join(spec)}"
        await self.api.patch(self.path, {"spec": spec})

    async def delete(self) -> None:
        self.waits_for = "the API server to delete it"
        await self.api.delete(self.path)

    async def reaches(self, phase: str, reason: str = "") -> None:
        """Return when the job is in that phase, with that reason. Raises EndedError when it can no longer get there."""

        def there(job: Object | None) -> bool:
            status = (job or {}).get("status", {})
            if status.get("phase") == phase and reason in {"", status.get("reason")}:
                return True
            if job is None or status.get("phase") in _OVER:
                raise EndedError
            return False

        await self.sees(f"{phase} {reason}".strip(), there)

    async def sees(self, what: str, there: Callable[[Object | None], bool]) -> None:
        """Return when `there` accepts the job, or None when it is gone."""
        self.waits_for = what
        while True:
            job = await self.api.get(self.path)
            status = (job or {}).get("status", {})
            now = f"{status.get('phase')} {status.get('reason', '')}".strip() if job else "gone"
            if self.seen[-1:] != [now]:
                self.seen.append(now)
            if there(job):
                return
            await asyncio.sleep(_LOOK)

    async def runs(self) -> None:
        """Return when an attempt runs, according to its own lines."""
        await self._hears("a live attempt", lambda pod_run: pod_run.code is None)

    async def is_told(self) -> None:
        """Return when an attempt has got SIGTERM; it need not end because of that."""
        await self._hears("an attempt that is told to stop", lambda pod_run: pod_run.told)

    async def _hears(self, what: str, there: Callable[[witness.PodRun], bool]) -> None:
        """Return when `there` accepts the latest attempt."""
        self.waits_for = what
        while True:
            found = witness.pod_runs(self.lines())
            if found and there(found[-1]):
                return
            await asyncio.sleep(_LOOK / 5)

    def let_go(self) -> None:
        """Let the job's script end from now on, if it waits for this."""
        (self.folder / LET_GO / self.uid).touch()

    def lines(self) -> list[witness.Line]:
        """Return what the job's pods have written so far."""
        file = self.folder / self.uid
        return witness.read(file.read_text()) if file.exists() else []
