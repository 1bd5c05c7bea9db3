"""The machine's own tools that a local cluster needs; on Debian, as root, missing ones are installed."""

import os
import shutil
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dev.cluster import places
from dev.cluster.commands import CLEAN_ENVIRONMENT, run
from dev.cluster.errors import ClusterError
from dev.cluster.locks import locked
from dev.cluster.progress import say

COMMANDS = {
    "containerd": "containerd",
    "ctr": "containerd",
    "runc": "runc",
    "nft": "nftables",
    "conntrack": "conntrack",
    "ip": "iproute2",
    "buildah": "buildah",
    "mount": "mount",
}
"""Command → Debian package."""

CNI_FOLDERS = (Path("/usr/lib/cni"), Path("/opt/cni/bin"))
CNI_PLUGINS = ("ptp", "host-local", "loopback")

SEARCHED = CLEAN_ENVIRONMENT["PATH"]
"""The PATH of the cluster's own processes."""

_STARTED = frozenset({".service", ".socket", ".timer", ".path"})
_APT = ("apt-get", "-o", "DPkg::Lock::Timeout=300", "--yes", "--quiet")
_INSTALL = ("install", "--no-install-recommends", "--no-remove")
_PT_INTERP = 3
_POLICY = Path("/usr/sbin/policy-rc.d")


@dataclass(frozen=True, slots=True)
class Tools:
    """The paths of the tools that are not simply on PATH."""

    cni_plugins: Path
    busybox: Path
    """A static busybox."""


def tools() -> Tools:
    """Find or install everything. Raises ClusterError with the exact command where installing is not permitted."""
    with locked(places.state() / "locks" / ".packages", "packages to be installed"):
        if missing := missing_packages():
            _install(missing)
            if still := missing_packages():
                raise ClusterError(f"installed, but not found after that: {', '.join(still)}")
        folder = _cni_folder()
        assert folder is not None
        return Tools(folder, _busybox())


def missing_packages() -> list[str]:
    """Return the Debian packages whose commands are missing; a command from elsewhere (Docker's containerd) counts."""
    missing = {package for command, package in COMMANDS.items() if shutil.which(command, path=SEARCHED) is None}
    if _cni_folder() is None:
        missing.add("containernetworking-plugins")
    return sorted(missing)


def _cni_folder() -> Path | None:
    return next((each for each in CNI_FOLDERS if all((each / name).exists() for name in CNI_PLUGINS)), None)


def _install(packages: list[str]) -> None:
    command = " ".join([*_APT[:1], *_INSTALL, *packages])
    if shutil.which("apt-get") is None:
        raise ClusterError(
            f"A local cluster needs these Debian packages, or what they contain: {' '.join(packages)}. "
            f"This is no Debian: install them yourself, or use CLUSTER=kind. On Debian it is: {command}"
        )
    if os.geteuid() != 0:
        raise ClusterError(f"A local cluster needs packages that only root may install: sudo {command}")
    say(f"installing Debian packages: {' '.join(packages)}")
    before = _installed()
    with _no_service_starts():
        try:
            _apt(*_INSTALL, *packages)
        except ClusterError:  # package lists may be missing or too old
            say("apt-get update, then once more")
            _apt("update")
            _apt(*_INSTALL, *packages)
    new = sorted(_installed() - before)
    for package in new:
        for unit in _units(package):
            # deb-systemd-helper is dpkg's own helper: it needs the name of the package for which it works.
            environment = {**CLEAN_ENVIRONMENT, "DPKG_MAINTSCRIPT_PACKAGE": package}
            run(["deb-systemd-helper", "disable", unit], env=environment)
    say(f"installed, and none of their services started or enabled: {' '.join(new)}")


def _apt(*arguments: str) -> None:
    run([*_APT, *arguments], env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, patience=None)


def _installed() -> set[str]:
    lines = run(["dpkg-query", "--show", "--showformat", "${db:Status-Abbrev} ${Package}\n"]).splitlines()
    return {line.split()[-1] for line in lines if line.startswith("ii")}


def _units(package: str) -> set[str]:
    """Return the units of the package that systemd could start."""
    files = run(["dpkg", "--listfiles", package]).splitlines()
    return {Path(file).name for file in files if "/systemd/system/" in file and Path(file).suffix in _STARTED}


@contextmanager
def _no_service_starts() -> Iterator[None]:
    """Forbid service starts: Debian runs this file before it starts a service, and 101 forbids it.

    A file that exists already is left alone.
    """
    if _POLICY.exists():
        yield
        return
    _POLICY.write_text("#!/bin/sh\n# while `make cluster` installs packages\nexit 101\n")
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink(missing_ok=True)


def _busybox() -> Path:
    """Return a static busybox: the machine's own, else Debian's, which is only unpacked and not installed.

    Debian's dynamic busybox package excludes the static one.
    """
    own = places.cache() / "busybox-static"
    for candidate in (Path("/bin/busybox"), own / "bin/busybox", own / "usr/bin/busybox"):
        if candidate.exists() and _is_static(candidate):
            return candidate
    say("fetching Debian's busybox-static, without installing it")
    shutil.rmtree(own, ignore_errors=True)
    (own / "download").mkdir(parents=True)
    fetch = ["sh", "-ec", 'cd "$1"; apt-get --quiet download busybox-static', "fetch", f"{own}/download"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        run(fetch, env=environment)
    except ClusterError:
        _apt("update")
        run(fetch, env=environment)
    run(["dpkg-deb", "--extract", str(next((own / "download").glob("*.deb"))), str(own)])
    return next(path for path in (own / "bin/busybox", own / "usr/bin/busybox") if path.exists())


def _is_static(program: Path) -> bool:
    """Return whether no segment of this 64-bit ELF file names an interpreter (PT_INTERP, elf(5))."""
    image = program.read_bytes()
    if image[:5] != b"\x7fELF\x02":
        return False
    (table,) = struct.unpack_from("<Q", image, 0x20)
    size, count = struct.unpack_from("<HH", image, 0x36)
    kinds = (struct.unpack_from("<I", image, table + index * size)[0] for index in range(count))
    return _PT_INTERP not in kinds
