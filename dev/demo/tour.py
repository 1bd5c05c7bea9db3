"""The commands that a user would run next, really run, with their output; and further things to try."""

from typing import Final

from rich.console import Console
from rich.text import Text

from dev.demo.env import NAMESPACE, Env
from dev.demo.lessons import LESSONS, YOUR_TURN
from dev.harness import Kubectl

_DEFAULT_NAME: Final = "demo"


def heading(text: str) -> None:
    """Print a line that stands out."""
    Console(highlight=False).print(Text(f"\n{text}", style="bold"), soft_wrap=True)


def announce() -> None:
    """Print which jobs there are, and how each should end."""
    heading(f"{len(LESSONS)} jobs, each a manifest of examples/")
    for lesson in LESSONS:
        print(f"  {lesson.job:<15} {lesson.shows:<48} → {lesson.expected.phase}", flush=True)


def run(kubectl: Kubectl, *arguments: str) -> None:
    """Print the command as a user would type it, and its output."""
    heading(f"$ kubectl -n {NAMESPACE} {' '.join(arguments)}")
    print(kubectl.run(*arguments).strip(), flush=True)


def closing(env: Env) -> str:
    """Return a text: what still runs, what to try, and how to stop it all."""
    name = env.cluster.name
    chosen = "" if name == _DEFAULT_NAME else f" NAME={name}"
    return f"""
Cluster and operator go on working:
  operator    pid {env.operator.process.pid}, metrics at {env.operator.url}/metrics
  its log     {env.operator.log}

Your turn ({YOUR_TURN} says what to try with it):
  eval "$(make -s env{chosen})"
  kubectl -n {NAMESPACE} apply -f {YOUR_TURN}
  kubectl -n {NAMESPACE} get qj your-turn --watch

To stop all of it:
  make cluster-down{chosen}"""
