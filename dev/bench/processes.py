"""CPU time and memory of a process, from /proc."""

import os
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident memory, in bytes."""

    now: int
    peak: int
    """The maximum since the process started (VmHWM)."""


def cpu_seconds(pid: int, proc: Path = Path("/proc")) -> float:
    """Return user and system time of all its threads so far. Raises FileNotFoundError when the process has ended."""
    fields = (proc / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def memory(pid: int, proc: Path = Path("/proc")) -> Memory:
    """Return the process's memory. Raises FileNotFoundError when the process has ended."""
    lines = (proc / str(pid) / "status").read_text().splitlines()
    kib = {key: int(value.split()[0]) for key, _, value in (line.partition(":") for line in lines) if key in _WANTED}
    return Memory(kib["VmRSS"] * 1024, kib["VmHWM"] * 1024)


_WANTED = frozenset({"VmRSS", "VmHWM"})
