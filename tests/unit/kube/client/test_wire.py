import orjson
import pytest

from queuedjob.kube.client import wire
from queuedjob.kube.client.decoding import Garbled


def test_an_object_is_no_status() -> None:
    assert wire.read_status({"kind": "Pod", "status": {"phase": "Failed"}}) is None


def test_the_api_servers_own_timeout_is_a_status_though_it_has_no_kind() -> None:
    status = wire.read_status({"metadata": {}, "status": "Failure", "message": "Timeout: ...", "code": 504})
    assert status is not None
    assert (status.code, status.message) == (504, "Timeout: ...")


def test_uid_and_version_are_read_from_the_metadata() -> None:
    body = {"metadata": {"uid": "u", "resourceVersion": "7"}}
    assert (wire.uid_of(body), wire.resource_version_of(body)) == ("u", "7")
    with pytest.raises(Garbled, match=r"without metadata\.uid"):
        wire.uid_of({"metadata": {}})


@pytest.mark.parametrize("version", ["abc", "-1", "1.5", "\N{ARABIC-INDIC DIGIT ONE}", "9" * 5_000, " 7"])
def test_a_version_that_is_no_number_is_garbled(version: str) -> None:
    with pytest.raises(Garbled, match="no number"):
        wire.version_of({"metadata": {"resourceVersion": version}})


def test_a_version_is_compared_as_a_number() -> None:
    assert wire.version_of({"metadata": {"resourceVersion": "10"}}) > wire.version_number("9")


def test_a_code_of_another_type_counts_as_absent() -> None:
    status = wire.read_status({"kind": "Status", "code": "410", "reason": "Expired"})
    assert status is not None
    assert (status.code, status.reason) == (0, "Expired")


def test_a_watch_asks_for_bookmarks_and_an_end() -> None:
    assert wire.watch_query(resource_version="7", seconds=300, selector="a=b") == {
        "watch": "1",
        "allowWatchBookmarks": "true",
        "resourceVersion": "7",
        "timeoutSeconds": "300",
        "labelSelector": "a=b",
    }


def test_words_of_a_server_have_no_control_characters() -> None:
    status = {"kind": "Status", "message": "no\0 \x1b[31mway", "details": {"causes": [{"message": "\x07x"}]}}
    read = wire.read_status(status)
    assert read is not None
    assert (read.message, read.causes[0].message) == ("no way", "x")
    assert wire.words_of(b"<html>\x1b[2J</html>\x00") == "<html></html>"


def test_of_the_long_texts_of_a_server_the_start_is_kept() -> None:
    long = "x" * 2_000_000
    cause = {"message": long, "reason": long, "field": long}
    read = wire.read_status({"kind": "Status", "message": long, "reason": long, "details": {"causes": [cause]}})
    assert read is not None
    (kept,) = read.causes
    assert {len(text) for text in (read.message, read.reason, kept.message, kept.reason, kept.field)} == {4096}
    assert len(wire.words_of(orjson.dumps({"kind": "Status", "message": long}))) == 4096
