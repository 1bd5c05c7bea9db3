"""Run one operator, seed after seed, until a promise breaks. __main__ starts this with that operator in PYTHONPATH."""

import argparse
import json
import sys
from pathlib import Path

import queuedjob
from tests.simulation.case import Case
from tests.simulation.result import run_case


def main() -> None:
    """Print the seed that caught it and the broken promises, earliest first; or a line without a seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("operator", type=Path, help="where the operator must have come from")
    parser.add_argument("first", type=int)
    parser.add_argument("seeds", type=int)
    options = parser.parse_args()
    if not Path(queuedjob.__file__).is_relative_to(options.operator):
        sys.exit(f"{queuedjob.__file__} is not the operator to be tried")
    for seed in range(options.first, options.first + options.seeds):
        broken = [breach for breach in run_case(Case(seed)).breaches if not breach.promise.startswith("simulation:")]
        if broken:
            promises = list(dict.fromkeys(breach.promise for breach in broken))
            print(json.dumps({"seed": seed, "promises": promises, "words": broken[0].words}))
            return
    print(json.dumps({"seed": None, "promises": [], "words": ""}))


if __name__ == "__main__":
    main()
