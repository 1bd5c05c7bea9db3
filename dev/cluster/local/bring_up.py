"""Creates a local cluster, in the order in which its parts need each other."""

import subprocess

from dev.cluster.commands import CLEAN_ENVIRONMENT, run
from dev.cluster.local import credentials, health, nodes, starting, surroundings
from dev.cluster.local.client import Client
from dev.cluster.local.layout import Layout
from dev.cluster.local.plan import NODE, Given, Plan, simulated_nodes
from dev.cluster.local.ready import server_answers
from dev.cluster.options import Options, Profile
from dev.cluster.progress import say


def bring_up(given: Given, options: Options, plan: Plan) -> None:
    """Create the cluster and wait until it is ready.

    Raises ClusterError with what is seen instead. What exists by then stays, so that it can be examined.
    """
    layout = given.layout
    _write_files(given, plan)
    surroundings.create(layout, given.addresses)
    client = Client(credentials.create(layout, given.addresses))
    say(f"cluster {layout.name}: {given.addresses.server}, starting etcd and the API server")
    for component in plan.components:
        if component.name in starting.NEEDED_FIRST:
            starting.start(layout, given.addresses, component)
    if plan.images:
        _import_images(layout, plan)
    health.wait(layout, plan, "the API server", lambda: server_answers(client))
    say("the API server answers, starting the rest")
    for component in plan.components:
        if component.name not in starting.NEEDED_FIRST:
            starting.start(layout, given.addresses, component)
    if options.profile is Profile.API:
        nodes.create_ready_node(client, NODE)
    nodes.create_simulated_nodes(client, simulated_nodes(options))
    health.wait_until_ready(layout, plan)
    part = layout.plan.with_suffix(".part")
    part.write_text(plan.text())
    part.replace(layout.plan)
    say(f"cluster {layout.name} is up ({options.profile}): {given.addresses.server}")


def _write_files(given: Given, plan: Plan) -> None:
    layout = given.layout
    for folder in (layout.run, layout.configuration, layout.folder / "bin"):
        folder.mkdir(parents=True, exist_ok=True)
    for path, text in plan.files.items():
        (layout.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (layout.folder / path).write_text(text)
    (layout.folder / "bin/kubectl").symlink_to(given.binaries / "kubectl")


def _import_images(layout: Layout, plan: Plan) -> None:
    ctr = ["ctr", "--address", str(layout.containerd_socket)]

    def answers() -> str | None:
        done = subprocess.run(
            [*ctr, "--connect-timeout", "2s", "version"],
            check=False,
            capture_output=True,
            text=True,
            env=dict(CLEAN_ENVIRONMENT),
        )
        return done.stderr.strip() if done.returncode else None

    health.wait(layout, plan, "containerd", answers)
    for archive in plan.images:
        run([*ctr, "--namespace", "k8s.io", "images", "import", archive])
