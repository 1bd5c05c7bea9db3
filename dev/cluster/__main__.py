"""`python -m dev.cluster up|down|kubeconfig|env`: the commands that the Makefile calls."""

import argparse
import os
import sys

from dev.cluster.environment import line
from dev.cluster.errors import ClusterError
from dev.cluster.lifecycle import down, find, up
from dev.cluster.options import Options, Profile, Where


def main() -> int:
    """Print answers to stdout and everything else to stderr."""
    parser = argparse.ArgumentParser(prog="python -m dev.cluster", description=__doc__)
    parser.add_argument("what", choices=["up", "down", "kubeconfig", "env"])
    parser.add_argument("--name", default="demo", help="several live side by side (default: %(default)s)")
    parser.add_argument("--profile", type=Profile, choices=list(Profile), default=Profile.NODE)
    parser.add_argument("--cluster", type=Where, choices=list(Where), default=Where.AUTO)
    chosen = parser.parse_args()
    try:
        match chosen.what:
            case "up":
                up(chosen.name, Options(profile=chosen.profile), where=chosen.cluster)
                named = "" if chosen.name == parser.get_default("name") else f" NAME={chosen.name}"
                print(f'To talk to it:  eval "$(make -s env{named})"', file=sys.stderr)
            case "down":
                down(chosen.name)
            case "kubeconfig":
                print(find(chosen.name).kubeconfig)
            case _:
                print(line(find(chosen.name), os.environ))
    except ClusterError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted; the same command again begins where it must", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
