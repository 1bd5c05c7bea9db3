"""A cluster of kind: Kubernetes in Docker, for laptops and public CI."""

import os
import shutil
import subprocess
from pathlib import Path

from dev.cluster import companions, places
from dev.cluster.commands import run
from dev.cluster.errors import ClusterError
from dev.cluster.handle import Cluster
from dev.cluster.local.binaries import KUBERNETES
from dev.cluster.options import Options, Where
from dev.cluster.progress import say
from dev.cluster.record import Record, write

NODE_IMAGE = f"kindest/node:{KUBERNETES}"


def called(name: str) -> str:
    """Return kind's name for the cluster. It is not just `name`, because a user may have other kind clusters."""
    return f"queuedjob-{name}"


def create_arguments(name: str, kubeconfig: Path) -> list[str]:
    """The command waits until the node is Ready and does not touch the user's own kubeconfig."""
    return [
        "kind",
        "create",
        "cluster",
        f"--name={called(name)}",
        f"--image={NODE_IMAGE}",
        f"--kubeconfig={kubeconfig}",
        "--wait=300s",
    ]


def delete_arguments(name: str, kubeconfig: Path) -> list[str]:
    """The command is no error when there is no such cluster."""
    return ["kind", "delete", "cluster", f"--name={called(name)}", f"--kubeconfig={kubeconfig}"]


def load_arguments(name: str, image: str) -> list[str]:
    """The command loads an image of the local Docker into the cluster."""
    return ["kind", "load", "docker-image", f"--name={called(name)}", image]


def docker_answers() -> bool:
    """Return whether there is a Docker daemon that we may use."""
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", "info"], check=False, capture_output=True).returncode == 0


def up(name: str, options: Options) -> Cluster:
    """Return the running cluster of that name if it answers, else create a new one. Raises ClusterError."""
    if options != Options():
        raise ClusterError("kind gives a plain node: other profiles and options need CLUSTER=local")
    for tool, source in (("kind", "https://kind.sigs.k8s.io"), ("kubectl", "https://kubernetes.io/docs/tasks/tools")):
        if shutil.which(tool) is None:
            raise ClusterError(f"CLUSTER=kind needs {tool} on PATH: {source}")
    kubeconfig = places.folder(name) / "kubeconfig"
    kubectl = str(shutil.which("kubectl"))
    if _answers(kubectl, kubeconfig):
        say(f"kind cluster {called(name)} is up already")
    else:
        write(Record(name, Where.KIND, str(kubeconfig), kubectl))
        companions.stop(name)
        run(delete_arguments(name, kubeconfig), env=os.environ)
        say(f"creating the kind cluster {called(name)}: minutes at first, its image is fetched")
        run(create_arguments(name, kubeconfig), env=os.environ, patience=None)
    write(Record(name, Where.KIND, str(kubeconfig), kubectl, ready=True))
    return Cluster(name, Where.KIND, kubeconfig, Path(kubectl))


def down(name: str) -> None:
    """Delete the cluster, whatever state it is in."""
    run(delete_arguments(name, places.folder(name) / "kubeconfig"), env=os.environ)


def _answers(kubectl: str, kubeconfig: Path) -> bool:
    if not kubeconfig.exists():
        return False
    argv = [kubectl, f"--kubeconfig={kubeconfig}", "--request-timeout=10s", "get", "--raw", "/readyz"]
    return subprocess.run(argv, check=False, capture_output=True).returncode == 0
