"""Manifests for the tests."""

import copy
import uuid
from typing import Any, TypeAlias

Object: TypeAlias = dict[str, Any]


def fresh_name(stem: str = "job") -> str:
    """A name that no other test uses."""
    return f"{stem}-{uuid.uuid4().hex[:10]}"


def a_job(**spec: Any) -> Object:  # noqa: ANN401 - any JSON
    """A minimal job, with `spec` merged into its spec."""
    smallest = {"template": {"spec": {"containers": [{"name": "main", "image": "busybox"}]}}}
    return {
        "apiVersion": "queuedjob.dev/v1alpha1",
        "kind": "QueuedJob",
        "metadata": {"name": fresh_name()},
        "spec": laid_over(smallest, spec),
    }


def a_pod(**pod: Any) -> Object:  # noqa: ANN401 - any JSON
    """For `a_job`: a template whose pod spec has the fields `pod` and the container of the minimal job."""
    return {"template": {"spec": pod}}


def a_container(**container: Any) -> Object:  # noqa: ANN401 - any JSON
    """For `a_job`: a template with one container that also has the fields `container`."""
    return a_pod(containers=[{"name": "main", "image": "busybox", **container}])


def a_letter(**spec: Any) -> Object:  # noqa: ANN401 - any JSON
    """A dead letter, with `spec` merged into its spec."""
    job = a_job(payload={"order": 42})
    smallest = {
        "jobRef": {"name": job["metadata"]["name"], "uid": str(uuid.uuid4()), "generation": 1},
        "job": {"spec": job["spec"]},
        "reason": "MaxAttempts",
    }
    return {
        "apiVersion": "queuedjob.dev/v1alpha1",
        "kind": "DeadLetter",
        "metadata": {"name": fresh_name("letter")},
        "spec": laid_over(smallest, spec),
    }


def laid_over(base: Object, patch: Object) -> Object:
    """Apply a merge patch: objects are merged, None removes a key, all other values are replaced."""
    merged = copy.deepcopy(base)
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = laid_over(merged[key], value)
        else:
            merged[key] = value
    return merged
