"""One run: prepare, let jobs and faults happen together, stop the faults, and examine the objects."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import orjson

from dev.chaos import load, oplog
from dev.chaos.api import Api
from dev.chaos.case import NAMESPACE, Case
from dev.chaos.faults import schedule
from dev.chaos.findings import Finding, findings, gather
from dev.chaos.judging import Evidence
from dev.chaos.keeper import Keeper
from dev.chaos.owners import Owners
from dev.chaos.proxy import Proxy
from dev.chaos.strikes import Strikes
from dev.cluster import LocalCluster
from dev.harness import Kubectl, install
from dev.harness.identity import kubeconfig_of_operator

OPERATOR: Final = ("--post-timeout=4", "--late-margin=3", "--log-level=info")
"""A late bound of 7 s: with the shipped 20 s, an operator that is killed every 20 s would have no time to release a
pod. The network's delays stay below the margin, as the bound requires."""

_LAG: Final = (0.02, 0.7)
"""Seconds by which a piece is delayed: a request of a few pieces, each way, stays below the margin."""

_READY_WITHIN: Final = 60.0
_FINISH_WITHIN: Final = 240.0
"""Seconds without faults in which every job must end: some have just begun, and hang for two deadlines."""
_SETTLE_WITHIN: Final = 90.0
"""Seconds after that for finalizers and dead letters: more than the late bound and a few retries."""
_LOOK: Final = 2.0


@dataclass(slots=True)
class Outcome:
    """All that a report shows."""

    seed: int
    seconds: float
    strikes: Strikes
    keeper: Keeper
    proxy: Proxy
    cases: list[Case]
    evidence: dict[str, Evidence]
    told: oplog.Told
    findings: list[Finding] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """What is wrong, but not with one job in particular."""


@dataclass(slots=True)
class Storm:
    """One run of the chaos tests. `folder`: for logs, and for files to be examined afterwards."""

    cluster: LocalCluster
    api: Api
    folder: Path
    seed: int
    seconds: float
    say: Callable[[str], None]

    async def run(self) -> Outcome:
        """Run it. Raises ClusterError or TimeoutError when the cluster itself does not recover."""
        witness = self._prepare()
        lag = random.Random(f"{self.seed} lag")  # noqa: S311 - repeatable, not secret
        proxy = Proxy(str(self.cluster.addresses.node), 6443, lambda: lag.uniform(*_LAG))
        keeper = Keeper(self._account(await proxy.start()), self.folder / "operator.log", list(OPERATOR))
        strikes = Strikes(self.cluster, keeper, proxy, self.say)
        owners = Owners(self.api, load.endless(self.seed), witness)
        keeper.start()
        supervisor = asyncio.create_task(strikes.supervise())
        jobs = asyncio.create_task(owners.go_on())
        wrong: list[str] = []
        try:
            await unless_broken(supervisor, self._ready(keeper))
            self.say(f"{self.seconds:.0f} s of faults begin")
            await unless_broken(supervisor, strikes.follow(schedule(self.seed, self.seconds), self.seconds))
            owners.no_more()
            self.say(f"no more faults; {len(owners.under_way)} of {len(owners.cases)} jobs are under way")
            await asyncio.to_thread(self.cluster.wait_until_ready)
            try:
                await unless_broken(supervisor, owners.finish(_FINISH_WITHIN))
            except TimeoutError as late:
                wrong.append(str(late))
                wrong += map(str, owners.under_way)
            evidence, found = await self._settled(owners.cases)
        finally:
            owners.leave()
            for task in (supervisor, jobs):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            keeper.end()
            await proxy.stop()
        told = oplog.read(keeper.log.read_text(errors="replace").splitlines())
        wrong += [*keeper.surprises, *told.broken]
        return Outcome(self.seed, self.seconds, strikes, keeper, proxy, owners.cases, evidence, told, found, wrong)

    def _prepare(self) -> Path:
        """Prepare the cluster; return the witness's folder on the node, which is this machine."""
        kubectl = Kubectl.of(self.cluster)
        install(kubectl)
        kubectl.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        kubectl.run("wait", "--for=create", "serviceaccount/default", "--namespace", NAMESPACE, "--timeout=60s")
        witness = self.folder / "witness"
        (witness / load.LET_GO).mkdir(parents=True)
        return witness

    def _account(self, port: int) -> Path:
        """Write and return the operator's kubeconfig: its own user, with the proxy as server."""
        path = kubeconfig_of_operator(Kubectl.of(self.cluster), self.cluster.kubeconfig, "chaos", [], self.folder)
        config = orjson.loads(path.read_bytes())
        config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{port}"
        path.write_bytes(orjson.dumps(config))
        return path

    async def _ready(self, keeper: Keeper) -> None:
        """Wait for the first operator before anything breaks: else a short run ends before the operator works."""
        until = time.monotonic() + _READY_WITHIN
        while not oplog.read(keeper.log.read_text().splitlines()).takeovers:
            if time.monotonic() > until:
                raise TimeoutError(f"the operator is not ready in {_READY_WITHIN:.0f} s: see {keeper.log}")
            await asyncio.sleep(0.2)

    async def _settled(self, cases: list[Case]) -> tuple[dict[str, Evidence], list[Finding]]:
        """Look until nothing is wrong, or until the time for that is over."""
        until = time.monotonic() + _SETTLE_WITHIN
        while True:
            evidence = await gather(self.api, cases)
            found = findings(cases, evidence)
            if not found or time.monotonic() > until:
                return evidence, found
            await asyncio.sleep(_LOOK)


async def unless_broken(supervisor: asyncio.Task[None], work: Awaitable[None]) -> None:
    """Wait for `work`; an error of the supervisor ends it at once. Of several errors together the first is raised."""
    task = asyncio.ensure_future(work)
    await asyncio.wait({task, supervisor}, return_when=asyncio.FIRST_COMPLETED)
    ended: asyncio.Future[None] = task if task.done() else supervisor
    if ended is supervisor:
        task.cancel()
        await asyncio.wait({task})
    try:
        await ended
    except ExceptionGroup as several:
        raise several.exceptions[0] from several
