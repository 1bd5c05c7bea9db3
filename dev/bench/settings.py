"""The settings of a run: machine, versions and sizes."""

import os
import platform
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dev.bench.api import Api
from dev.bench.arena import AS_SHIPPED, JOB_SYNCS, KUBE_API_QPS, SIMULATED_NODES
from dev.bench.sizes import Sizes

_GO_MOD = Path(__file__).parents[1] / "cluster/local/go.mod"


async def settings(api: Api, sizes: Sizes) -> dict[str, Any]:
    """Return the settings for JSON and table.

    The load is the machine's before the first run: other programs may use the machine.
    """
    version = await api.get("/version")
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{os.cpu_count()} cores ({_model()}), load {os.getloadavg()[0]:.1f} before the first run",
        "kubernetes": f"{version['gitVersion']}, audit log off, etcd without fsync, everything on this machine",
        "kwok": f"{_pinned('sigs.k8s.io/kwok')}, {SIMULATED_NODES} nodes, pods succeed as soon as they have one",
        "operator": f"defaults, Python {platform.python_version()}",
        "tuned": f"controller-manager, scheduler: QPS {KUBE_API_QPS}, burst {2 * KUBE_API_QPS}; {JOB_SYNCS} Job syncs",
        "as_shipped": f"controller-manager: {' '.join(AS_SHIPPED)}",
        "sizes": f"{sizes.rounds} rounds of {sizes.jobs:,} jobs, {sizes.samples} one by one, {sizes.backlog:,} waiting",
        "hostile": f"{sizes.hanging} that hang, {sizes.patterned} with patterns, {sizes.largest} of the largest size",
    }


def _model() -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else platform.machine()


def _pinned(module: str) -> str:
    found = re.search(rf"^\s*(?:require )?{re.escape(module)} (v\S+)", _GO_MOD.read_text(), re.MULTILINE)
    return found[1] if found else "?"
