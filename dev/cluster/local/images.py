"""The images of a cluster without a registry, as archives: busybox, and the pause image from the same bytes."""

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dev.cluster import places
from dev.cluster.commands import run
from dev.cluster.local.configuration import BUSYBOX, PAUSE
from dev.cluster.local.publish import publish
from dev.cluster.locks import locked
from dev.cluster.progress import say

_USERS = {
    "etc/passwd": "root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
    "etc/group": "root:x:0:\nnogroup:x:65534:\n",
}

_RECIPE = "2"
"""Increase this number when the images that are built below change."""

_PERSONS_CONTAINERS = Path("/var/lib/containers")
_OUT_OF_SIGHT = ("unshare", "--mount", "sh", "-ec", f'mount -t tmpfs none {_PERSONS_CONTAINERS}; exec "$@"', "hidden")
"""buildah keeps a cache in this folder whatever its --root is."""


def built(busybox: Path) -> tuple[Path, ...]:
    """Return the archives; build them from that static busybox when they do not exist. Raises ClusterError."""
    key = hashlib.sha256(busybox.read_bytes() + _RECIPE.encode()).hexdigest()[:16]
    target = places.cache() / "images" / key
    with locked(places.cache() / "images" / ".lock", "images to be built"):
        if not target.exists():
            for leftover in target.parent.glob("*.part*"):
                shutil.rmtree(leftover, ignore_errors=True)
            part = Path(tempfile.mkdtemp(prefix=f"{key}.part", dir=target.parent))
            say("building the busybox and pause images")
            with _something_to_hide():
                _build(busybox, part)
            publish(part, target)
    return tuple(sorted(target.glob("*.tar")))


@contextmanager
def _something_to_hide() -> Iterator[None]:
    """Create the folder that is hidden from buildah, if it is missing, and remove it afterwards."""
    existed = _PERSONS_CONTAINERS.exists()
    _PERSONS_CONTAINERS.mkdir(exist_ok=True)
    try:
        yield
    finally:
        if not existed:
            _PERSONS_CONTAINERS.rmdir()


def _build(busybox: Path, part: Path) -> None:
    """Build the images in a container storage of its own, which is removed again: no user's container is touched."""
    store = part / "store"
    buildah = [
        *_OUT_OF_SIGHT,
        "buildah",
        "--root",
        f"{store}/root",
        "--runroot",
        f"{store}/run",
        "--storage-driver",
        "vfs",
    ]
    container = run([*buildah, "from", "scratch"]).strip()
    root = Path(run([*buildah, "mount", container]).strip())
    for folder in ("bin", "etc", "tmp", "var", "var/run"):
        (root / folder).mkdir()
        (root / folder).chmod(0o1777 if folder == "tmp" else 0o755)  # whatever the umask is
    shutil.copy(busybox, root / "bin/busybox")
    (root / "bin/busybox").chmod(0o755)
    for applet in run([str(busybox), "--list"]).split():
        if applet != "busybox":
            (root / "bin" / applet).symlink_to("busybox")
    for file, text in _USERS.items():
        (root / file).write_text(text)
        (root / file).chmod(0o644)
    run([*buildah, "umount", container])
    run([*buildah, "config", "--cmd", '["/bin/sh"]', "--env", "PATH=/bin", container])
    _export(buildah, container, BUSYBOX, part / "busybox.tar")
    run([*buildah, "config", "--cmd", "[]", "--entrypoint", '["/bin/sleep","2147483647"]', container])
    _export(buildah, container, PAUSE, part / "pause.tar")
    run([*buildah, "rm", container])
    shutil.rmtree(store)


def _export(buildah: list[str], container: str, name: str, archive: Path) -> None:
    run([*buildah, "commit", "--quiet", container, name])
    run([*buildah, "push", "--quiet", name, f"docker-archive:{archive}:{name}"])
