from tests.simulation.apiserver.resources import JOBS, PODS
from tests.simulation.apiserver.storage import Storage
from tests.simulation.lagging_caches import LaggingCaches


def a_storage() -> Storage:
    """A storage with these revisions: 101 pod a, 102 pod b, 103 a changes, 104 b is deleted, 105 pod c."""
    storage = Storage()
    storage.put(PODS, body("a", "first"))
    b = storage.put(PODS, body("b", "first"))
    storage.put(PODS, body("a", "second"))
    storage.remove(b)
    storage.put(PODS, body("c", "first"))
    return storage


def body(name: str, content: str) -> dict[str, object]:
    return {"metadata": {"name": name, "namespace": "n", "uid": f"{name}-uid"}, "content": content}


def shown(storage: Storage | None) -> dict[str, str]:
    assert storage is not None
    return {pod.name: str(pod.body["content"]) for pod in storage.all(PODS)}


def test_caches_that_lag_show_what_was() -> None:
    assert shown(LaggingCaches(a_storage(), 102).take(PODS)) == {"a": "first", "b": "first"}
    assert shown(LaggingCaches(a_storage(), 104).take(PODS)) == {"a": "second"}


def test_lagging_caches_have_the_revision_of_their_state() -> None:
    past = LaggingCaches(a_storage(), 103).take(PODS)
    assert past is not None
    assert past.revision == 103


def test_only_the_lists_of_a_start_lag() -> None:
    caches = LaggingCaches(a_storage(), 102)
    assert [caches.take(kind) is not None for kind in (PODS, PODS, JOBS, JOBS, JOBS)] == [
        True,
        False,
        True,
        True,
        False,
    ]


def test_lagging_caches_never_show_compacted_history() -> None:
    storage = a_storage()
    storage.forget()
    assert shown(LaggingCaches(storage, 101).take(PODS)) == {"a": "second", "c": "first"}
