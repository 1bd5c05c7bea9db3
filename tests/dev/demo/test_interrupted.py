import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
INTERRUPTED = """\
import os, signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where tests run in the background of a script
os.kill(os.getpid(), signal.SIGINT)
"""


@pytest.mark.parametrize("module", ["rich", "argparse"], ids=["while modules are read", "at the very first one"])
def test_an_interrupt_at_the_start_is_one_line_and_no_traceback(module: str, tmp_path: Path) -> None:
    (tmp_path / f"{module}.py").write_text(INTERRUPTED)

    ended = subprocess.run(
        [sys.executable, "-m", "dev.demo"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 130
    (said,) = ended.stderr.split("\n")[1:-1]
    assert said.startswith("Interrupted. What was started goes on: make demo begins afresh")
