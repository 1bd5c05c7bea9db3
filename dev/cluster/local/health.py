"""Checks whether a local cluster is healthy, and waits until it is."""

from dev.cluster.commands import tail
from dev.cluster.errors import ClusterError
from dev.cluster.local import components, credentials
from dev.cluster.local.client import Client
from dev.cluster.local.layout import Layout
from dev.cluster.local.plan import Plan
from dev.cluster.local.ready import Check, everything
from dev.cluster.waiting import DEADLINE, until

_PATIENCE_WITH_A_RUNNING_ONE = 20.0
"""Seconds. A busy machine must not make `up` replace a healthy cluster."""


def unhealthy(layout: Layout, plan: Plan) -> str | None:
    """Return what is wrong with a cluster that was up once; None when it can be used."""
    for component in plan.components:
        if not components.runs(layout, component):
            return f"{component.name} does not run"
    try:
        wait_until_ready(layout, plan, deadline=_PATIENCE_WITH_A_RUNNING_ONE)
    except ClusterError as error:
        return str(error).splitlines()[0]
    return None


def wait_until_ready(layout: Layout, plan: Plan, *, deadline: float = DEADLINE) -> None:
    """Return when everything that a user or a test relies on is ready. Raises ClusterError."""
    try:
        client = Client(credentials.access(layout))
    except (OSError, ValueError, LookupError) as error:
        raise ClusterError(f"{layout.kubeconfig} is damaged: {error}") from error
    for what, check in everything(client, plan):
        wait(layout, plan, what, check, deadline=deadline)


def wait(layout: Layout, plan: Plan, what: str, missing: Check, *, deadline: float = DEADLINE) -> None:
    """As `until`, but fail at once when a component that was started has ended."""
    started = [each for each in plan.components if layout.pid(each.name).exists()]

    def seen() -> str | None:
        for component in started:
            if not components.runs(layout, component):
                raise ClusterError(f"{component.name} has ended. {tail(layout.log(component.name))}")
        return missing()

    until(what, seen, deadline=deadline, context=lambda: "\n".join(tail(layout.log(each.name), 3) for each in started))
