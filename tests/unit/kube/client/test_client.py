import orjson
import pytest

from queuedjob.kube.client.client import Client, Page
from queuedjob.kube.client.errors import Conflict, Gone, Refused
from queuedjob.ports import Body, NoAnswer, Response
from tests.unit.kube.client.scripted import ScriptedTransport, answer, failure


def item(called: str, **metadata: object) -> Body:
    return {"metadata": {"name": called, "namespace": "n", "uid": f"{called}-uid", "resourceVersion": "3", **metadata}}


def listed(*names: str, version: str = "7", next_page: str = "") -> Response:
    items = [item(name) for name in names]
    return answer(200, {"metadata": {"resourceVersion": version, "continue": next_page}, "items": items})


EXPIRED = failure(410, "Expired", "The provided continue parameter is too old")


async def pages(client: Client, **options: bool) -> list[Page]:
    return [page async for page in client.list_pages("/api/v1/pods", selector="a=b", page=2, **options)]


async def test_an_object_is_read_by_its_path() -> None:
    transport = ScriptedTransport(answer(200, {"kind": "Pod"}))
    assert await Client(transport).get("/api/v1/namespaces/n/pods/p") == {"kind": "Pod"}
    (asked,) = transport.asked
    assert (asked.method, asked.path, dict(asked.query), asked.body) == ("GET", "/api/v1/namespaces/n/pods/p", {}, None)


async def test_a_refused_request_raises() -> None:
    with pytest.raises(Conflict):
        await Client(ScriptedTransport(failure(409, "Conflict", "x"))).put("/x", {})


async def test_a_truncated_body_counts_as_no_answer() -> None:
    with pytest.raises(NoAnswer):
        await Client(ScriptedTransport(answer(201, b'{"kind": "Po'))).create("/x", {})


async def test_a_bounded_create_sends_its_bound_and_waits_a_little_longer_for_the_answer() -> None:
    transport = ScriptedTransport(answer(201))
    await Client(transport).create("/x", {"a": 1}, query={"fieldValidation": "Strict"}, bound=1.5)
    (asked,) = transport.asked
    assert dict(asked.query) == {"fieldValidation": "Strict", "timeout": "1500ms"}
    assert asked.timeout == 3.5
    assert asked.body == b'{"a":1}'
    assert asked.headers["content-type"] == "application/json"


async def test_a_patch_is_a_json_patch() -> None:
    transport = ScriptedTransport(answer(200))
    await Client(transport).patch_json("/x", [{"op": "remove", "path": "/a"}])
    (asked,) = transport.asked
    assert (asked.method, asked.headers["content-type"]) == ("PATCH", "application/json-patch+json")
    assert asked.body == b'[{"op":"remove","path":"/a"}]'


async def test_a_delete_sends_its_preconditions_grace_period_and_propagation() -> None:
    transport = ScriptedTransport(answer(200, {"kind": "Pod"}))
    path = "/api/v1/namespaces/n/pods/p"
    left = await Client(transport).delete(path, uid="u", resource_version="7", grace=0, propagation="Background")
    assert left == {"kind": "Pod"}
    (asked,) = transport.asked
    assert asked.method == "DELETE"
    assert orjson.loads(asked.body or b"") == {
        "kind": "DeleteOptions",
        "apiVersion": "v1",
        "preconditions": {"uid": "u", "resourceVersion": "7"},
        "gracePeriodSeconds": 0,
        "propagationPolicy": "Background",
    }


async def test_a_delete_sends_only_the_options_that_it_was_given() -> None:
    transport = ScriptedTransport(answer(200, {"kind": "Status", "status": "Success"}))
    assert await Client(transport).delete("/x", uid="u") is None
    (asked,) = transport.asked
    assert orjson.loads(asked.body or b"")["preconditions"] == {"uid": "u"}
    assert b"grace" not in (asked.body or b"")


async def test_a_list_comes_page_by_page() -> None:
    transport = ScriptedTransport(listed("a", "b", next_page="t"), listed("c"))
    first, second = await pages(Client(transport))
    assert (first.items, first.first, first.last, first.version) == ([item("a"), item("b")], True, False, 7)
    assert (second.items, second.first, second.last) == ([item("c")], False, True)
    assert [dict(asked.query) for asked in transport.asked] == [
        {"limit": "2", "labelSelector": "a=b"},
        {"limit": "2", "labelSelector": "a=b", "continue": "t"},
    ]


async def test_a_list_whose_token_expired_starts_over() -> None:
    transport = ScriptedTransport(listed("a", next_page="t"), EXPIRED, listed("a", "b", version="9"))
    one, two = await pages(Client(transport))
    assert (one.first, one.last) == (True, False)
    assert (two.first, two.last, two.version) == (True, True, 9)


async def test_a_list_whose_token_expires_each_time_gives_up() -> None:
    transport = ScriptedTransport(*[listed("a", next_page="t"), EXPIRED] * 3)
    with pytest.raises(Gone):
        await pages(Client(transport))
    assert len(transport.asked) == 6


@pytest.mark.parametrize(
    "page",
    [
        pytest.param({"metadata": {"resourceVersion": "abc"}, "items": []}, id="a version that is no number"),
        pytest.param({"metadata": {"resourceVersion": 7}, "items": []}, id="a version that is no text"),
        pytest.param({"metadata": {"resourceVersion": "7", "continue": {"a": "b"}}}, id="a token that is no text"),
        *(
            pytest.param(
                {"metadata": {"resourceVersion": "7"}, "items": [item("a"), item("b", **{part: value})]},
                id=f"an object with {part} {value!r}",
            )
            for part, value in (("uid", ""), ("uid", 5), ("name", None), ("namespace", ""), ("resourceVersion", "x"))
        ),
        pytest.param({"metadata": {"resourceVersion": "7"}, "items": [{"metadata": "x"}]}, id="no metadata"),
    ],
)
async def test_a_page_that_breaks_the_conventions_counts_as_no_answer(page: Body) -> None:
    with pytest.raises(NoAnswer, match="GET /api/v1/pods: "):
        await pages(Client(ScriptedTransport(answer(200, page))))


async def test_a_list_can_leave_out_all_but_metadata() -> None:
    transport = ScriptedTransport(listed())
    await pages(Client(transport), metadata_only=True)
    assert "PartialObjectMetadataList" in transport.asked[0].headers["accept"]


async def test_the_client_sends_each_request_once() -> None:
    transport = ScriptedTransport(NoAnswer("reset"), answer(200))
    with pytest.raises(NoAnswer):
        await Client(transport).put("/x", {})
    assert len(transport.asked) == 1


async def test_a_patch_whose_test_does_not_hold_is_refused_with_422() -> None:
    transport = ScriptedTransport(
        failure(422, "Invalid", "the server rejected our request due to an error in our request")
    )
    with pytest.raises(Refused) as refused:
        await Client(transport).patch_json("/x", [{"op": "test", "path": "/metadata/uid", "value": "u"}])
    assert refused.value.status == 422


async def test_a_text_is_decoded_and_its_invalid_utf_8_is_replaced() -> None:
    transport = ScriptedTransport(answer(200, b"caf\xc3\xa9 \xff\n"))
    text = await Client(transport).text("/api/v1/namespaces/n/pods/p/log", {"tailLines": "1"}, within=3, last=9)
    assert text == "caf\u00e9 \ufffd\n"
    (asked,) = transport.asked
    assert (asked.method, dict(asked.query), asked.timeout, asked.last) == ("GET", {"tailLines": "1"}, 3, 9)


async def test_a_refused_request_for_a_text_raises() -> None:
    with pytest.raises(Refused):
        await Client(ScriptedTransport(failure(400, "BadRequest", "waiting to start"))).text("/x", {}, within=3, last=9)


async def test_a_request_with_a_field_selector_asks_for_one_page() -> None:
    transport = ScriptedTransport(listed("a", next_page="more"))
    assert await Client(transport).first_page("/x", fields="a.b=c", page=9, within=3, largest=8) == [item("a")]
    (asked,) = transport.asked
    assert dict(asked.query) == {"limit": "9", "fieldSelector": "a.b=c"}
    assert (asked.timeout, asked.largest) == (3, 8)
