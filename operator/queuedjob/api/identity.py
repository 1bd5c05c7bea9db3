"""Names of pods and letters: who they belong to, told by the name alone. Pinned by golden tests for ever.

A pod is `stem-HASH-NUMBER`, a letter `stem-HASH`: HASH is of the job's UID and redrive count, so neither a job of the
same name created later nor a redrive ever asks for a name that an earlier one took.
"""

import base64
import hashlib
import re
from functools import lru_cache
from typing import Final

MAX_NAME: Final = 63
"""Characters of a name that is also a label's value and a host name."""

_HASH_LENGTH: Final = 10
_NUMBER_DIGITS: Final = 6
_STEM_LENGTH: Final = MAX_NAME - _HASH_LENGTH - _NUMBER_DIGITS - len("--")

_POD_NAME: Final = re.compile(rf"-([a-z2-7]{{{_HASH_LENGTH}}})-([1-9][0-9]{{0,{_NUMBER_DIGITS - 1}}})$")


@lru_cache(maxsize=1024)  # each plan asks for the same two again
def name_hash(job_uid: str, redrives: int) -> str:
    """Ten characters for one life of one job."""
    digest = hashlib.sha256(f"{job_uid}/{redrives}".encode()).digest()
    return base64.b32encode(digest).decode().lower()[:_HASH_LENGTH]


def stem(job_name: str) -> str:
    """As much of a job's name as fits into a pod's name with any number; dots go, for a pod's host name has none."""
    return job_name.replace(".", "-")[:_STEM_LENGTH].rstrip("-")


def pod_name(job_name: str, job_uid: str, redrives: int, number: int) -> str:
    """Name of the pod of attempt `number`."""
    return f"{stem(job_name)}-{name_hash(job_uid, redrives)}-{number}"


def letter_name(job_name: str, job_uid: str, redrives: int, rank: int = 1) -> str:
    """Name of the letter of one death; `rank` counts on from 1 where a foreign letter holds the name."""
    name = f"{stem(job_name)}-{name_hash(job_uid, redrives)}"
    return name if rank == 1 else f"{name}-{rank}"


def pod_stem(name: str) -> str:
    """What a pod's name begins with: the stem of its job's name; empty for a name that is not one of ours."""
    match = _POD_NAME.search(name)
    return "" if match is None else name[: match.start()]


def parse_pod_name(name: str) -> tuple[str, int] | None:
    """Hash and number in a pod's name; None for a name that is not one of ours."""
    match = _POD_NAME.search(name)
    return None if match is None else (match[1], int(match[2]))
