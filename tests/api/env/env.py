"""The environment itself: a namespace, its users, and the actions of a test."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import yaml

from queuedjob.api import names
from queuedjob.api.kinds import KINDS
from queuedjob.kopf_watch import KopfWatch
from queuedjob.kube.client import paths
from queuedjob.kube.client.client import Client, Operation
from queuedjob.kube.client.connection import Connection
from queuedjob.kube.client.errors import ApiError
from queuedjob.kube.objects.patches import add
from queuedjob.policy.facts import JobId
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
"""Seconds to wait for an expected condition before the test fails: the machine may be busy."""


@dataclass(slots=True)
class RunningOperator:
    """One operator of the environment, alive or dead."""

    operator: Operator
    lifetime: Lifetime
    holds: Holds
    log: list[captured_logs.Line]
    task: asyncio.Task[None]


@dataclass(slots=True)
class Env:
    """One namespace. `settings` are the settings of its operators."""

    namespace: str
    admin: Client
    history: History
    kubelet: Kubelet
    settings: Settings
    connection: Connection
    """The connection of the operator's own user."""
    way: Transport
    """The transport over this connection."""
    through_kopf: bool = False
    """The operators see jobs and dead letters through kopf, as the program does, and not through plain
    list-and-watch."""
    elsewhere: str = ""
    """Another namespace in which the operators work; empty: there is none. Nobody observes it."""
    operators: list[RunningOperator] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    """Other errors that must never occur."""

    # --- operators

    def start_operator(self, faults: Faults = NO_FAULTS, *, holds: Holds | None = None) -> RunningOperator:
        """Start a new operator, like a program that has just been started."""
        lifetime, holds = Lifetime(faults), holds or Holds()
        transport, clock = MortalTransport(self.way, lifetime, holds), MortalClock(RealClock(), lifetime)
        ports = Ports(transport, self._source(transport, clock), clock, Unmoved())
        metrics = Metrics(clock, version="test")
        instance = f"test-{len(self.operators)}" if self.settings.leader_elect else "test"
        operator = Operator(self.settings, ports, metrics, instance=instance)
        log: list[captured_logs.Line] = []
        task = asyncio.create_task(_logging_to(log, operator))
        running = RunningOperator(operator, lifetime, holds, log, task)
        self.operators.append(running)
        return running

    async def steady_operator(self, faults: Faults = NO_FAULTS, *, holds: Holds | None = None) -> RunningOperator:
        """Start a new operator. Return once it no longer waits for late requests of a predecessor."""
        operator = self.start_operator(faults, holds=holds)
        async with asyncio.timeout(PATIENCE):
            while not _is_steady(operator.operator):  # noqa: ASYNC110 - only time passes, there is no event
                await asyncio.sleep(0.02)
        return operator

    @property
    def operator(self) -> RunningOperator:
        """The operator that was started last."""
        return self.operators[-1]

    async def bury(self, operator: RunningOperator) -> None:
        """End and clean up an operator, alive or dead: after this call, none of its requests reaches the API server."""
        operator.lifetime.end()
        while not operator.task.done():
            operator.task.cancel()
            await asyncio.wait({operator.task}, timeout=0.05)
        await operator.lifetime.landed()

    def _source(self, transport: Transport, clock: Clock) -> WatchSource:
        if not self.through_kopf:
            return ReflectorWatch(transport, clock, *self.settings.namespace)
        return KopfWatch(
            self.connection,
            clock,
            plurals=[kind.plural for kind in KINDS],
            namespaces=self.settings.namespace,
            own_signals=lambda: None,
            on_end=lambda error: self.troubles.append(f"kopf ended: {error!r}"),
            on_broken=lambda error: self.troubles.append(f"an event was not taken: {error!r}"),
            on_heard=self._heard,
            on_relist=lambda _: self.operator.operator.lifecycle.look_for_deleted(),
        )

    def _heard(self, plural: str, namespace: str | None) -> None:
        self.operator.operator.watches.heard(plural, namespace)

    def kill_operator(self) -> None:
        """End the operator as `kill -9` does."""
        self.operator.lifetime.end()

    # --- users

    async def apply(self, job: Body) -> Body:
        """Create a job."""
        return await self.admin.create(paths.jobs(self.namespace), job)

    async def change(self, name: str, **spec: Any) -> Body:  # noqa: ANN401 - any JSON
        """Set fields of a job's spec, as soon as the admission policies allow it."""
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
        """Delete a pod. `grace` is in seconds; 0 is a forced deletion."""
        await self.admin.delete(paths.pod(self.namespace, name), uid=uid, grace=grace)

    async def patch_job(self, name: str, *operations: Operation) -> Body:
        """Apply a JSON patch to a job."""
        return await self.admin.patch_json(paths.job(self.namespace, name), operations)

    async def patch_pod(self, name: str, *operations: Operation) -> Body:
        """Apply a JSON patch to a pod."""
        return await self.admin.patch_json(paths.pod(self.namespace, name), operations)

    async def delete_job(self, name: str, propagation: str = "Background") -> None:
        """Delete a job. The default propagation is that of kubectl."""
        job = await self.admin.get(paths.job(self.namespace, name))
        uid = job["metadata"]["uid"]
        await self.admin.delete(paths.job(self.namespace, name), uid=uid, propagation=propagation)

    # --- what the observer sees

    async def until(self, what: str, holds: Callable[[], T | None], within: float = PATIENCE) -> T:
        """Wait until `holds()` is true and return its value. After `within` seconds, fail with the objects and logs."""
        try:
            return await self.history.until(holds, within)
        except TimeoutError:
            raise AssertionError(f"not within {within:.0f} s: {what}\n{self.tell()}") from None

    async def reaches(self, name: str, phase: str, reason: str = "") -> Body:
        """Wait until the job is in this phase (and has this reason), and return it."""

        def there() -> Body | None:
            job = self.history.job(name)
            status = (job or {}).get("status") or {}
            fits = status.get("phase") == phase and (not reason or status.get("reason") == reason)
            return job if fits else None

        return await self.until(f"job {name} is {phase} {reason}", there)

    async def events(self, reason: str) -> list[Body]:
        """The current Events with this reason."""
        found = await self.admin.get(paths.events(self.namespace))
        return [event for event in found["items"] if event["reason"] == reason]

    async def until_event(self, reason: str) -> None:
        """Wait until there is an Event with this reason."""
        async with asyncio.timeout(PATIENCE):
            while not await self.events(reason):  # noqa: ASYNC110 - the observer does not watch Events
                await asyncio.sleep(0.05)

    async def is_empty(self) -> None:
        """Wait until no job and no pod is left."""
        await self.until("no job and no pod is left", lambda: not self.history.jobs and not self.history.pods)

    async def is_at_rest(self) -> None:
        """Wait until nothing is left to be done."""
        await self.until("nothing is left to be done", lambda: self.at_rest)

    async def pod_runs(self, number: int = 1) -> Body:
        """Wait until the pod of attempt `number` runs, and return it."""

        def there() -> Body | None:
            return next((p for p in self.history.pods if _runs(p) and _number_of(p) == number), None)

        return await self.until(f"pod {number} runs", there)

    def snapshot(self, varying: Collection[str] = ()) -> Snapshot:
        """The current objects, without what differs from run to run and without the values of the keys `varying`."""
        return snapshot(self.history, self.namespace, varying)

    @property
    def at_rest(self) -> bool:
        """Nothing is left to be done: all pods are released, no pod is being deleted, all dead letters are filed."""
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
        """Log lines and ends of operators that must never occur: errors that no controller expects."""
        said = [line for operator in self.operators for line in operator.log]
        loud = [f"{x}" for x in said if x["level"] == "critical" and x["event"] != "not served"]
        ended = [f"an operator ended: {_end_of(operator.task)}" for operator in self.operators if operator.task.done()]
        return [*self.troubles, *loud, *ended]

    def check(self, released_by: str = "operators") -> None:
        """Fail if a promise was broken at any moment, or if an operator did what it must not do.

        There is no promise on when a pod is released if users have released pods (`released_by` "people").
        """
        wrong = [*broken_promises(self.history), *self.surprises]
        if released_by == "operators":
            wrong += released_too_early(self.history)
        assert not wrong, "\n".join([*wrong, self.tell()])

    def tell(self) -> str:
        """Objects and logs as readable text."""
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


def _is_steady(operator: Operator) -> bool:
    return operator.work is not None and operator.work.late.of(JobId("", "")).surely_absent("")
