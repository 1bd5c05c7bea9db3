"""The answer of `queuedjob release`: the shape of its JSON, which scripts rely on."""

from enum import StrEnum

from pydantic import Field

from queuedjob.api.types.base import Model


class Result(StrEnum):
    """What became of one pod."""

    RELEASED = "released"
    GONE = "gone"
    FAILED = "failed"


class ReleasedPod(Model):
    """One pod that was held, and what became of it."""

    namespace: str = Field(description="Its namespace.")
    name: str = Field(description="Its name.")
    uid: str = Field(description="Its UID.")
    job: str = Field(description="Name of its QueuedJob; empty if the pod does not tell.")
    result: Result = Field(description="released, gone (deleted meanwhile, or released by another client) or failed.")
    message: str = Field(default="", description="Why it failed.")


class Release(Model):
    """What `queuedjob release` has done."""

    pods: tuple[ReleasedPod, ...] = Field(default=(), description="Every pod that was held.")
    released: int = Field(default=0, description="How many pods were released.")
    failed: int = Field(default=0, description="How many pods are still held.")
