"""The network and mount namespaces of one cluster, each held by a file that `nsenter` can enter.

`ip netns` is not used: `ip netns exec` mounts /sys anew, and cgroups are empty in it.
"""

import json
import os
import subprocess
from contextlib import suppress
from pathlib import Path

from dev.cluster.commands import run
from dev.cluster.errors import ClusterError
from dev.cluster.local import machine_folders
from dev.cluster.local.addresses import WHOLE_RANGE, Addresses
from dev.cluster.local.layout import Layout

_INSIDE = "host0"

_PRIVATE_SYSCTLS = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}
"""What the kubelet would set for the whole machine (pkg/kubelet/cm/container_manager_linux.go, setupKernelTunables)."""


def create(layout: Layout, addresses: Addresses) -> None:
    """Create both namespaces and the link between host and node. The folder exists and none of these exist yet."""
    refuse_foreign_routes()
    run(["mount", "--bind", str(layout.run), str(layout.run)])
    run(["mount", "--make-private", str(layout.run)])
    _create_network(layout, addresses)
    _create_mounts(layout)


def _create_network(layout: Layout, addresses: Addresses) -> None:
    layout.network_namespace.touch()
    run(["unshare", f"--net={layout.network_namespace}", "true"])
    inside = ["nsenter", f"--net={layout.network_namespace}"]
    # First: a client that still tries when the cluster is down must not reach the default gateway. This route stays.
    run(["ip", "route", "replace", "unreachable", str(WHOLE_RANGE)])
    run([*inside, "ip", "link", "set", "lo", "up"])
    run([*inside, "ip", "link", "add", _INSIDE, "type", "veth", "peer", "name", layout.link, "netns", str(os.getpid())])
    run(["ip", "addr", "add", f"{addresses.host}/{addresses.link.prefixlen}", "dev", layout.link])
    run(["ip", "link", "set", layout.link, "up"])
    run([*inside, "ip", "addr", "add", f"{addresses.node}/{addresses.link.prefixlen}", "dev", _INSIDE])
    run([*inside, "ip", "link", "set", _INSIDE, "up"])
    # A packet to a cluster IP needs a route before the rules of kube-proxy look at it.
    run([*inside, "ip", "route", "add", str(addresses.services), "dev", _INSIDE])
    run(["ip", "route", "add", str(addresses.everything), "via", str(addresses.node), "dev", layout.link])
    run([*inside, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"])
    run([*inside, "nft", "-f", "-"], stdin=_closed_towards_the_host(addresses))


def _closed_towards_the_host(addresses: Addresses) -> str:
    """Return the rules by which nothing in the cluster may open a connection to the host, even to ports on 0.0.0.0.

    The rules match the address as well as the link: after DNAT the output hook still sees the old link.
    """
    return f"""
    table inet queuedjob {{
      chain sent {{
        type filter hook output priority 0;
        oifname "{_INSIDE}" ct state established,related accept
        oifname "{_INSIDE}" ip daddr {addresses.host} meta l4proto tcp reject with tcp reset
        oifname "{_INSIDE}" ip daddr {addresses.host} reject
        oifname "{_INSIDE}" meta nfproto ipv6 drop
      }}
      chain routed {{
        type filter hook forward priority 0;
        oifname "{_INSIDE}" ct state established,related accept
        oifname "{_INSIDE}" meta l4proto tcp reject with tcp reset
        oifname "{_INSIDE}" reject
      }}
    }}
    """


def _create_mounts(layout: Layout) -> None:
    """Create a mount namespace for containerd and kubelet: all their mounts disappear with it."""
    layout.mount_namespace.touch()
    lines = []
    machine_folders.ensure()
    for path in machine_folders.FOLDERS:
        own = layout.private / path.relative_to("/")
        own.mkdir(parents=True, exist_ok=True)
        lines.append(f"mount --bind {own} {path}")
    for key, value in _PRIVATE_SYSCTLS.items():
        own = layout.private / "sysctl" / key
        own.parent.mkdir(parents=True, exist_ok=True)
        own.write_text(f"{value}\n")
        lines.append(f"mount --bind {own} /proc/sys/{key}")
    _unshare_mounts(layout.mount_namespace, "\n".join(lines))


def _unshare_mounts(file: Path, script: str) -> None:
    """Create a mount namespace that `file` holds, and run the script in it.

    Linux lets a file hold a namespace only from an older namespace. It compares their age by numbers, which each
    processor takes from a supply of its own (6.18, kernel/nstree.c). From the machine's first namespace that always
    works; in a container it works on the processor that created the container's namespace.
    """
    argv = ["unshare", f"--mount={file}", "--propagation", "slave", "sh", "-ec", script]
    *others, last = sorted(os.sched_getaffinity(0))
    for processor in others:
        with suppress(ClusterError):
            run(["taskset", "--cpu-list", str(processor), *argv])
            return
    run(["taskset", "--cpu-list", str(last), *argv])


def refuse_foreign_routes() -> None:
    """Raise ClusterError when other routes use this range, as some VPNs do: two owners of one address conflict."""
    foreign = [
        f"{route['dst']} dev {route['dev']}"
        for route in json.loads(run(["ip", "-json", "route", "show", "root", str(WHOLE_RANGE)]) or "[]")
        if not str(route.get("dev", "qj-")).startswith("qj-")
    ]
    if foreign:
        raise ClusterError(
            f"this machine already routes addresses of {WHOLE_RANGE} elsewhere ({'; '.join(foreign)}): "
            "a VPN? Stop it, or use CLUSTER=kind"
        )


def is_taken(number: int) -> bool:
    """Return whether some link of this machine has the host's address of that cluster."""
    return bool(json.loads(run(["ip", "-json", "addr", "show", "to", str(Addresses(number).link)]) or "[]"))


def link_exists(layout: Layout) -> bool:
    return Path("/sys/class/net", layout.link).exists()


def remove(layout: Layout) -> None:
    """Remove what exists, in any state; what is missing is no error. No process may be left in the namespaces."""
    for mount in reversed(mounts_below(layout.folder)):
        run(["umount", "--lazy", mount])
    if link_exists(layout):  # the kernel removes it with the namespace, too, but at some later time
        subprocess.run(["ip", "link", "del", layout.link], check=False, capture_output=True)


def mounts_below(folder: Path) -> list[str]:
    """Return the mount points of this machine at or below `folder`, in the order in which they were mounted."""
    mounts = (line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines())
    return [mount for mount in mounts if Path(mount).is_relative_to(folder)]
