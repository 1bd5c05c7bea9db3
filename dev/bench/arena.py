"""The cluster of the bench, with simulated nodes and the operator."""

import asyncio
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from dev.bench import processes, requests
from dev.bench.api import Api
from dev.bench.contenders import BACKLOG, BARE, HOSTILE, JOB, NAMESPACE, OPERATOR, OUR_API
from dev.bench.webhook import HangingWebhook, hanging_webhook
from dev.cluster import LocalCluster, Options, up_local
from dev.harness import Kubectl, OperatorProcess, install, start_operator
from dev.harness.identity import kubeconfig_of_operator

KUBE_API_QPS: Final = 5000
JOB_SYNCS: Final = 50
AS_SHIPPED: Final = ("--kube-api-qps=20", "--kube-api-burst=30", "--concurrent-job-syncs=5")
"""The controller-manager's defaults (`kube-controller-manager --help`)."""
SIMULATED_NODES: Final = 4
_ETCD_BYTES: Final = 8 * 2**30
"""The quota of etcd, whose default is 2 GiB, old versions included: 500 of the largest jobs take 0.75 GB, twice."""
_KWOK: Final = Path(__file__).with_name("kwok.yaml")

COMPONENTS: Final = ("kube-apiserver", "etcd", "kube-scheduler", "kube-controller-manager", "kwok")
_MANAGER: Final = "kube-controller-manager"
_PATIENCE: Final = 600.0
_LATE_BOUND: Final = 20.0
"""Seconds after its start in which the operator releases no pod: late requests of a predecessor may still arrive."""
_START_WITHIN: Final = 600.0
_REST: Final = 0.2
"""Seconds of CPU between two looks at an idle operator."""
_REST_OVER: Final = 2.0
"""Seconds between these looks."""


def cluster(name: str) -> LocalCluster:
    """Bring up the cluster of the bench: no audit log, and high client limits for the controllers."""
    tuned = {
        _MANAGER: (f"--concurrent-job-syncs={JOB_SYNCS}",),
        "kwok": (f"--config={_KWOK}",),
        "etcd": (f"--quota-backend-bytes={_ETCD_BYTES}",),
    }
    return up_local(name, Options(audit=False, kwok=SIMULATED_NODES, kube_api_qps=KUBE_API_QPS, extra_args=tuned))


class Arena:
    """A prepared cluster. `api` must be open."""

    def __init__(self, where: LocalCluster, api: Api) -> None:
        self._cluster = where
        self.api = api
        self._folder = where.folder / "bench"
        self._folder.mkdir(exist_ok=True)
        self.kubectl = Kubectl(where.kubectl, where.kubeconfig)
        self._account: Path | None = None
        self._operator: OperatorProcess | None = None

    def prepare(self) -> None:
        """Install the operator's kinds, its user and the namespaces."""
        kubectl = self.kubectl
        install(kubectl)
        for name in (NAMESPACE, BACKLOG, HOSTILE):
            kubectl.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
            kubectl.run("wait", "--for=create", "serviceaccount/default", "--namespace", name, "--timeout=60s")
        self._account = kubeconfig_of_operator(kubectl, self._cluster.kubeconfig, "bench", [], self._folder)

    @property
    def operator(self) -> OperatorProcess:
        """The running operator. Raises RuntimeError when there is none."""
        if self._operator is None:
            raise RuntimeError("the operator does not run: start_operator() comes first")
        return self._operator

    @property
    def account(self) -> Path:
        """The kubeconfig of the operator's user. Raises RuntimeError before prepare()."""
        if self._account is None:
            raise RuntimeError("the operator has no user: prepare() comes first")
        return self._account

    async def start_operator(self) -> None:
        """Start the operator with all defaults; return when it is ready. Raises RuntimeError with its log's end."""
        account = self.account
        log = self._folder / f"operator-{time.time():.0f}.log"
        self._operator = await asyncio.to_thread(start_operator, account, log, within=_START_WITHIN)

    async def past_late_bound(self) -> None:
        """Return when the operator releases pods: until then it behaves differently from the time after."""
        await asyncio.sleep(_LATE_BOUND)

    def stop_operator(self) -> None:
        """Stop the operator, if it runs."""
        operator, self._operator = self._operator, None
        if operator is not None and operator.process.poll() is None:
            operator.stop()

    def cpu_seconds(self) -> dict[str, float]:
        """Return the CPU time that each process has used so far."""
        used = {name: processes.cpu_seconds(self._cluster.pid(name)) for name in COMPONENTS}
        return {**used, "operator": processes.cpu_seconds(self.operator.process.pid)} if self._operator else used

    def operator_exposition(self) -> str:
        """Return the operator's /metrics."""
        with urllib.request.urlopen(f"{self.operator.url}/metrics", timeout=30) as answer:  # noqa: S310 - our own
            return str(answer.read().decode())

    @contextmanager
    def job_as_shipped(self) -> Iterator[None]:
        """Within this context, the controller-manager runs with its own defaults."""
        manager = self._cluster.plan.component(_MANAGER)
        modest = replace(manager, argv=(*manager.argv, *AS_SHIPPED))  # the last of two equal flags wins
        components = tuple(modest if each is manager else each for each in self._cluster.plan.components)
        shipped = replace(self._cluster, plan=replace(self._cluster.plan, components=components))
        self._cluster.kill(_MANAGER)
        shipped.start(_MANAGER)
        try:
            yield
        finally:
            self._cluster.restart(_MANAGER)

    @contextmanager
    def hanging_webhook(self, namespace: str) -> Iterator[HangingWebhook]:
        """Within this context, each CREATE of a pod in the namespace hangs (webhook.py)."""
        with hanging_webhook(self._cluster, self.kubectl, namespace, self._folder) as webhook:
            yield webhook

    async def until(
        self, what: str, done: Callable[[], Awaitable[bool]], *, every: float = 0.25, within: float = _PATIENCE
    ) -> None:
        """Poll `done`. Raises TimeoutError with what did not happen and the operator's last log lines."""
        deadline = time.monotonic() + within
        while not await done():
            if time.monotonic() > deadline:
                words = self._operator.tail(10) if self._operator else "no operator runs"
                raise TimeoutError(f"not within {within:.0f} s: {what}; the operator's last lines:\n{words}")
            await asyncio.sleep(every)

    async def at_rest(self) -> None:
        """Return when the operator uses hardly any CPU. Its watches list everything once more after it is ready."""
        used = float("-inf")

        async def rests() -> bool:
            nonlocal used
            before, used = used, processes.cpu_seconds(self.operator.process.pid)
            return used - before < _REST

        await self.until("the operator has taken everything in", rests, every=_REST_OVER)

    async def clean(self, namespace: str = NAMESPACE) -> None:
        """Remove what a run left, and return when the operator has nothing more to do with it."""
        events = f"/apis/events.k8s.io/v1/namespaces/{namespace}/events"
        letters = f"{OUR_API}/namespaces/{namespace}/deadletters"
        for path in (*(each.collection(namespace) for each in (OPERATOR, JOB, BARE)), letters, events):
            while await self.api.any(path):
                await self.api.delete_all(path)
        await self.until("the operator's queue is empty", self._idle)

    async def _idle(self) -> bool:
        if self._operator is None:
            return True
        depth = requests.value(self.operator_exposition(), "queuedjob_workqueue_depth")
        return depth == 0
