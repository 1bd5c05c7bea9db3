"""The programs of Kubernetes, etcd and kwok, built from the Go modules that go.mod beside this file pins.

Go's checksums pin every byte, so nothing is vendored and nothing is downloaded as a binary.
"""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from dev.cluster import places
from dev.cluster.errors import ClusterError
from dev.cluster.local.publish import publish
from dev.cluster.locks import locked
from dev.cluster.progress import Ongoing, say

MODULE = Path(__file__).parent
KUBERNETES = "v1.36.3"

PACKAGES = {
    **{
        name: f"k8s.io/kubernetes/cmd/{name}"
        for name in (
            "kube-apiserver",
            "kube-controller-manager",
            "kube-scheduler",
            "kubelet",
            "kube-proxy",
            "kubectl",
        )
    },
    "etcd": "go.etcd.io/etcd/server/v3",
    "kwok": "sigs.k8s.io/kwok/cmd/kwok",
}
"""Program → Go package."""

FURTHER_PLACES = ("/usr/local/go/bin/go",)
"""Where Go may be when it is not on PATH: its own instructions unpack it there."""

_BUILT_AS = {"etcd": "server"}
"""Go names a program after the last element of its package's path."""

_VERSION = "k8s.io/component-base/version"
_FLAGS = (
    "-trimpath",
    "-mod=readonly",
    f"-ldflags=-s -w -X {_VERSION}.gitVersion={KUBERNETES} -X {_VERSION}.gitMajor=1 -X {_VERSION}.gitMinor=36",
)


def key() -> str:
    """Return a name for the programs: a hash of all that they are made from."""
    recipe = "\n".join([platform.machine(), *_FLAGS, *PACKAGES.values()]).encode()
    parts = [(MODULE / "go.mod").read_bytes(), (MODULE / "go.sum").read_bytes(), recipe]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def built() -> Path:
    """Return the folder with the programs; build them when some are missing. Raises ClusterError."""
    target = places.cache() / "bin" / key()
    if _is_whole(target):
        return target
    with locked(places.cache() / "bin" / ".lock", "Kubernetes to be built"):
        if not _is_whole(target):
            _build(target)
    return target


def _is_whole(folder: Path) -> bool:
    return all(os.access(folder / name, os.X_OK) for name in PACKAGES)


def _build(target: Path) -> None:
    go = _go()
    for leftover in target.parent.glob("*.part*"):
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.rmtree(target, ignore_errors=True)
    # A folder name of its own: the Go of a build that was killed may still be writing into the earlier folder.
    part = Path(tempfile.mkdtemp(prefix=f"{target.name}.part", dir=target.parent))
    say(f"building Kubernetes {KUBERNETES}, etcd and kwok with Go: about 6 minutes on two cores, once")
    began = time.monotonic()
    _run_go([go, "build", "-v", *_FLAGS, "-o", str(part), *PACKAGES.values()], part)
    for name, as_built in _BUILT_AS.items():
        (part / as_built).rename(part / name)
    part.chmod(0o755)
    publish(part, target)
    say(f"built in {time.monotonic() - began:.0f} s: {target}")


def _run_go(argv: list[str], into: Path) -> None:
    """Run `go build -v`. It names each package as it compiles it; those many lines are shown as a count."""
    last: deque[str] = deque(maxlen=30)
    counts = {"downloaded": 0, "compiled": 0}
    environment = {**os.environ, "CGO_ENABLED": "0", "GOWORK": "off"}
    with subprocess.Popen(
        argv, cwd=MODULE, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        reader = threading.Thread(target=_count, args=(process.stderr, last, counts))
        reader.start()
        ongoing = Ongoing()
        while process.poll() is None:
            done = sum(1 for _ in into.iterdir())
            ongoing.show(
                f"{counts['downloaded']} modules downloaded, {counts['compiled']} packages compiled, "
                f"{done} of {len(PACKAGES)} programs linked" + (f"; last {last[-1]}" if last else "")
            )
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=1.0)
        reader.join()
    if process.returncode:
        raise ClusterError("\n".join([f"`go build` ended with {process.returncode}:", *last]))


def _count(lines: Iterable[str], last: deque[str], counts: dict[str, int]) -> None:
    for line in lines:
        last.append(line.rstrip())
        counts["downloaded" if line.startswith("go: downloading") else "compiled"] += 1


def _go() -> str:
    """Return the path of the Go command. Raises ClusterError when Go is missing or older than go.mod asks for."""
    wanted = re.search(r"^go (\S+)$", (MODULE / "go.mod").read_text(), re.MULTILINE)
    assert wanted is not None
    remedy = (
        f"The cluster's programs are built with Go {wanted[1]} or newer: install it from https://go.dev/dl/ "
        "(unpack it as /usr/local/go), then run the same command again."
    )
    go = next((go_here for place in ("go", *FURTHER_PLACES) if (go_here := shutil.which(place))), None)
    if go is None:
        raise ClusterError(f"There is no `go` on PATH. {remedy}")
    # In the module's folder, so that a Go with GOTOOLCHAIN=auto fetches and reports the version that go.mod asks for.
    answer = subprocess.run([go, "version"], cwd=MODULE, capture_output=True, text=True, check=False)
    found = re.search(r"\bgo(\d+(?:\.\d+)*)", answer.stdout)
    if answer.returncode or found is None or _numbers(found[1]) < _numbers(wanted[1]):
        seen = (answer.stdout + answer.stderr).strip()
        raise ClusterError(f"{go} is too old ({seen}). {remedy}")
    return go


def _numbers(version: str) -> tuple[int, ...]:
    padded = [*(int(part) for part in version.split(".")), 0, 0]
    return tuple(padded[:3])
