"""Write the golden texts again, so that `git diff` shows the changes.

PYTHONPATH=operator:. python -m tests.unit.cli.explain.write_golden
"""

from tests.unit.cli.explain.states import STATES
from tests.unit.cli.explain.test_golden import GOLDEN, told

if __name__ == "__main__":
    for name, state in STATES.items():
        (GOLDEN / f"{name}.txt").write_text(told(state))
