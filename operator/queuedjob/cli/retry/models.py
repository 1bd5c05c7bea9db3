"""The answer of `queuedjob retry`: the shape of its JSON, which scripts rely on."""

from pydantic import Field

from queuedjob.api.types.base import Model
from queuedjob.api.types.times import Time


class Retry(Model):
    """What `queuedjob retry` has asked for."""

    namespace: str = Field(description="The job's namespace.")
    name: str = Field(description="The job's name.")
    value: str = Field(description="The value that was written to the job's annotation queuedjob.dev/retry-now.")
    due: Time | None = Field(
        default=None, description="When the next attempt was to start, where it waited for a time."
    )
