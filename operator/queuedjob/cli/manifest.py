"""Read a job's manifest from a file: its terms answer questions that need no cluster."""

from typing import IO

import yaml

from queuedjob.api import names
from queuedjob.kube.objects.job_manifests import is_job, job_of, name_and_spec
from queuedjob.kube.objects.queuedjobs import Unreadable
from queuedjob.policy.job.inputs import Job
from queuedjob.policy.time_math import ServerNow
from queuedjob.ports import Body


def job_in(file: IO[str], now: ServerNow) -> tuple[Job, Body]:
    """The first QueuedJob in a YAML file, as a job created just now, and its spec. Raises Unreadable."""
    try:
        documents = list(yaml.safe_load_all(file))
    except yaml.YAMLError as error:
        raise Unreadable(f"no YAML: {error}") from error
    found = next(filter(is_job, documents), None)
    if found is None:
        raise Unreadable(f"no {names.API_VERSION} QueuedJob in it")
    name, spec = name_and_spec(found)
    return job_of(spec, now, name=name or "job"), spec
