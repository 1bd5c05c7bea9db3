"""Read texts that another client wrote into an object: each is bounded and cleaned here, once, before it is kept.

What is read here stays in memory, and goes into statuses, letters, Events and logs. A pod's status and annotations, an
Event or a reference may hold anything, up to the 1.5 MiB of an object. Odd input counts as absent and raises no error.
"""

import re
from typing import Final

from queuedjob.api.types.plain_text import LONGEST_WORD, one_word, plain
from queuedjob.api.types.times import TIME_PATTERN

_NAME: Final = 317
"""Characters of the longest name that the API server accepts: a qualified one, as scheduling gates have (apimachinery,
util/validation: IsQualifiedName)."""

_MESSAGE: Final = 4096
"""Characters that are kept of a message. The kubelet keeps as many bytes of a container's (pkg/kubelet/container,
MaxContainerTerminationMessageLength); what others write for people is shorter."""

_ODD: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_LABEL: Final = re.compile("[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")
"""A DNS label, as containers are named (apimachinery, util/validation: IsDNS1123Label)."""

_UID: Final = re.compile("[A-Za-z0-9-]{1,64}")
"""The API server makes UUIDs, of 36 characters."""

_HASH: Final = re.compile("v[0-9]{1,4}-[0-9a-f]{1,64}")
"""A hash with its algorithm (api/canonical.py). One of an algorithm that this version does not know is kept, too: it
says that another release wrote it."""

_TIME: Final = re.compile(TIME_PATTERN)


def text_in(body: object, key: str) -> str:
    """The text as it is: to be compared, never to be kept."""
    value = body.get(key) if isinstance(body, dict) else None
    return value if isinstance(value, str) else ""


def name_in(body: object, key: str) -> str:
    """A name on one line, as the API server accepts names."""
    return as_name(text_in(body, key))


def as_name(text: object) -> str:
    """The text if it is a name on one line; else empty."""
    return text if isinstance(text, str) and len(text) <= _NAME and _ODD.search(text) is None else ""


def words_in(body: object, key: str, longest: int = _MESSAGE) -> str:
    """The first `longest` characters of a text for people."""
    return plain(text_in(body, key)[:longest])


def last_words_in(body: object, key: str) -> str:
    """The last 4096 characters of what a container said: as the kubelet does, which keeps the end."""
    return plain(text_in(body, key)[-_MESSAGE:])


def word_in(body: object, key: str, longest: int = LONGEST_WORD) -> str:
    """A reason, which is one word of at most `longest` characters."""
    return one_word(text_in(body, key), longest)


def label_in(body: object, key: str) -> str:
    """The name of a container."""
    return _whole(_LABEL, text_in(body, key))


def uid_in(body: object, key: str) -> str:
    """The UID of an object: 1 to 64 letters, digits and hyphens."""
    return _whole(_UID, text_in(body, key))


def hash_in(body: object, key: str) -> str:
    """A hash of a spec, with the name of its algorithm in front."""
    return _whole(_HASH, text_in(body, key))


def time_in(body: object, key: str) -> str:
    """A text of the form of an RFC 3339 time: to be compared, never to be calculated with."""
    return _whole(_TIME, text_in(body, key))


def _whole(pattern: re.Pattern[str], text: str) -> str:
    return text if pattern.fullmatch(text) is not None else ""
