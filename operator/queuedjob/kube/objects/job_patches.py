"""JSON patches for jobs."""

from collections.abc import Sequence

from queuedjob.api.names import RETRY_NOW_ANNOTATION
from queuedjob.kube.client.client import Operation
from queuedjob.kube.objects.patches import add, pointer, require, same_object
from queuedjob.policy.job.inputs import Job
from queuedjob.ports import Body


def asking_for_retry(job: Job, known: Body, value: str) -> Sequence[Operation]:
    """Return the patch that gives this very job the annotation retry-now, beside those of `known`, its present body."""
    metadata = known["metadata"]
    if metadata.get("annotations"):
        return [*same_object(job), add(pointer("metadata", "annotations", RETRY_NOW_ANNOTATION), value)]
    # Without annotations, the patch writes all of them: it must not replace those that come in between.
    unchanged = require("/metadata/resourceVersion", metadata["resourceVersion"])
    return [*same_object(job), unchanged, add("/metadata/annotations", {RETRY_NOW_ANNOTATION: value})]
