"""What a process used, from /proc."""

import os
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident, in bytes."""

    now: int
    peak: int
    """Since the process started (VmHWM)."""


def cpu_seconds(pid: int, proc: Path = Path("/proc")) -> float:
    """User and system time of all its threads so far. Raises FileNotFoundError when it has ended."""
    fields = (proc / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def memory(pid: int, proc: Path = Path("/proc")) -> Memory:
    """Raises FileNotFoundError when it has ended."""
    lines = (proc / str(pid) / "status").read_text().splitlines()
    kib = {key: int(value.split()[0]) for key, _, value in (line.partition(":") for line in lines) if key in _WANTED}
    return Memory(kib["VmRSS"] * 1024, kib["VmHWM"] * 1024)


_WANTED = frozenset({"VmRSS", "VmHWM"})
