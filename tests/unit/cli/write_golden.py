"""Writes the golden texts anew, for `git diff` to show: PYTHONPATH=operator:. python -m tests.unit.cli.write_golden"""

from tests.unit.cli.states import STATES
from tests.unit.cli.test_golden import GOLDEN, told

if __name__ == "__main__":
    for name, state in STATES.items():
        (GOLDEN / f"{name}.txt").write_text(told(state))
