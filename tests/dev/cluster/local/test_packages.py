import os
import struct
import subprocess
from pathlib import Path

import pytest

from dev.cluster import ClusterError
from dev.cluster.local import packages


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine whose PATH has only what a test puts into the folder."""
    monkeypatch.setattr(packages, "SEARCHED", str(tmp_path))
    monkeypatch.setattr(packages, "CNI_FOLDERS", (tmp_path / "cni",))
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


EVERYTHING = [
    "buildah",
    "conntrack",
    "containerd",
    "containernetworking-plugins",
    "iproute2",
    "mount",
    "nftables",
    "runc",
]


def test_a_bare_machine_misses_everything(bare: Path) -> None:
    assert not list(bare.iterdir())

    assert packages.missing_packages() == EVERYTHING


def test_tools_that_are_there_are_used_whoever_brought_them(bare: Path) -> None:
    for command in ("containerd", "ctr", "runc"):
        (bare / command).touch(mode=0o755)

    assert packages.missing_packages() == [each for each in EVERYTHING if each not in {"containerd", "runc"}]


@pytest.mark.usefixtures("bare")
def test_off_debian_a_user_reads_what_to_install() -> None:
    with pytest.raises(ClusterError, match=r"This is no Debian.*apt-get install --no-install-recommends"):
        packages._install(["runc"])


def test_without_root_a_user_reads_the_command(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (bare / "apt-get").touch(mode=0o755)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    with pytest.raises(ClusterError, match="sudo apt-get install --no-install-recommends --no-remove buildah runc"):
        packages._install(["buildah", "runc"])


def test_no_service_starts_meanwhile_and_the_policy_is_gone_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = tmp_path / "policy-rc.d"
    monkeypatch.setattr(packages, "_POLICY", policy)

    with packages._no_service_starts():
        assert subprocess.run([policy], check=False).returncode == 101

    assert not policy.exists()


def test_a_policy_that_the_machine_has_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("mine")
    monkeypatch.setattr(packages, "_POLICY", policy)

    with packages._no_service_starts():
        pass

    assert policy.read_text() == "mine"


def an_elf(*segments: int) -> bytes:
    """Return the head of a 64-bit program with segments of these types (elf(5))."""
    header = struct.pack(
        "<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 2, 62, 1, 0, 64, 0, 0, 64, 56, len(segments), 0, 0, 0
    )
    return header + b"".join(struct.pack("<I52x", kind) for kind in segments)


@pytest.mark.parametrize(
    ("image", "static"),
    [
        pytest.param(an_elf(1, 1, 0x6474E551), True, id="loads itself"),
        pytest.param(an_elf(6, 3, 1), False, id="asks for an interpreter"),
        pytest.param(b"#!/bin/sh\n", False, id="no program at all"),
        pytest.param(b"", False, id="empty"),
    ],
)
def test_only_a_static_busybox_will_do(tmp_path: Path, image: bytes, *, static: bool) -> None:
    (tmp_path / "busybox").write_bytes(image)

    assert packages._is_static(tmp_path / "busybox") is static
