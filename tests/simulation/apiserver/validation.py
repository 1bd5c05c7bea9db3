"""Checks for objects of every kind: names, labels, annotations, finalizers."""

import json
import re
from collections.abc import Iterator
from typing import Final

from tests.simulation.apiserver.refusals import Cause
from tests.simulation.apiserver.resources import NAMESPACES, Resource
from tests.simulation.apiserver.storage import Body

_SUBDOMAIN: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_DNS_LABEL: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_LABEL_VALUE: Final = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
_LONGEST_NAME: Final = 253
_LONGEST_LABEL: Final = 63
_LONGEST_ANNOTATIONS: Final = 262144
"""Most bytes of all annotations of an object together."""

_SUBDOMAIN_WORDS: Final = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_LABEL_WORDS: Final = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)


def wrong_metadata(resource: Resource, body: Body) -> Iterator[Cause]:
    """Causes to refuse an object for its name, labels or annotations."""
    metadata = body["metadata"]
    name = metadata.get("name", "")
    form = _DNS_LABEL if resource is NAMESPACES else _SUBDOMAIN
    if not name:
        yield Cause("FieldValueRequired", "metadata.name", "Required value: name or generateName is required")
    elif not form.fullmatch(name) or len(name) > _LONGEST_NAME:
        yield Cause("FieldValueInvalid", "metadata.name", f'Invalid value: "{name}": {_SUBDOMAIN_WORDS}')
    for value in (metadata.get("labels") or {}).values():
        if len(value) > _LONGEST_LABEL:
            words = f'Invalid value: "{value}": must be no more than {_LONGEST_LABEL} bytes'
            yield Cause("FieldValueInvalid", "metadata.labels", words)
        elif not _LABEL_VALUE.fullmatch(value):
            yield Cause("FieldValueInvalid", "metadata.labels", f'Invalid value: "{value}": {_LABEL_WORDS}')
    annotations = metadata.get("annotations") or {}
    if sum(len(key) + len(value) for key, value in annotations.items()) > _LONGEST_ANNOTATIONS:
        words = f"Too long: may not be more than {_LONGEST_ANNOTATIONS} bytes"
        yield Cause("FieldValueTooLong", "metadata.annotations", words)


def wrong_change_of_metadata(old: Body, given: Body) -> list[Cause]:
    """Refuse changes of UID and deletion fields, and new finalizers on an object that is being deleted.

    The real API server checks this twice (registry/rest: BeforeUpdate, and each kind's own validation), and reports
    each cause twice.
    """
    return 2 * [*_written_by_hand(old, given), *_wrong_finalizers(old, given)]


def _written_by_hand(old: Body, given: Body) -> Iterator[Cause]:
    was, asked = old["metadata"], given["metadata"]
    for key in ("uid", "deletionTimestamp", "deletionGracePeriodSeconds"):
        if key in asked and asked[key] != was.get(key):
            words = f"Invalid value: {json.dumps(asked[key])}: field is immutable"
            yield Cause("FieldValueInvalid", f"metadata.{key}", words)


def _wrong_finalizers(old: Body, new: Body) -> Iterator[Cause]:
    if "deletionTimestamp" not in old["metadata"]:
        return
    had = old["metadata"].get("finalizers") or []
    added = [name for name in new["metadata"].get("finalizers") or [] if name not in had]
    if added:
        found = ", ".join(f'"{name}"' for name in sorted(added))
        yield Cause(
            "FieldValueForbidden",
            "metadata.finalizers",
            "Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers "
            f"[]string{{{found}}}",
        )
