"""Keys of the workqueue for jobs and their pods."""

from queuedjob.api.names import QUEUEDJOBS
from queuedjob.controllers.keys import key_of
from queuedjob.kube.objects.pods import PODS
from queuedjob.policy.facts import JobId


def job_key(job: JobId) -> str:
    """Return the key of a job, and of the pods that it left: only the reconcile of this key writes to these objects."""
    return key_of(QUEUEDJOBS, *job)


def pod_key(namespace: str, uid: str) -> str:
    """Return the key of a pod of ours that names no owner."""
    return key_of(PODS.plural, namespace, uid)
