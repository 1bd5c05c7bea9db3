"""The cluster that $KUBECONFIG points at: it is used as it is, and never brought up or taken down."""

import os
import shutil
from pathlib import Path

from dev.cluster.commands import run
from dev.cluster.errors import ClusterError
from dev.cluster.handle import Cluster
from dev.cluster.options import Options, Where
from dev.cluster.progress import say
from dev.cluster.record import Record, write


def up(name: str, options: Options) -> Cluster:
    """Check that the cluster answers. Raises ClusterError when it does not, or when $KUBECONFIG is not one file."""
    if options != Options():
        raise ClusterError("the current cluster is taken as it is: other profiles and options need CLUSTER=local")
    named = os.environ.get("KUBECONFIG", "")
    kubeconfig = Path(named).absolute()
    if not named or not kubeconfig.is_file():
        raise ClusterError(f"CLUSTER=current needs KUBECONFIG to name one file, and it is {named!r}")
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        raise ClusterError("CLUSTER=current needs kubectl on PATH: https://kubernetes.io/docs/tasks/tools/")
    run([kubectl, "get", "--raw", "/readyz"], env=os.environ)
    say(f"using the cluster of {kubeconfig} as it is")
    write(Record(name, Where.CURRENT, str(kubeconfig), kubectl, ready=True))
    return Cluster(name, Where.CURRENT, kubeconfig, Path(kubectl))
