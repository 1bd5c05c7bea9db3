import os
from pathlib import Path

from dev.bench.processes import cpu_seconds, memory

STAT = "7 (a (b) c) S 1 7 7 0 -1 4194560 100 0 0 0 {user} {system} 99 99 20 0 1 0 5 6 7\n"


def test_cpu_is_user_and_system_time_whatever_the_process_is_called(tmp_path: Path) -> None:
    (tmp_path / "7").mkdir()
    ticks = os.sysconf("SC_CLK_TCK")
    (tmp_path / "7/stat").write_text(STAT.format(user=3 * ticks, system=ticks))
    assert cpu_seconds(7, tmp_path) == 4.0


def test_memory_is_bytes_resident_now_and_at_most(tmp_path: Path) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7/status").write_text("Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\nThreads:\t3\n")
    assert (memory(7, tmp_path).now, memory(7, tmp_path).peak) == (1024**2, 2 * 1024**2)


def test_the_kernel_writes_what_is_read_here() -> None:
    assert cpu_seconds(os.getpid()) >= 0
    assert 0 < memory(os.getpid()).now <= memory(os.getpid()).peak
