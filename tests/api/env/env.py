"""The stage itself: a namespace, its users, and what a test does on it."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import yaml

from queuedjob.api import names
from queuedjob.kopf_watch import KopfWatch
from queuedjob.kube.client import paths
from queuedjob.kube.client.client import Client, Operation
from queuedjob.kube.client.connection import Connection
from queuedjob.kube.client.errors import ApiError
from queuedjob.kube.objects.patches import add
from queuedjob.ports import Body, Clock, Transport, WatchSource
from queuedjob.runtime.clock import RealClock
from queuedjob.settings import Settings
from queuedjob.telemetry.metrics import Metrics
from queuedjob.wiring import Operator, Ports
from tests.api.env import captured_logs
from tests.api.env.faults import NO_FAULTS, Faults, Lifetime, MortalClock, MortalTransport, Unmoved
from tests.api.env.history import History
from tests.api.env.holds import Holds
from tests.api.env.kubelet import Kubelet
from tests.api.env.promises import broken_promises, released_too_early
from tests.api.env.snapshot import Snapshot, snapshot
from tests.api.env.source import ReflectorWatch

T = TypeVar("T")

PATIENCE: Final = 60.0
"""Seconds until a condition that must come counts as missed: the machine may be busy."""

_KINDS: Final = (names.QUEUEDJOBS, names.DEADLETTERS)


@dataclass(slots=True)
class RunningOperator:
    """One operator on the stage, alive or dead."""

    operator: Operator
    life: Lifetime
    holds: Holds
    log: list[captured_logs.Line]
    task: asyncio.Task[None]


@dataclass(slots=True)
class Env:
    """One namespace. `settings` are those of its operators."""

    namespace: str
    admin: Client
    history: History
    kubelet: Kubelet
    settings: Settings
    connection: Connection
    """The operator's own user's."""
    way: Transport
    """The same."""
    through_kopf: bool = False
    """Its operators see jobs and letters through kopf, as the program does, and not through plain list-and-watch."""
    operators: list[RunningOperator] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    """What else must never be."""

    # --- operators

    def start_operator(self, faults: Faults = NO_FAULTS, *, holds: Holds | None = None) -> RunningOperator:
        """A new operator, as a program that has just been started."""
        life, holds = Lifetime(faults), holds or Holds()
        transport, clock = MortalTransport(self.way, life, holds), MortalClock(RealClock(), life)
        ports = Ports(transport, self._source(transport, clock), clock, Unmoved())
        metrics = Metrics(clock, version="test", kinds=("pods", *_KINDS))
        operator = Operator(self.settings, ports, metrics, instance="stage")
        log: list[captured_logs.Line] = []
        task = asyncio.create_task(_logging_to(log, operator))
        running = RunningOperator(operator, life, holds, log, task)
        self.operators.append(running)
        return running

    async def steady_operator(self, faults: Faults = NO_FAULTS, *, holds: Holds | None = None) -> RunningOperator:
        """A new operator, once it waits for nothing that a predecessor may have asked for in its last moments."""
        operator = self.start_operator(faults, holds=holds)
        async with asyncio.timeout(PATIENCE):
            while not operator.operator._late.of("").surely_absent(""):  # noqa: ASYNC110 - time passes, nobody tells
                await asyncio.sleep(0.02)
        return operator

    @property
    def operator(self) -> RunningOperator:
        """The operator that was started last."""
        return self.operators[-1]

    async def bury(self, operator: RunningOperator) -> None:
        """Clear away what is left of an operator, alive or dead: nothing of it may still reach the API server."""
        operator.life.end()
        while not operator.task.done():
            operator.task.cancel()
            await asyncio.wait({operator.task}, timeout=0.05)
        await operator.life.landed()

    def _source(self, transport: Transport, clock: Clock) -> WatchSource:
        if not self.through_kopf:
            return ReflectorWatch(transport, clock, self.namespace)
        return KopfWatch(
            self.connection,
            clock,
            namespaces=(self.namespace,),
            own_signals=lambda: None,
            on_end=lambda error: self.troubles.append(f"kopf ended: {error!r}"),
            on_broken=lambda error: self.troubles.append(f"an event was not taken: {error!r}"),
            on_relist=lambda _: self.operator.operator.look_for_deleted(),
        )

    def kill_operator(self) -> None:
        """As kill -9 does."""
        self.operator.life.end()

    # --- people

    async def apply(self, job: Body) -> Body:
        """Create a job."""
        return await self.admin.create(paths.jobs(self.namespace), job)

    async def change(self, name: str, **spec: Any) -> Body:  # noqa: ANN401 - any JSON
        """Set fields of a job's spec, as soon as the policies let us."""
        operations = [add(f"/spec/{key}", value) for key, value in spec.items()]
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    return await self.admin.patch_json(paths.job(self.namespace, name), operations)
                except ApiError as refused:
                    last = refused
                if "try again" not in last.message:
                    raise last
                await asyncio.sleep(0.05)

    async def delete_pod(self, name: str, uid: str, grace: int | None = None) -> None:
        """Delete a pod; `grace` in seconds, 0 by force."""
        await self.admin.delete(paths.pod(self.namespace, name), uid=uid, grace=grace)

    async def patch_job(self, name: str, *operations: Operation) -> Body:
        """A JSON patch."""
        return await self.admin.patch_json(paths.job(self.namespace, name), operations)

    async def patch_pod(self, name: str, *operations: Operation) -> Body:
        """A JSON patch."""
        return await self.admin.patch_json(paths.pod(self.namespace, name), operations)

    async def delete_job(self, name: str, propagation: str = "Background") -> None:
        """Delete a job, in the way that kubectl does unless told otherwise."""
        job = await self.admin.get(paths.job(self.namespace, name))
        uid = job["metadata"]["uid"]
        await self.admin.delete(paths.job(self.namespace, name), uid=uid, propagation=propagation)

    # --- what is seen

    async def until(self, what: str, holds: Callable[[], T | None], within: float = PATIENCE) -> T:
        """What `holds` answers, once it is true; else fails, telling what is there instead."""
        try:
            return await self.history.until(holds, within)
        except TimeoutError:
            raise AssertionError(f"not within {within:.0f} s: {what}\n{self.tell()}") from None

    async def reaches(self, name: str, phase: str, reason: str = "") -> Body:
        """The job, once it is in this phase."""

        def there() -> Body | None:
            job = self.history.job(name)
            status = (job or {}).get("status") or {}
            fits = status.get("phase") == phase and (not reason or status.get("reason") == reason)
            return job if fits else None

        return await self.until(f"job {name} is {phase} {reason}", there)

    async def events(self, reason: str) -> list[Body]:
        """The Events of this reason, as they are now."""
        found = await self.admin.get(paths.events(self.namespace))
        return [event for event in found["items"] if event["reason"] == reason]

    async def told(self, reason: str) -> None:
        """Return once people have been told so."""
        async with asyncio.timeout(PATIENCE):
            while not await self.events(reason):  # noqa: ASYNC110 - nobody watches Events
                await asyncio.sleep(0.05)

    async def is_empty(self) -> None:
        """Return once no job and no pod is left."""
        await self.until("no job and no pod is left", lambda: not self.history.jobs and not self.history.pods)

    async def is_at_rest(self) -> None:
        """Return once nothing is left to be done."""
        await self.until("nothing is left to be done", lambda: self.at_rest)

    async def pod_runs(self, number: int = 1) -> Body:
        """The pod of attempt `number`, once it runs."""

        def there() -> Body | None:
            return next((p for p in self.history.pods if _runs(p) and _number_of(p) == number), None)

        return await self.until(f"pod {number} runs", there)

    def snapshot(self, varying: Collection[str] = ()) -> Snapshot:
        """What is there, without what differs from run to run: the values of the keys `varying`, too."""
        return snapshot(self.history, self.namespace, varying)

    @property
    def at_rest(self) -> bool:
        """Nothing is left to be done: all pods released, none on its way out, all letters filed."""
        statuses = [job.get("status") or {} for job in self.history.jobs]
        owed = [s for s in statuses if "deadLetterRef" in s and not s["deadLetterRef"].get("uid")]
        busy = [
            p
            for p in self.history.pods
            if names.FINALIZER in (p["metadata"].get("finalizers") or ()) or "deletionTimestamp" in p["metadata"]
        ]
        return not owed and not busy

    @property
    def surprises(self) -> list[str]:
        """What operators logged that must never be: errors that no controller expected."""
        said = [line for operator in self.operators for line in operator.log]
        loud = [f"{x}" for x in said if x["level"] == "critical" and x["event"] != "not served"]
        ended = [f"an operator ended: {_end_of(operator.task)}" for operator in self.operators if operator.task.done()]
        return [*self.troubles, *loud, *ended]

    def check(self, released_by: str = "operators") -> None:
        """Fail where a promise was broken at any moment, or an operator did what none may do.

        Nothing is promised of when a pod is released once people have done it.
        """
        wrong = [*broken_promises(self.history), *self.surprises]
        if released_by == "operators":
            wrong += released_too_early(self.history)
        assert not wrong, "\n".join([*wrong, self.tell()])

    def tell(self) -> str:
        """Objects and logs, for people."""
        shown = [
            yaml.safe_dump(_brief(body), sort_keys=False)
            for body in (*self.history.jobs, *self.history.letters, *self.history.pods)
        ]
        logs = [f"--- operator {i + 1}\n{captured_logs.readable(a.log)}" for i, a in enumerate(self.operators)]
        return "\n".join(["--- namespace " + self.namespace, *self.surprises, *shown, *logs])


async def _logging_to(log: list[captured_logs.Line], operator: Operator) -> None:
    captured_logs.open_book(log)
    await operator.run()


def _runs(pod: Body) -> bool:
    return bool(pod["status"].get("phase") == "Running") and "deletionTimestamp" not in pod["metadata"]


def _number_of(pod: Body) -> int:
    return int(pod["metadata"]["name"].rpartition("-")[2])


def _end_of(task: asyncio.Task[None]) -> str:
    return "cancelled" if task.cancelled() else repr(task.exception())


def _brief(body: Body) -> Body:
    metadata = {k: v for k, v in body["metadata"].items() if k != "managedFields"}
    return {
        "kind": body.get("kind", "Pod"),
        "metadata": metadata,
        **{k: body[k] for k in ("spec", "status") if k in body},
    }
