import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuedjob.kube.client.scan import _SLICE, Scan, _stride


def scanned(raw: bytes, base: int = 0, key: str = "") -> tuple[Scan, int]:
    """The scan of all bytes, and the number of its slices."""
    scan = Scan(raw, base, key, managed_fields=False)
    return scan, sum(1 for _ in scan.slices())


def test_an_answer_is_taken_apart_into_its_objects_and_the_rest() -> None:
    scan, _ = scanned(b'{"metadata":{"a":{}},"items":[{"b":[1]}, {},{"c":"}]"}]}', 2, "items")
    assert [part.raw for part in scan.parts] == [b'{"b":[1]}', b"{}", b'{"c":"}]"}']
    assert scan.envelope() == b'{"metadata":{"a":{}},"items":["0", "1","2"]}'


@pytest.mark.parametrize(
    "deep",
    [
        b"[" * 300 + b"]" * 300,
        b'{"a":' * 300 + b"[{}]" + b"}" * 300,
        b'{"{[":' * 300 + b"[{}]" + b"}" * 300,
        b'{"\\"": [ ' * 150 + b"1" + b"] }" * 150,
        b'{"%b":' % (b"x" * _SLICE) + b'[{"":' * 150 + b"1" + b"}]" * 150 + b"}",
    ],
    ids=["lists", "objects", "keys of brackets", "space and escapes", "long key"],
)
def test_the_deep_part_alone_is_left_out_and_the_key_above_it_is_named(deep: bytes) -> None:
    scan, _ = scanned(b'{"a":1,"b":[2,%b,3],"c":4}' % deep)
    (part,) = scan.parts
    assert part.too_deep == {"b"}
    body = orjson.loads(part.raw)
    assert orjson.dumps(body)
    assert (body["a"], body["b"][0], body["b"][2], body["c"]) == (1, 2, 3, 4)


def test_plain_keys_between_brackets_end_no_run() -> None:
    """Else each level of a deep object costs a step."""
    assert _stride(b'{"a":[{"b":' * 100 + b"1", 0) == (0, 1_096)


@pytest.mark.parametrize(
    "inside",
    [
        pytest.param('"a":[' + ",".join(["[[[[[[]]]]]]"] * 50_000) + "]", id="brackets"),
        pytest.param('"a":[' + ",".join(['{"":{"":{"":{"":{"":1}}}}}'] * 20_000) + "]", id="objects"),
        pytest.param('"a":"' + "\\\\" * 300_000 + '"', id="one string"),
        pytest.param('"a":[' + ",".join(['"' + "x" * _SLICE + '"'] * 30) + "]", id="strings longer than a slice"),
        pytest.param('"a":{"x":"' + "x" * 2 * _SLICE + '",' + '"":{},' * 90_000 + '"":0}', id="small after long"),
    ],
)
def test_no_slice_is_much_longer_than_another(inside: str) -> None:
    raw = f"{{{inside}}}".encode()
    longest = max(len(text) for text in raw.split(b'"'))
    scan, slices = scanned(raw)
    assert [part.raw for part in scan.parts] == [raw]
    assert slices >= len(raw) // (2 * _SLICE + longest)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b'{"a":"' + b'\\"' * 200_000, id="escaped quotes"),
        pytest.param(b'{"a":"' + b'"' * 200_001, id="quotes"),
        pytest.param(b'"\\' * 200_000, id="backslashes"),
        pytest.param(b"[" * 200_000 + b'"', id="brackets"),
        pytest.param(b'{"a":[' * 100_000, id="objects"),
        pytest.param(b"}" * 200_000, id="ends"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_bytes_that_are_cut_off_end_the_scan_and_are_no_json_then(raw: bytes) -> None:
    scan, slices = scanned(raw)
    assert slices <= len(raw) / _SLICE + 1, "bytes were read more than once"
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(scan.envelope())


keys = st.sampled_from(["metadata", "managedFields", "object", "items", "a", '"', "\\", "{", "]", '\\"', "\u00e9"])
values = st.recursive(
    st.none() | st.integers(-5, 5) | keys | st.just("x" * _SLICE),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=30,
)


@given(st.lists(st.dictionaries(keys, values, max_size=4), max_size=4), st.booleans())
def test_taken_apart_and_decoded_an_answer_is_what_it_was_without_managed_fields(
    items: list[dict[str, Any]],
    spaced: bool,  # noqa: FBT001 - drawn
) -> None:
    raw = json.dumps({"metadata": {}, "items": items}, indent=1 if spaced else None).encode()
    scan, _ = scanned(raw, 2, "items")
    assert orjson.loads(scan.envelope()) == {"metadata": {}, "items": [str(number) for number in range(len(items))]}
    for item, part in zip(items, scan.parts, strict=True):
        metadata = item.get("metadata")
        if isinstance(metadata, dict) and isinstance(metadata.get("managedFields"), dict | list):
            metadata["managedFields"] = None
        assert orjson.loads(part.raw) == item
        assert not part.too_deep
