import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuedjob.kube.client.decoding import (
    Cut,
    Garbled,
    ListPage,
    Object,
    WatchEvent,
    encode,
    read_event,
    read_object,
    read_page,
)
from queuedjob.kube.client.scan import Scan

DEEP = 10_000
"""As deep as the API server lets an object be (sigs.k8s.io/json: maxNestingDepth)."""


def nested(levels: int, kind: str = "[]") -> str:
    """JSON that is nested `levels` deep."""
    if kind == "[]":
        return "[" * levels + "]" * levels
    return '{"a":' * levels + "1" + "}" * levels


def an_object(name: str, **parts: str) -> str:
    """JSON of an object with these parts, which are JSON, too."""
    metadata = f'{{"name":"{name}"'
    if "managed" in parts:
        metadata += f',"managedFields":[{{"fieldsV1":{parts.pop("managed")}}}]'
    metadata += f',"uid":"{name}-uid","resourceVersion":"7"'
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


_OF_ANOTHER_CLIENT = [
    pytest.param(b'{"f:\xff\xed\xa0\x80":{}}', {"f:\ufffd\ufffd\ufffd\ufffd": {}}, id="no UTF-8"),
    pytest.param(
        rb'{"f:\ud800":{},"f:\\ud800\udc00\ud83d\ude00":{}}',
        {"f:\ufffd": {}, "f:\\ud800\ufffd\U0001f600": {}},
        id="half surrogate pairs",
    ),
    pytest.param(b"[1e999,-1e999,1e9,[0]]", [None, None, 1e9, [0]], id="huge floats"),
    pytest.param(b'{"a":%b,"b":"%b"}' % (b"1" * 5_000, b"1" * 400), {"a": None, "b": "1" * 400}, id="huge integer"),
]
"""What only fieldsV1 of a built-in kind may hold."""


@pytest.mark.parametrize(("written", "read"), _OF_ANOTHER_CLIENT)
async def test_what_another_client_wrote_hides_no_other_object_of_its_page(written: bytes, read: object) -> None:
    odd = an_object("odd", managed='"HOLE"', spec='{"a":"HOLE"}').encode().replace(b'"HOLE"', written)
    deep = an_object("deep", managed=nested(DEEP, "{}")).encode()
    raw = b'{"metadata":{"resourceVersion":"9"},"items":[%b]}' % b",".join([an_object("a").encode(), odd, deep])
    page = await read_page(raw)
    assert [item["metadata"]["name"] for item in page.items] == ["a", "odd", "deep"]
    assert page.items[1]["spec"] == {"a": read}
    assert (await read_event(b'{"type":"ADDED","object":%b}' % odd)).object == page.items[1]
    assert await read_object(odd) == page.items[1]
    encode(page.items[1])  # a decoded object can always be written
    (entry,) = (await read_page(raw, managed_fields=True)).items[1]["metadata"]["managedFields"]
    assert entry == {"fieldsV1": read}


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
    if "priority" in parts["spec"]:
        assert deep["spec"]["priority"] == 3
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


MANY = ",".join(f'"f:{number}":{{}}' for number in range(100_000))
"""The inside of a large JSON object, which takes 30 ms or more to decode."""


def in_event(item: str) -> bytes:
    return f'{{"type":"ADDED","object":{item}}}'.encode()


async def turns_during(reading: Coroutine[Any, Any, Any]) -> int:
    """Count how often another task runs meanwhile."""
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    await reading
    counting.cancel()
    return turns


@pytest.mark.parametrize(
    "reading",
    [
        pytest.param(
            lambda: read_page(
                a_page(an_object("deep", spec=nested(DEEP)), *(an_object(f"o{n}", spec="[1]") for n in range(500)))
            ),
            id="deep item",
        ),
        pytest.param(
            lambda: read_page(a_page(*(an_object(f"o{n}", managed=f"{{{MANY}}}") for n in range(4)))),
            id="large managedFields of items",
        ),
        pytest.param(
            lambda: read_page(a_page(*(an_object(f"o{n}", spec=json.dumps({"l": [1] * 500})) for n in range(500)))),
            id="many values in many items",
        ),
        pytest.param(lambda: read_event(in_event(an_object("o", managed=f"{{{MANY}}}"))), id="event"),
        pytest.param(lambda: read_object(an_object("o", managed=f"{{{MANY}}}").encode()), id="object"),
    ],
)
async def test_other_tasks_run_while_what_is_large_or_odd_is_decoded(
    reading: Callable[[], Coroutine[Any, Any, Any]],
) -> None:
    assert await turns_during(reading()) > 1, "it gave way to nothing else"


async def test_other_tasks_run_between_the_objects_of_a_large_page() -> None:
    raw = a_page(*(an_object(f"o{n}", spec=json.dumps({"l": [1] * 500})) for n in range(500)))
    slices = sum(1 for _ in Scan(raw, 2, "items", managed_fields=False).slices())
    assert await turns_during(read_page(raw)) > slices + 5


@pytest.mark.parametrize("fields", ["{}", f"{{{MANY}}}", nested(DEEP)], ids=["few", "many", "deep"])
async def test_managed_fields_are_left_out_unless_a_reader_asks_for_them(fields: str) -> None:
    item = an_object("a", managed=fields, spec='{"priority":3}')
    left: Object = {"metadata": {"name": "a", "uid": "a-uid", "resourceVersion": "7"}, "spec": {"priority": 3}}
    seen = [await read_object(item.encode()), (await read_event(in_event(item))).object]
    seen += (await read_page(a_page(item, an_object("z")))).items[:1]
    assert seen == [left] * 3
    assert not any(isinstance(body, Cut) for body in seen), "what no reader misses is no loss"
    (body,) = (await read_page(a_page(item), managed_fields=True)).items
    assert body["metadata"].keys() - left["metadata"].keys() == {"managedFields"}
    assert isinstance(body, Cut) == (fields == nested(DEEP))


NAMESAKES = {
    "managedFields": [{"managedFields": ["kept"]}],
    "metadata": {"managedFields": {"x": ["kept"]}},
    "text": '"metadata":{"managedFields":[1]}, \\" {"managedFields":[',
}


@pytest.mark.parametrize("large", [False, True])
async def test_what_is_only_called_managed_fields_stays(large: bool) -> None:  # noqa: FBT001 - a parameter of a test
    metadata = {
        "labels": NAMESAKES,
        "managedFields": [NAMESAKES],
        "annotations": {"managedFields": "kept"},
        "name": "a",
    }
    body = {"managedFields": [1], "text": '{"metadata":{"managedFields":[', "metadata": metadata, "spec": NAMESAKES}
    if large:
        body["status"] = {"l": [[]] * 110_000, "managedFields": [{"x": 1}]}
    left = {**body, "metadata": {key: value for key, value in metadata.items() if key != "managedFields"}}
    raw = orjson.dumps(body).decode()
    assert await read_object(raw.encode()) == left
    assert (await read_event(in_event(raw))).object == left
    assert (await read_page(a_page(raw, raw))).items == [left, left]


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
