"""Read a job's manifest from a file: its terms answer questions that need no cluster."""

import json
from typing import IO, Any

import yaml

from queuedjob.api import names
from queuedjob.kube.objects.job_manifests import is_job, job_of, name_and_spec
from queuedjob.kube.objects.queuedjobs import Unreadable
from queuedjob.policy.job.inputs import Job
from queuedjob.policy.time_math import ServerNow
from queuedjob.ports import Body


def job_in(file: IO[str], now: ServerNow) -> tuple[Job, Body]:
    """The first QueuedJob in a YAML file, as a job created just now, and its spec. Raises Unreadable."""
    found = next(filter(is_job, _documents_in(file)), None)
    if found is None:
        raise Unreadable(f"no {names.API_VERSION} QueuedJob in it")
    name, spec = name_and_spec(found)
    return job_of(spec, now, name=name or "job"), spec


def _documents_in(file: IO[str]) -> Any:  # noqa: ANN401 - any JSON
    """The YAML documents as the JSON that kubectl would send: with texts as keys, and dates as texts."""
    try:
        return json.loads(json.dumps(list(yaml.load_all(file, _Loader))))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Unreadable(f"no YAML in UTF-8: {error}") from error
    except RecursionError as error:
        raise Unreadable("it is nested too deep to be read") from error
    except (TypeError, ValueError) as error:
        raise Unreadable(f"no JSON can be made of it: {error}") from error


class _Loader(yaml.SafeLoader):
    """Loads dates as texts."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
