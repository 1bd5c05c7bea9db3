"""Makes the transcripts of two API servers comparable: namespaces, UIDs, versions and times become stable names."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import orjson

from tests.api.semantics.api import Said

_UID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_OF_ONE_SERVER: Final = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "TIME"),
    (re.compile(r"too old resource version: \d+ \(\d+\)"), "too old resource version: N (N)"),
    (re.compile(r"\(\d+ vs\. "), "(N vs. "),
    (re.compile(r"\\n@@ .*?(?=\",\")"), ""),  # differences of pods' specs, in Go's notation
    (re.compile(r"(?<=continue key is not valid): .*?(?=\",\")"), ""),  # the error text of Go's JSON decoder
)
_VERSION: Final = re.compile(r'"resourceVersion":"(\d+)"|in record \((\d+)\)|in the precondition \((\d+)\)')

_POD_SPEC: Final = (
    "nodeName",
    "restartPolicy",
    "terminationGracePeriodSeconds",
    "activeDeadlineSeconds",
)
"""The fields of a pod's spec that are compared: the real API server sets many others that are not used here."""


def comparable(said: Sequence[Said], namespace: str) -> list[str]:
    """One line for each entry of a transcript."""
    lines = [_line(each).replace(namespace, "NAMESPACE") for each in said]
    for pattern, instead in _OF_ONE_SERVER:
        lines = [pattern.sub(instead, line) for line in lines]
    uids = {uid: f"UID{i}" for i, uid in enumerate(dict.fromkeys(_found(_UID, lines)))}
    versions = {number: f"V{i}" for i, number in enumerate(sorted({*_found(_VERSION, lines)}, key=int))}
    return [_renamed(_renamed(line, _UID, uids), _VERSION, versions) for line in lines]


def _line(said: Said) -> str:
    body = said.body["kind"] if said.what == "BOOKMARK" else _plain(said.body)
    return f"{said.what} {orjson.dumps(body, option=orjson.OPT_SORT_KEYS).decode()}"


def _plain(body: Any) -> Any:  # noqa: ANN401 - any JSON
    """A body without what must differ between the two servers."""
    if not isinstance(body, dict):
        return body
    plain = {key: value for key, value in body.items() if value is not None and key != "deprecatedSource"}
    kind = str(plain.get("kind", ""))
    metadata = plain.get("metadata")
    if isinstance(metadata, dict):
        plain["metadata"] = _metadata(metadata, of_one=not kind.endswith("List"))
    if "items" in plain:
        plain["items"] = [_plain(item) for item in plain["items"]]
    if "spec" in plain and "containers" in (plain["spec"] or {}):
        plain["spec"] = {key: plain["spec"][key] for key in _POD_SPEC if key in plain["spec"]}
        plain["status"] = {k: v for k, v in (plain.get("status") or {}).items() if k != "qosClass"}
    return plain


def _metadata(metadata: Any, *, of_one: bool) -> Any:  # noqa: ANN401 - any JSON
    """Metadata without what must differ. The version of a list is dropped: it includes the writes of all other
    clients."""
    kept = {key: value for key, value in metadata.items() if key != "managedFields" and value}
    if "labels" in kept:
        kept["labels"] = {k: v for k, v in kept["labels"].items() if k != "kubernetes.io/metadata.name"}
    if not of_one:
        kept.pop("resourceVersion", None)
    if "continue" in kept:
        kept["continue"] = "TOKEN"
    return {key: value for key, value in kept.items() if value}


def _found(pattern: re.Pattern[str], lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        for match in pattern.finditer(line):
            yield next((group for group in match.groups() if group), match[0])


def _renamed(line: str, pattern: re.Pattern[str], names: dict[str, str]) -> str:
    def name(match: re.Match[str]) -> str:
        found = next((group for group in match.groups() if group), match[0])
        return match[0].replace(found, names[found])

    return pattern.sub(name, line)
