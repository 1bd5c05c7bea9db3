"""Names and keys of our API: labels, annotations, finalizer, environment. Users and dashboards rely on these names."""

from typing import Final

GROUP: Final = "queuedjob.dev"
VERSION: Final = "v1alpha1"
API_VERSION: Final = f"{GROUP}/{VERSION}"

QUEUEDJOBS: Final = "queuedjobs"
DEADLETTERS: Final = "deadletters"

RETRY_NOW_ANNOTATION: Final = f"{GROUP}/retry-now"
"""Annotation of a job, with a time: the wait for the next attempt ends now, once for each value."""

FINALIZER: Final = f"{GROUP}/outcome"
"""The finalizer, on pods only. It stays until the pod's outcome is in the job's status."""

# Labels of a pod. The pod watch selects pods by JOB_LABEL.
JOB_LABEL: Final = f"{GROUP}/job"
JOB_UID_LABEL: Final = f"{GROUP}/job-uid"
REDRIVES_LABEL: Final = f"{GROUP}/redrives"
ATTEMPT_LABEL: Final = f"{GROUP}/attempt"
QUEUE_LABEL: Final = f"{GROUP}/queue"
TYPE_LABEL: Final = f"{GROUP}/type"

# Annotations of a pod.
GENERATION_ANNOTATION: Final = f"{GROUP}/generation"
SPEC_HASH_ANNOTATION: Final = f"{GROUP}/spec-hash"
PAYLOAD_ANNOTATION: Final = f"{GROUP}/payload"
STOP_REASON_ANNOTATION: Final = f"{GROUP}/stop-reason"
STOP_DETAIL_ANNOTATION: Final = f"{GROUP}/stop-detail"
DEADLINE_ANNOTATION: Final = f"{GROUP}/deadline"
DELETION_ANNOTATION: Final = f"{GROUP}/deletion-requested"
"""When the pod's deletion was requested, or we decided on it: the kubelet rewrites deletionTimestamp at its end."""
MAIN_CONTAINER_ANNOTATION: Final = f"{GROUP}/main-container"
"""Name of the container whose end is the attempt's outcome, as the template said when the pod was built."""

ENVIRONMENT_PREFIX: Final = "QUEUEDJOB_"
PAYLOAD_VOLUME: Final = "queuedjob-payload"
PAYLOAD_DIRECTORY: Final = "/var/run/queuedjob"
PAYLOAD_PATH: Final = f"{PAYLOAD_DIRECTORY}/payload.json"
HEARTBEAT_VOLUME: Final = "queuedjob-heartbeat"
HEARTBEAT_DIRECTORY: Final = "/var/run/queuedjob-heartbeat"
HEARTBEAT_PATH: Final = f"{HEARTBEAT_DIRECTORY}/beat"
