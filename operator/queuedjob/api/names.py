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

TERM_LABEL: Final = f"{GROUP}/term"
"""Label of each object that an operator with leader election creates: in which term. Admission compares it with the
Lease. A label, for only by labels does a policy choose objects before it looks for its parameter, the Lease."""

LEASE: Final = "queuedjob-operator"
NAMESPACE: Final = "queuedjob-system"
"""Name and namespace of the Lease that an installation's operators stand for, where nothing else is said."""

# Annotations of the operator's Lease.
LATE_FOR: Final = f"{GROUP}/late-for"
"""Seconds after its release for which requests of the last term may still arrive."""
FOLLOWS_DELETION: Final = f"{GROUP}/follows-deletion"
"""The Lease was created in the place of one that was deleted, and no term has been quiet for long enough since."""

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
