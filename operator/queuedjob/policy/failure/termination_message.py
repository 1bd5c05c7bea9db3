"""What a job reports in its termination message (product: What a job can say). Pure.

The last line that parses as a JSON object is used. Nothing here fails, because a job with a wrong message has already
failed or has already done its work. A value that cannot be used is left out, with a remark for people.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, TypeVar

import orjson

from queuedjob.api.kinds.queuedjob_status import Progress
from queuedjob.api.types.durations import format_duration, parse_duration
from queuedjob.api.types.json_value import DEEPEST, Json, nested_deeper_than
from queuedjob.api.types.plain_text import plain
from queuedjob.policy.failure.classes import NAMEABLE, FailureClass

CHECKPOINT_LIMIT: Final = 2048
"""Bytes as serialised: the checkpoint becomes an environment variable, and is kept in status and dead letter."""

RESULT_LIMIT: Final = 4096
"""Bytes as serialised: the limit of Kubernetes for one termination message (pkg/kubelet/container/runtime.go)."""

MESSAGE_LIMIT: Final = 2048
"""Bytes: the same limit as for the last words of any container."""

REASON_LIMIT: Final = 64
"""Characters of `reason`, which is one word."""

LONGEST_WAIT: Final = 86_400.0
"""Seconds: the longest wait that a job may ask for is a day."""

CUT_AT: Final = 4096
"""Bytes: the kubelet keeps only the end of a longer message (MaxContainerTerminationMessageLength).

The messages of a pod's containers may have 12 KiB together: if there are more than three containers, the kubelet keeps
the beginning of each message."""

KEYS: Final = frozenset({"class", "reason", "message", "retryAfter", "checkpoint", "result", "progress"})
"""The keys that are read from an object; other keys are ignored."""

_FAILURES: Final = 40
"""The search ends after so many lines that look like JSON and are not: each costs more time than valid JSON."""

_LARGEST_COUNT: Final = 2**63 - 1
_QUOTED: Final = 60
"""Characters of an ignored value that the remark about the value repeats."""


@dataclass(frozen=True, slots=True)
class TerminationMessage:
    """The content of one termination message. A value that is missing or wrong is None or empty."""

    failure: FailureClass | None = None
    """One of NAMEABLE. Unknown is not one of them: for a job that does not know its class, the other rules decide."""
    reason: str = ""
    """One word, valid as the reason of a condition."""
    message: str = ""
    """For people; at most 2 KiB."""
    retry_after: float | None = None
    """Seconds that the next attempt waits at least; a day at most."""
    checkpoint: Json | None = None
    result: Json | None = None
    progress: Progress | None = None
    ignored: tuple[str, ...] = ()
    """One remark for each value that was left out, with the reason."""
    text: str = ""
    """The text of the message without lines of JSON that use our keys."""
    words: str = ""
    """The part that a person should read: `message` and the text after it, without the text before; else `text`.

    JSON lines of a log, which the kubelet may give us, have messages, too. A stack trace after such a line says more
    than the line does."""


NO_MESSAGE: Final = TerminationMessage()
"""There is no message."""


def read_termination_message(message: str, kept: int | None = None) -> TerminationMessage:
    """Read a termination message. Never raises, whatever the message is.

    `kept`: the bytes that the kubelet kept of its beginning, if it cut the end off.
    """
    lines = message.encode("utf-8", "replace").decode().split("\n")  # a JSON string may contain all other line breaks
    objects = _objects(lines)
    remarks: list[str] = [remark] if (remark := _unreadable(lines, objects)) else []
    if kept is not None:
        remarks.append(f"what is beyond {kept} bytes, the share of one container in a pod with more than three")
    speaks = max(objects, default=None)
    said = _Reader(objects[speaks], remarks) if speaks is not None else _Reader({}, remarks)
    cut = _cut_at_its_start(lines) and objects  # most likely the rest of a JSON line, and no text
    texts = [
        (at, line) for at, line in enumerate(lines) if not objects.get(at, {}).keys() & KEYS and not (cut and at == 0)
    ]
    words = said.read("message", _message, "")
    after = [line for at, line in texts if speaks is not None and at > speaks]
    text = "\n".join(line for _, line in texts).strip()
    return TerminationMessage(
        failure=said.read("class", _failure, None),
        reason=said.read("reason", _reason, ""),
        message=words,
        retry_after=said.read("retryAfter", _retry_after, None),
        checkpoint=said.read("checkpoint", _checkpoint, None),
        result=said.read("result", _result, None),
        progress=said.read("progress", _progress, None),
        ignored=tuple(remarks),
        text=text,
        words="\n".join((words, *after)).strip() if words else text,
    )


# --- finding the line


def _objects(lines: list[str]) -> dict[int, dict[str, Any]]:
    """The lines that are JSON objects, by their index."""
    found: dict[int, dict[str, Any]] = {}
    failures = 0
    for at in reversed(range(len(lines))):
        line = lines[at].strip()
        if not (line.startswith("{") and line.endswith("}")):
            continue
        if (parsed := _object(line)) is not None:
            found[at] = parsed
        elif (failures := failures + 1) == _FAILURES:
            break
    return found


def _object(line: str) -> dict[str, Any] | None:
    try:
        found = orjson.loads(line)
        if _LONG_NUMBER.search(line) and not nested_deeper_than(found, DEEPEST):
            found = json.loads(line)  # orjson makes floats of whole numbers beyond 64 bits, which hides the loss
    except ValueError:  # also a number of more digits than Python reads
        return None
    return found if isinstance(found, dict) else None


_LONG_NUMBER: Final = re.compile(r"\d{19}")


def _unreadable(lines: list[str], objects: Mapping[int, object]) -> str:
    """A remark if the message seems to end with JSON, and the JSON does not parse."""
    filled = [at for at, line in enumerate(lines) if line.strip()]
    if not filled or filled[-1] in objects:
        return ""
    first, last = lines[filled[0]].strip(), lines[filled[-1]].strip()
    if last.startswith("{"):
        return f"its last line, which looks like JSON and is none, or was cut off: {_quoted(last)}"
    if not last.endswith("}") or objects:
        return ""
    if len(filled) == 1 and _cut_at_its_start(lines):
        return f"all of it: a message over {CUT_AT} bytes loses its beginning, and is no JSON any more"
    return "its JSON, which must stand on one line" if first.startswith("{") else ""


def _cut_at_its_start(lines: list[str]) -> bool:
    first = lines[0].strip()
    whole = sum(len(line.encode()) + 1 for line in lines) - 1
    return whole >= CUT_AT and first.endswith("}") and not first.startswith("{")


# --- reading the keys: each reader raises _Useless, a ValueError, with the reason why a value cannot be used


_T = TypeVar("_T")
_Note: TypeAlias = Callable[[str], None]


class _Useless(ValueError):  # noqa: N818 - a fact about a value
    """Why a value was ignored."""


class _Reader:
    """Reads the keys of one object, and adds a remark for each wrong value."""

    def __init__(self, said: Mapping[str, Any], remarks: list[str]) -> None:
        self._said = said
        self._remarks = remarks

    def read(self, key: str, take: Callable[[Any, _Note], _T], absent: _T) -> _T:
        value = self._said.get(key)
        if value is None:  # many serialisers write null for a missing value
            return absent

        def note(remark: str) -> None:
            self._remarks.append(f"{key} {_quoted(value)}: {remark}")

        try:
            return take(value, note)
        except _Useless as why:
            note(str(why))
            return absent


def _failure(value: object, _note: _Note) -> FailureClass | None:
    name = _text(value).strip()
    if not name:
        return None
    found = _CLASSES.get(name.casefold())
    if found is None:
        raise _Useless(f"a job may say {', '.join(NAMEABLE)}")
    return found


_CLASSES: Final = {name.casefold(): failure for name, failure in NAMEABLE.items()}


def _reason(value: object, _note: _Note) -> str:
    text = _text(value).strip()
    if len(text) > REASON_LIMIT:
        raise _Useless(f"it is longer than {REASON_LIMIT} characters; sentences belong into message")
    word = _in_one_word(text)
    if text and not word:
        raise _Useless("it has no letter from A to Z")
    return word


def _in_one_word(text: str) -> str:
    """Make `text` a valid reason of a condition: "no such address" becomes NoSuchAddress, NOT_FOUND stays as it is."""
    parts = re.findall("[A-Za-z0-9_]+", text)
    joined = text if parts == [text] else "".join(part[0].upper() + part[1:] for part in parts)
    return joined.lstrip("0123456789_")


def _message(value: object, note: _Note) -> str:
    text = plain(_text(value)).strip()
    encoded = text.encode()
    if len(encoded) > MESSAGE_LIMIT:
        note(f"what is beyond {MESSAGE_LIMIT} bytes")
    return encoded[:MESSAGE_LIMIT].decode(errors="ignore")


def _retry_after(value: object, note: _Note) -> float | None:
    text = _text(value).strip()
    if not text:
        return None
    try:
        seconds = parse_duration(text)
    except ValueError:
        raise _Useless("it is no duration of h, m, s and ms, such as 30s") from None
    if seconds > LONGEST_WAIT:
        note(f"what is beyond {format_duration(LONGEST_WAIT)}")
    return min(seconds, LONGEST_WAIT)


def _checkpoint(value: object, _note: _Note) -> Json:
    if isinstance(value, str) and "\0" in value:
        raise _Useless("no environment variable can hold a NUL character")
    return _json(value, CHECKPOINT_LIMIT)


def _result(value: object, _note: _Note) -> Json:
    return _json(value, RESULT_LIMIT)


def _json(value: object, limit: int) -> Json:
    try:
        made = Json.of(value)
    except ValueError as why:
        raise _Useless(str(why)) from None
    if made.size > limit:
        raise _Useless(f"it has {made.size} bytes as JSON, over the limit of {limit}")
    return made


def _progress(value: object, _note: _Note) -> Progress:
    counts = (value.get("done"), value.get("total")) if isinstance(value, dict) else ()
    match [count for count in counts if type(count) is int and 0 <= count <= _LARGEST_COUNT]:
        case [done, total]:
            return Progress(done=done, total=total)
    raise _Useless('it must be like {"done": 800, "total": 1000}, whole numbers that are not negative')


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _Useless("it is no string")
    return value


def _quoted(value: object) -> str:
    text = plain(value) if isinstance(value, str) else _as_text(value)
    return text if len(text) <= _QUOTED else f"{text[:_QUOTED]}..."


def _as_text(value: object) -> str:
    try:
        return Json.of(value).text
    except ValueError:
        return "..."
