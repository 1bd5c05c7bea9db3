import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queuedjob.kube.client.reflector import Reflector, Rejected
from queuedjob.ports import Body, NoAnswer, Response
from tests.unit.kube.client.reflector.collection import Collection, failure
from tests.virtual_loop import SteadyRandom, VirtualClock, VirtualLoop, advance


class Seen:
    """Everything that a reflector reported, and the objects that a caller knows from it."""

    def __init__(self, collection: Collection, *, page: int = 2) -> None:
        self.collection = collection
        self.events: list[tuple[str | None, str]] = []
        self.listings: list[tuple[set[str], int]] = []
        self.troubles: list[tuple[str, str]] = []
        self.picture: dict[str, Body] = {}
        self.clock = VirtualClock()
        self.reflector = Reflector(
            collection,
            self.clock,
            SteadyRandom(1),
            "/api/v1/pods",
            selector="a=b",
            page=page,
            on_event=self.event,
            on_listed=self.listed,
            on_trouble=lambda what, error: self.troubles.append((what, str(error))),
        )

    def event(self, kind: str | None, body: Body) -> None:
        self.events.append((kind, body["metadata"]["name"]))
        if body.get("poison"):
            raise ValueError(body["poison"])
        uid = body["metadata"]["uid"]
        if kind == "DELETED":
            self.picture.pop(uid, None)
        else:
            self.picture[uid] = body

    def listed(self, uids: set[str], version: int) -> None:
        self.listings.append((uids, version))
        for uid, body in list(self.picture.items()):
            if uid not in uids and int(body["metadata"]["resourceVersion"]) < version:
                del self.picture[uid]

    @asynccontextmanager
    async def running(self, seconds: float = 1) -> AsyncIterator["Seen"]:
        task = asyncio.create_task(self.reflector.run())
        try:
            await advance(seconds)
            yield self
        finally:
            task.cancel()
            (end,) = await asyncio.gather(task, return_exceptions=True)
            assert isinstance(end, asyncio.CancelledError), f"a reflector ended by itself: {end!r}"

    def up_to_date(self) -> bool:
        return list(self.picture.values()) == list(self.collection.objects.values())


def collection_of(*names: str) -> Collection:
    collection = Collection()
    for name in names:
        collection.put(name)
    return collection


async def test_all_objects_are_listed_first_and_then_every_change_is_watched() -> None:
    collection = collection_of("a", "b", "c")
    async with Seen(collection).running() as seen:
        assert seen.events == [(None, "a"), (None, "b"), (None, "c")]
        assert seen.listings == [({"a-101", "b-102", "c-103"}, 103)]
        collection.put("d")
        collection.put("a", changed=True)
        collection.delete("b")
        await advance(1)
        assert seen.events[3:] == [("ADDED", "d"), ("MODIFIED", "a"), ("DELETED", "b")]
    assert seen.troubles == []


async def test_other_tasks_run_while_the_objects_of_a_page_are_delivered() -> None:
    collection = Collection()
    for number in range(100):
        collection.put(f"p{number}")
    counts, tasks = [0], list[asyncio.Task[None]]()

    async def count(seen: Seen) -> None:
        for _ in range(100):
            counts.append(len(seen.events))
            await asyncio.sleep(0)

    class Counted(Seen):
        def event(self, kind: str | None, body: Body) -> None:
            if not tasks:
                tasks.append(asyncio.create_task(count(self)))
            super().event(kind, body)

    async with Counted(collection, page=500).running():
        await asyncio.gather(*tasks)
    assert counts[-1] == 100
    assert max(later - earlier for earlier, later in pairwise(counts)) <= 8


async def test_the_list_and_watch_requests_have_the_right_parameters() -> None:
    collection = collection_of("a", "b", "c")
    async with Seen(collection).running():
        pass
    first, second, watch = collection.queries
    assert first == {"path": "/api/v1/pods", "limit": "2", "labelSelector": "a=b"}
    assert second["continue"]
    assert watch == {
        "path": "/api/v1/pods",
        "labelSelector": "a=b",
        "watch": "1",
        "allowWatchBookmarks": "true",
        "resourceVersion": "103",
        "timeoutSeconds": "600",
    }


async def test_a_lost_watch_goes_on_from_its_last_version_without_a_list() -> None:
    collection = collection_of("a")
    async with Seen(collection).running(30) as seen:
        collection.put("b")
        await advance(1)
        collection.cut()
        collection.put("c")
        await advance(1)
        assert seen.events == [(None, "a"), ("ADDED", "b"), ("ADDED", "c")]
        assert len(collection.of("list")) == 1
        assert seen.troubles == [("watch", "cut off")]


async def test_an_unreachable_api_server_is_asked_at_once_and_then_with_a_growing_backoff() -> None:
    collection = collection_of("a")
    async with Seen(collection).running(30) as seen:
        collection.next_answers.extend(NoAnswer("refused") for _ in range(10))
        collection.cut()
        await advance(100)
        moments = collection.of("watch")[1:]
        assert [round(b - a, 1) for a, b in pairwise(moments)] == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10, 10, 10]
        assert moments[0] - 30 == pytest.approx(1000, abs=0.01)
        assert len(collection.of("list")) == 1
        collection.put("b")
        await advance(1)
        assert seen.up_to_date()


async def test_a_steady_watch_resets_the_backoff() -> None:
    collection = collection_of("a")
    async with Seen(collection).running(30):
        for _ in range(5):
            before = len(collection.of("watch"))
            collection.cut()
            await advance(0.1)
            assert len(collection.of("watch")) == before + 1
            await advance(6)


async def test_a_watch_that_closes_at_once_is_opened_again_with_a_backoff() -> None:
    collection = collection_of("a")
    seen = Seen(collection)
    async with seen.running(1):
        collection.next_answers.extend(
            Response(200, {}, b'{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"101"}}}') for _ in range(50)
        )
        collection.cut()
        await advance(60)
        assert len(collection.of("watch")) < 15


async def test_bookmarks_keep_the_resource_version_fresh() -> None:
    collection = collection_of("a")
    async with Seen(collection).running(1) as seen:
        collection.version += 50  # changes of objects that our selector does not match
        await advance(61)
        collection.compact()
        collection.cut()
        await advance(1)
        assert len(collection.of("list")) == 1
        assert collection.queries[-1]["resourceVersion"] == "151"
    assert seen.events == [(None, "a")]


@pytest.mark.parametrize("as_event", [False, True])
async def test_a_version_that_the_api_server_forgot_leads_to_a_new_list(as_event: bool) -> None:  # noqa: FBT001
    collection = collection_of("a", "b")
    collection.too_old_as_event = as_event
    async with Seen(collection).running(30) as seen:
        collection.deaden()
        collection.delete("a")
        collection.put("c")
        collection.compact()
        collection.cut()
        await advance(1)
        assert len(seen.listings) == 2
        assert seen.up_to_date()


async def test_a_list_whose_continue_token_expired_starts_over() -> None:
    collection = collection_of("a", "b", "c")
    seen = Seen(collection)

    def forget_once(kind: str | None, body: Body) -> None:
        if not seen.events:
            collection.version += 1
            collection.compact()
        seen.event(kind, body)

    seen.reflector._on_event = forget_once
    collection.put("d")
    async with seen.running():
        assert [name for _, name in seen.events] == ["a", "b", "a", "b", "c", "d"]
        assert seen.listings == [({"a-101", "b-102", "c-103", "d-104"}, 105)]


async def test_lists_after_repeated_410s_are_paced() -> None:
    collection = collection_of("a")
    collection.oldest = 10**9
    async with Seen(collection).running(60):
        assert len(collection.of("list")) < 15


async def test_a_watch_that_ends_by_its_timeout_is_opened_again_without_a_pause() -> None:
    collection = collection_of("a")
    async with Seen(collection).running(601) as seen:
        first, second = collection.of("watch")
        assert second - first == pytest.approx(600, abs=0.1)
        collection.put("b")
        await advance(1)
        assert seen.up_to_date()
    assert seen.troubles == []


async def test_a_silent_watch_is_opened_again() -> None:
    collection = collection_of("a")
    async with Seen(collection).running(1) as seen:
        collection.deaden()
        collection.put("b")
        await advance(71)
        assert seen.troubles == [("watch", "WATCH /api/v1/pods: not a line in 70 s")]
        assert seen.up_to_date()


async def test_a_watch_with_bookmarks_only_is_kept_open() -> None:
    async with Seen(collection_of("a")).running(300) as seen:
        assert seen.troubles == []
        assert seen.clock.monotonic() - seen.reflector.heard_at < 61


@pytest.mark.parametrize("code", [400, 403, 404, 410])
async def test_a_refused_watch_is_reported_and_followed_by_a_list(code: int) -> None:
    collection = collection_of("a")
    async with Seen(collection).running(30) as seen:
        collection.next_answers.append(failure(code, "pods is forbidden"))
        collection.cut()
        await advance(5)
        assert seen.troubles[-1] == ("watch", f"{code}: pods is forbidden")
        assert len(seen.listings) == 2


@pytest.mark.parametrize(("refusals", "listings"), [(2, 1), (3, 2), (5, 2), (6, 3)])
async def test_every_third_failed_watch_in_a_row_leads_to_a_new_list(refusals: int, listings: int) -> None:
    collection = collection_of("a")
    async with Seen(collection).running(30) as seen:
        collection.next_watches.extend([failure(500), failure(503)] * 3)
        while len(collection.next_watches) > refusals:
            collection.next_watches.pop()
        collection.cut()
        await advance(60)
        assert len(seen.listings) == listings
        assert collection.watchers == 1


async def test_failed_watches_before_a_steady_watch_do_not_lead_to_a_list() -> None:
    collection = collection_of("a")
    async with Seen(collection).running(30) as seen:
        for _ in range(3):
            collection.next_watches.extend([failure(500), failure(500)])
            collection.cut()
            await advance(60)
        assert len(seen.listings) == 1


async def test_the_pause_that_the_api_server_asks_for_is_kept_before_the_next_watch() -> None:
    collection = collection_of("a")
    async with Seen(collection).running(30) as seen:
        collection.next_answers.append(failure(429, retry_after="7"))
        collection.cut()
        await advance(10)
        _, refused, again = collection.of("watch")
        assert again - refused == pytest.approx(7, abs=0.1)
        assert len(seen.listings) == 1


async def test_a_refused_list_is_tried_again_until_it_succeeds() -> None:
    collection = collection_of("a")
    collection.next_answers.extend([failure(403, "pods is forbidden")] * 20)
    async with Seen(collection).running(100) as seen:
        assert not seen.reflector.ready
        assert seen.troubles[0] == ("list", "403: pods is forbidden")
        await advance(200)
        assert seen.reflector.ready
        assert seen.up_to_date()


@pytest.mark.parametrize(
    "garbage", [b"<html>", b"{}", b'{"type":"ADDED"}', b'{"type":"ADDED","object":{"metadata":{"name":"x"}}}']
)
async def test_a_watch_with_a_garbled_line_is_opened_again(garbage: bytes) -> None:
    collection = collection_of("a")
    async with Seen(collection).running(30) as seen:
        collection.next_answers.append(Response(200, {}, garbage))
        collection.cut()
        collection.put("b")
        await advance(1)
        assert seen.up_to_date()
        assert any(what != "object" for what, _ in seen.troubles[1:])


async def test_a_garbled_page_of_a_list_is_asked_for_again() -> None:
    collection = collection_of("a")
    collection.next_answers.extend(
        [Response(200, {}, b"<html>"), Response(200, {}, b'{"metadata":{"resourceVersion":"x"}}')]
    )
    async with Seen(collection).running(5) as seen:
        assert seen.up_to_date()
        assert [what for what, _ in seen.troubles] == ["list", "list"]


async def test_an_object_whose_callback_raises_does_not_stop_the_next_objects() -> None:
    collection = collection_of("a")
    collection.put("b", poison="listed")
    async with Seen(collection).running() as seen:
        collection.put("c", poison="watched")
        collection.put("d")
        await advance(1)
        assert [name for _, name in seen.events] == ["a", "b", "c", "d"]
        assert seen.troubles == [("object", "listed"), ("object", "watched")]
        assert len(collection.of("watch")) == 1


async def test_an_event_of_an_unknown_type_is_ignored() -> None:
    collection = collection_of("a")
    async with Seen(collection).running() as seen:
        collection.version += 1
        collection.send_event("NOVELTY", {"metadata": {"resourceVersion": str(collection.version)}})
        collection.put("b")
        await advance(1)
        assert [name for _, name in seen.events] == ["a", "b"]
        assert seen.troubles == []


async def test_a_list_counts_from_the_moment_at_which_it_began() -> None:
    collection = collection_of("a")
    before = asyncio.get_running_loop().time()
    async with Seen(collection).running() as seen:
        reflector = seen.reflector
        assert reflector.listed_since(before)
        now = seen.clock.monotonic()
        assert not reflector.listed_since(now)
        reflector.relist()
        reflector.relist()
        await advance(1)
        assert reflector.listed_since(now)
        assert len(seen.listings) == 2
        assert collection.watchers == 1
    assert seen.troubles == []


async def test_a_relist_during_a_list_starts_a_second_list() -> None:
    collection = collection_of("a", "b", "c")
    seen = Seen(collection)
    asked: list[float] = []

    def ask(_kind: str | None, _body: Body) -> None:
        if len(asked) < 1:
            asked.append(seen.clock.monotonic())
            seen.reflector.relist()

    seen.reflector._on_event = ask
    async with seen.running(0.5):
        assert len(seen.listings) == 1
        assert not seen.reflector.listed_since(asked[0])
        await advance(5)
        assert len(seen.listings) == 2
        assert seen.reflector.listed_since(asked[0])
        assert [verb for _, verb in collection.asked] == ["list"] * 4 + ["watch"]


async def test_a_relist_from_an_event_callback_does_not_wait_for_the_next_event() -> None:
    collection = collection_of("a")
    seen = Seen(collection)
    seen.reflector._on_event = lambda kind, _: seen.reflector.relist() if kind else None
    async with seen.running(5):
        collection.put("b")
        await advance(1)
        assert len(seen.listings) == 2


async def test_frequent_relists_are_paced() -> None:
    async with Seen(collection_of("a")).running() as seen:
        for _ in range(100):
            seen.reflector.relist()
            await advance(0.1)
        assert len(seen.listings) <= 12


async def test_no_change_between_a_relist_and_the_next_watch_is_missed() -> None:
    collection = collection_of("a")
    async with Seen(collection).running(5) as seen:
        seen.reflector.relist()
        collection.put("b")
        collection.delete("a")
        await advance(1)
        collection.put("c")
        await advance(1)
        assert seen.up_to_date()


async def test_a_reported_error_has_the_status_code() -> None:
    collection = collection_of()
    collection.next_answers.append(failure(401, "Unauthorized"))
    told: list[Exception] = []
    seen = Seen(collection)
    seen.reflector._on_trouble = lambda _, error: told.append(error)
    async with seen.running():
        pass
    (error,) = told
    assert isinstance(error, Rejected)
    assert error.status == 401


FAULTS: dict[str, Callable[[Collection], object]] = {
    "cut": lambda collection: collection.cut(),
    "compact": lambda collection: [forget() for forget in (collection.compact, collection.cut)],
    "no answer": lambda collection: collection.next_answers.append(NoAnswer("refused")),
    "500": lambda collection: collection.next_answers.append(failure(500)),
    "410": lambda collection: collection.next_answers.append(failure(410)),
    "429": lambda collection: collection.next_answers.append(failure(429)),
    "garbage": lambda collection: collection.next_answers.append(Response(200, {}, b"<html>")),
    "wait": lambda _: None,
}


@settings(deadline=None, max_examples=200)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["put", "delete", "relist", *FAULTS]),
            st.sampled_from("abcd"),
            st.sampled_from([0.0, 0.01, 0.3, 2.0, 8.0]),
        ),
        max_size=25,
    ),
    as_event=st.booleans(),
)
def test_any_sequence_of_faults_ends_with_the_right_objects(
    steps: list[tuple[str, str, float]],
    as_event: bool,  # noqa: FBT001
) -> None:
    async def scenario() -> None:
        collection = collection_of("a", "b", "c")
        collection.too_old_as_event = as_event
        async with Seen(collection).running(0) as seen:
            for what, name, pause in steps:
                if what in FAULTS:
                    FAULTS[what](collection)
                elif what == "put":
                    collection.put(name)
                elif what == "relist":
                    seen.reflector.relist()
                elif name in collection.objects:
                    collection.delete(name)
                await advance(pause)
            await advance(300)
            assert seen.picture == {body["metadata"]["uid"]: body for body in collection.objects.values()}
            assert collection.watchers == 1

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(scenario())
