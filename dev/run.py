"""`make run`: the operator in the foreground, on the cluster of KUBECONFIG, as a user of its own.

It installs what the operator needs with the caller's permissions; the operator then works as its ServiceAccount.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NoReturn

from dev.cluster import ClusterError, owner
from dev.cluster.progress import say
from dev.harness import Kubectl, KubectlError, install, kubeconfig_of_operator
from dev.harness.identity import may_lead
from dev.harness.one_at_a_time import USER, end_the_one_before, this_is_the_one
from dev.harness.operator_process import command_line, environment

_KEPT: Final = Path(__file__).parents[1] / ".run"
"""The folder for the operator's kubeconfig when the cluster is not ours and so has no folder."""


class RunError(Exception):
    """The operator cannot run; the message says what to do."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Replace this process by the operator; exit with status 1 and a message when that is not possible."""
    parser = argparse.ArgumentParser(
        prog="python -m dev.run", description=__doc__, epilog="Whatever else is given goes to the operator."
    )
    parser.add_argument("--namespace", action="append", default=[], help="confine it to this one; may be repeated")
    chosen, further = parser.parse_known_args(arguments)
    try:
        kubeconfig = kubeconfig_of_person(os.environ)
        account = prepare(_kubectl(kubeconfig), kubeconfig, chosen.namespace)
    except (RunError, ClusterError, KubectlError, TimeoutError) as error:
        sys.exit(f"\n{error}")
    confined = [word for namespace in chosen.namespace for word in ("--namespace", namespace)]
    operator = command_line(account, ["--log-format=console", *confined, *further])
    say(f"the operator runs as {USER}; ^C stops it")
    os.execve(operator[0], operator, environment())  # noqa: S606 - ^C and the exit status are the operator's own


def kubeconfig_of_person(variables: Mapping[str, str]) -> Path:
    """Return the file that KUBECONFIG names. The default context of kubectl is never used. Raises RunError."""
    named = variables.get("KUBECONFIG", "")
    if not named:
        raise RunError(
            "KUBECONFIG is not set, and what kubectl would take instead may be any cluster.\n"
            'For the one of `make demo` or `make cluster`:  eval "$(make -s env)"\n'
            "For another one:  export KUBECONFIG=FILE"
        )
    path = Path(named).expanduser().absolute()
    if not path.is_file():
        raise RunError(
            f"KUBECONFIG={named} does not name one file that exists.\n"
            'If it was that of `make cluster`, bring it up again:  make cluster && eval "$(make -s env)"'
        )
    return path


def prepare(kubectl: Kubectl, kubeconfig: Path, namespaces: Sequence[str]) -> Path:
    """Install, end the earlier operator of this cluster, and return the kubeconfig of the operator's user."""
    server = kubectl.run("config", "view", "--minify", "--output=jsonpath={.clusters[0].cluster.server}")
    for namespace in namespaces:
        _require(kubectl, namespace)
    say(f"installing CRDs, policies and roles into {server}")
    install(kubectl)
    cluster = owner(kubeconfig)
    if cluster is not None:
        end_the_one_before(cluster)
        this_is_the_one(cluster, os.getpid())
    folder = _KEPT if cluster is None else cluster.folder
    folder.mkdir(exist_ok=True)
    account = kubeconfig_of_operator(kubectl, kubeconfig, USER, namespaces, folder)
    may_lead(kubectl, USER)
    return account


def _require(kubectl: Kubectl, namespace: str) -> None:
    try:
        kubectl.run("get", "namespace", namespace)
    except KubectlError as error:
        raise RunError(f"{error}\nIf it is missing:  kubectl create namespace {namespace}") from error


def _kubectl(kubeconfig: Path) -> Kubectl:
    program = shutil.which("kubectl")
    if program is None:
        raise RunError('There is no kubectl on PATH. That of `make cluster`:  eval "$(make -s env)"')
    return Kubectl(Path(program), kubeconfig)


if __name__ == "__main__":
    main()
