"""The programs of Kubernetes, etcd and kwok, built from the Go modules that go.mod beside this file pins.

Go's checksums pin every byte, so nothing is vendored and nothing is downloaded as a binary.
"""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections import deque
from pathlib import Path

from e2e.cluster import places
from e2e.cluster.errors import ClusterError
from e2e.cluster.locks import locked
from e2e.cluster.progress import say
from e2e.cluster.publish import publish

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

_BUILT_AS = {"etcd": "server"}
"""Go names a program after the last element of its package's path."""

_VERSION = "k8s.io/component-base/version"
_FLAGS = (
    "-trimpath",
    "-mod=readonly",
    f"-ldflags=-s -w -X {_VERSION}.gitVersion={KUBERNETES} -X {_VERSION}.gitMajor=1 -X {_VERSION}.gitMinor=36",
)


def key() -> str:
    """Names the programs by all that they are made from."""
    recipe = "\n".join([platform.machine(), *_FLAGS, *PACKAGES.values()]).encode()
    parts = [(MODULE / "go.mod").read_bytes(), (MODULE / "go.sum").read_bytes(), recipe]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def built() -> Path:
    """The folder with the programs; builds them when they are not all there. Raises ClusterError."""
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
    part = target.with_suffix(".part")
    for leftover in (part, target):
        shutil.rmtree(leftover, ignore_errors=True)
    part.mkdir(parents=True)
    say(f"building Kubernetes {KUBERNETES}, etcd and kwok with Go: about 6 minutes on two cores, once")
    began = time.monotonic()
    argv = [go, "build", "-v", *_FLAGS, "-o", str(part), *PACKAGES.values()]
    environment = {**os.environ, "CGO_ENABLED": "0", "GOWORK": "off"}
    _run_showing(argv, environment)
    for name, as_built in _BUILT_AS.items():
        (part / as_built).rename(part / name)
    publish(part, target)
    say(f"built in {time.monotonic() - began:.0f} s: {target}")


def _run_showing(argv: list[str], environment: dict[str, str]) -> None:
    """Runs `go build -v`, which names each package as it compiles it; that many lines are shown as a count."""
    last: deque[str] = deque(maxlen=30)
    counts = {"downloaded": 0, "compiled": 0}
    shown = time.monotonic()
    every = 1.0 if sys.stderr.isatty() else 20.0
    with subprocess.Popen(
        argv, cwd=MODULE, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            last.append(line.rstrip())
            counts["downloaded" if line.startswith("go: downloading") else "compiled"] += 1
            if time.monotonic() - shown > every:
                shown = time.monotonic()
                say(f"{counts['downloaded']} modules downloaded, {counts['compiled']} packages compiled: {last[-1]}")
    if process.returncode:
        raise ClusterError("\n".join([f"`go build` ended with {process.returncode}:", *last]))


def _go() -> str:
    """The Go command, of the version that go.mod asks for."""
    wanted = re.search(r"^go (\S+)$", (MODULE / "go.mod").read_text(), re.MULTILINE)
    assert wanted is not None
    remedy = (
        f"The cluster's programs are built with Go {wanted[1]} or newer: install it from https://go.dev/dl/ "
        "(unpack it as /usr/local/go), then run the same command again."
    )
    go = shutil.which("go") or shutil.which("/usr/local/go/bin/go")
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
