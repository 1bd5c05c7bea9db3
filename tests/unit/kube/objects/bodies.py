"""QueuedJobs as the API server stores them, and golden files with the bodies that the operator must send."""

from pathlib import Path
from typing import Any

import yaml

from queuedjob.api.kinds.queuedjob import JobTerms
from queuedjob.kube.objects.queuedjobs import job_from
from queuedjob.ports import Body

TEMPLATE: Body = {"spec": {"containers": [{"name": "main", "image": "busybox", "command": ["true"]}]}}


def a_job_body(status: Body | None = None, *, metadata: Body | None = None, **spec: Any) -> Body:  # noqa: ANN401 - JSON
    """A QueuedJob named invoice-42 with `spec` on top of a template."""
    return {
        "apiVersion": "queuedjob.dev/v1alpha1",
        "kind": "QueuedJob",
        "metadata": {
            "name": "invoice-42",
            "namespace": "billing",
            "uid": "0b4f7c1e-5a2d-4e0b-9a51-3f0f6d1c2b7a",
            "resourceVersion": "4711",
            "generation": 3,
            "creationTimestamp": "2026-03-01T12:00:00Z",
            **(metadata or {}),
        },
        "spec": {"template": TEMPLATE, **spec},
        **({"status": status} if status is not None else {}),
    }


def golden(name: str) -> Body:
    """The body in golden/NAME.yaml."""
    body: Body = yaml.safe_load((Path(__file__).parent / "golden" / f"{name}.yaml").read_text())
    return body


def terms_of(spec: Body) -> JobTerms:
    """The terms of a job with this spec."""
    return job_from(a_job_body(**spec)).terms
