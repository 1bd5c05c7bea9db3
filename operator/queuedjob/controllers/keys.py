"""Keys of the workqueue: what one reconcile is about."""

import enum
from typing import NamedTuple


class Subject(enum.StrEnum):
    """What kind of object a key names by UID."""

    JOB = "job"
    """Also the pods of a job that is gone: whoever reconciles a job's pods holds the job's key."""
    LETTER = "letter"
    POD = "pod"
    """A pod of ours that names no owner."""


class Key(NamedTuple):
    """One subject; as text it is `job/UID`."""

    subject: Subject
    uid: str

    def __str__(self) -> str:
        return f"{self.subject}/{self.uid}"


def parse(text: str) -> Key:
    """The key that `text` writes."""
    subject, uid = text.split("/", 1)
    return Key(Subject(subject), uid)


def job(uid: str) -> str:
    """The key of a job, and of the pods that it left."""
    return str(Key(Subject.JOB, uid))


def letter(uid: str) -> str:
    """The key of a DeadLetter."""
    return str(Key(Subject.LETTER, uid))


def pod(uid: str) -> str:
    """The key of a pod without an owner."""
    return str(Key(Subject.POD, uid))
