"""Names of pods and dead letters. The name alone identifies the owner. Golden tests pin the names for ever.

A pod is named `stem-HASH-NUMBER`, a dead letter `stem-HASH`. HASH covers the job's UID and redrive count, so that no
redrive, and no later job of the same name, asks for a name that is already taken by an earlier run or job.
"""

import base64
import hashlib
import re
from functools import lru_cache
from typing import Final

MAX_NAME: Final = 63
"""Longest name, in characters: the name is also a label's value and a host name."""

_HASH_LENGTH: Final = 10
_NUMBER_DIGITS: Final = 6
_STEM_LENGTH: Final = MAX_NAME - _HASH_LENGTH - _NUMBER_DIGITS - len("--")

_LABEL: Final = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_LONGEST_NAME: Final = 253
"""What the API server accepts as a name (apimachinery, util/validation: IsDNS1123Subdomain)."""

_POD_NAME: Final = re.compile(rf"-([a-z2-7]{{{_HASH_LENGTH}}})-([1-9][0-9]{{0,{_NUMBER_DIGITS - 1}}})$")


@lru_cache(maxsize=1024)  # each plan asks for the same two hashes again
def name_hash(job_uid: str, redrives: int) -> str:
    """Ten characters that identify one run of one job."""
    digest = hashlib.sha256(f"{job_uid}/{redrives}".encode()).digest()
    return base64.b32encode(digest).decode().lower()[:_HASH_LENGTH]


def stem(job_name: str) -> str:
    """The start of the job's name, short enough for a pod's name with any attempt number.

    Dots become hyphens: a pod's host name has no dots.
    """
    return job_name.replace(".", "-")[:_STEM_LENGTH].rstrip("-")


def pod_name(job_name: str, job_uid: str, redrives: int, number: int) -> str:
    """Name of the pod of attempt `number`."""
    return f"{stem(job_name)}-{name_hash(job_uid, redrives)}-{number}"


def letter_name(job_name: str, job_uid: str, redrives: int, rank: int = 1) -> str:
    """Name of the dead letter of one failed run. `rank` is above 1 if a foreign dead letter has taken the name."""
    name = f"{stem(job_name)}-{name_hash(job_uid, redrives)}"
    return name if rank == 1 else f"{name}-{rank}"


def is_object_name(name: str) -> bool:
    """Whether the API server accepts `name` as the name of an object of ours, of a pod or of a namespace."""
    return len(name) <= _LONGEST_NAME and _SUBDOMAIN.fullmatch(name) is not None


def pod_stem(name: str) -> str:
    """The stem of the job's name, read from a pod's name. Empty for a name that is not one of ours."""
    match = _POD_NAME.search(name)
    return "" if match is None else name[: match.start()]


def parse_pod_name(name: str) -> tuple[str, int] | None:
    """Hash and attempt number in a pod's name. None for a name that is not one of ours."""
    match = _POD_NAME.search(name)
    return None if match is None else (match[1], int(match[2]))
