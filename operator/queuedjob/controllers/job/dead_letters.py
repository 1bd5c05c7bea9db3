"""What the reconcile of a job needs from the writer of dead letters, which belongs to another kind's folder."""

from typing import Protocol

from queuedjob.policy.facts import Letter
from queuedjob.policy.job.inputs import FilingRefused, Job
from queuedjob.ports import Body


class DeadLetters(Protocol):
    """Files dead letters, finds them and marks them. Every method raises NoAnswer and ApiError."""

    async def file(self, job: Job, live: Body, name: str) -> FilingRefused | None:
        """POST the dead letter of `job` under `name`. `live` is the job's body at the version of `job`."""
        ...

    async def mark_redriven(self, job: Job, letter: Letter) -> None:
        """Write on the dead letter that its job has run again."""
        ...

    async def find(self, namespace: str, name: str, job_uid: str) -> bool:
        """Return whether the dead letter of this name exists and is about this job."""
        ...
