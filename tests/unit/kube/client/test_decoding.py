import asyncio
import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuedjob.kube.client import decoding
from queuedjob.kube.client.decoding import (
    Cut,
    Garbled,
    ListPage,
    WatchEvent,
    encode,
    read_event,
    read_object,
    read_page,
)

DEEP = 10_000
"""As deep as the API server lets an object be (sigs.k8s.io/json: maxNestingDepth)."""


def nested(levels: int, kind: str = "[]") -> str:
    """JSON that is nested `levels` deep."""
    if kind == "[]":
        return "[" * levels + "]" * levels
    return '{"a":' * levels + "1" + "}" * levels


def an_object(name: str, **parts: str) -> str:
    """JSON of an object with these parts, which are JSON, too."""
    metadata = f'{{"name":"{name}","uid":"{name}-uid","resourceVersion":"7"'
    if "managed" in parts:
        metadata += f',"managedFields":[{{"fieldsV1":{parts.pop("managed")}}}]'
    rest = "".join(f',"{key}":{value}' for key, value in parts.items())
    return f'{{"metadata":{metadata}}}{rest}}}'


def a_page(*items: str, token: str = "") -> bytes:
    return f'{{"metadata":{{"resourceVersion":"9","continue":"{token}"}},"items":[{",".join(items)}]}}'.encode()


async def test_a_list_page_has_items_version_and_token() -> None:
    page = await read_page(b'{"metadata":{"resourceVersion":"7","continue":"t"},"items":[{"a":1}]}')
    assert page == ListPage([{"a": 1}], "7", "t")


async def test_a_list_page_without_items_is_empty() -> None:
    assert (await read_page(b'{"metadata":{"resourceVersion":"7"},"items":null}')).items == []


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"metadata":{},"items":[]}',
        b'{"metadata":{"resourceVersion":"7"},"items":1}',
        b'{"metadata":{"resourceVersion":"7"},"items":[1]}',
        b'{"metadata":{"resourceVersion":"7"},"items":[{"a":"cut o',
        pytest.param(nested(DEEP).encode(), id="deep"),
        pytest.param(b"[" * DEEP, id="deep and cut off"),
    ],
)
async def test_an_answer_that_is_no_list_is_garbled(raw: bytes) -> None:
    with pytest.raises(Garbled):
        await read_page(raw)


_NO_UTF8 = b'{"f:\xff\xed\xa0\x80":{}}'


async def test_an_object_whose_managed_fields_are_no_utf8_hides_no_other_of_its_page() -> None:
    odd = an_object("odd", managed="HOLE").encode().replace(b"HOLE", _NO_UTF8)
    deep = an_object("deep", managed=nested(DEEP, "{}")).encode()
    items = b",".join([an_object("a").encode(), odd, deep])
    page = await read_page(b'{"metadata":{"resourceVersion":"9"},"items":[%b]}' % items)
    assert [item["metadata"]["name"] for item in page.items] == ["a", "odd", "deep"]
    (entry,) = page.items[1]["metadata"]["managedFields"]
    assert entry == {"fieldsV1": {"f:\ufffd\ufffd\ufffd\ufffd": {}}}
    assert (await read_event(b'{"type":"ADDED","object":%b}' % odd)).object == page.items[1]
    assert await read_object(odd) == page.items[1]


async def test_a_watch_event_has_type_and_object() -> None:
    assert await read_event(b'{"type":"ADDED","object":{"a":1}}') == WatchEvent("ADDED", {"a": 1})


@pytest.mark.parametrize("line", [b"{", b"{}", b'{"type":"ADDED"}', b'{"type":1,"object":{}}'])
async def test_a_line_that_is_no_watch_event_is_garbled(line: bytes) -> None:
    with pytest.raises(Garbled):
        await read_event(line)


@pytest.mark.parametrize("levels", [300, 990, DEEP])
@pytest.mark.parametrize("kind", ["[]", "{}"])
@pytest.mark.parametrize(
    ("parts", "cut"),
    [
        pytest.param({"managed": nested(DEEP)}, frozenset({"metadata"}), id="managedFields"),
        pytest.param({"spec": f'{{"payload":{nested(DEEP)},"priority":3}}'}, frozenset({"spec"}), id="payload"),
        pytest.param({"status": nested(DEEP), "spec": '{"priority":3}'}, frozenset({"status"}), id="status"),
        pytest.param({"spec": nested(DEEP), "status": nested(DEEP)}, frozenset({"spec", "status"}), id="both"),
    ],
)
async def test_a_deep_object_keeps_its_name_and_says_what_is_left_out(
    parts: dict[str, str], cut: frozenset[str], kind: str, levels: int
) -> None:
    parts = {key: value.replace(nested(DEEP), nested(levels, kind)) for key, value in parts.items()}
    page = await read_page(a_page(an_object("a"), an_object("deep", **parts), an_object("z"), token="t"))
    assert [item["metadata"]["uid"] for item in page.items] == ["a-uid", "deep-uid", "z-uid"]
    assert page.token == "t"
    plain, deep, _ = page.items
    assert not isinstance(plain, Cut)
    assert isinstance(deep, Cut)
    assert deep.parts == cut
    if cut == {"metadata"} or "priority" in parts.get("spec", ""):
        assert deep.get("spec", {"priority": 3})["priority"] == 3
    event = await read_event(f'{{"type":"ADDED","object":{an_object("deep", **parts)}}}'.encode())
    assert isinstance(event.object, Cut)
    assert (event.type, event.object, event.object.parts) == ("ADDED", deep, cut)
    encode(deep)  # a decoded object can always be written
    alone = await read_object(an_object("deep", **parts).encode())
    assert isinstance(alone, Cut)
    assert (alone, alone.parts) == (deep, cut)


async def test_brackets_and_quotes_in_strings_are_no_structure() -> None:
    words = json.dumps({"spec": {"a": '}],"items":[{"\\', "b": "\\\\", 'k"[': 1}})[1:-1]
    item = f'{{"metadata":{{"name":"a","x":{nested(DEEP)}}},{words}}}'
    (read,) = (await read_page(a_page(item))).items
    assert read["spec"] == {"a": '}],"items":[{"\\', "b": "\\\\", 'k"[': 1}


async def test_other_tasks_run_while_a_deep_page_is_scanned() -> None:
    raw = a_page(*(an_object(f"o{n}", spec=json.dumps({"l": [[]] * 100})) for n in range(500)), nested(DEEP, "{}"))
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    await read_page(raw)
    counting.cancel()
    assert turns > 5, "the scan gave way to nothing else"


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b'{"a":"' + b'\\"' * 200_000, id="escaped quotes"),
        pytest.param(b'{"a":"' + b'"' * 200_000, id="quotes"),
        pytest.param(b'"\\' * 200_000, id="backslashes"),
    ],
)
async def test_bytes_that_are_cut_off_are_read_once(raw: bytes) -> None:
    assert sum(1 for _ in decoding._TOKEN.finditer(raw)) <= raw.count(b'"') + 1
    with pytest.raises(Garbled):
        await read_object(raw)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(st.dictionaries(st.text(), json_values, max_size=5), st.integers(0, 3))
def test_a_deep_neighbour_changes_no_other_object(body: dict[str, Any], before: int) -> None:
    raw = orjson.dumps(body).decode()
    items = [raw] * before + [an_object("deep", spec=nested(DEEP))] + [raw]
    page = asyncio.run(read_page(a_page(*items)))
    alone = orjson.loads(raw)
    assert [item for item in page.items if not isinstance(item, Cut)] == [alone] * (before + 1)
    assert [at for at, item in enumerate(page.items) if isinstance(item, Cut)] == [before]
