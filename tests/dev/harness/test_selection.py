from collections.abc import Iterator

import pytest

from dev.cluster import Where, kind
from dev.harness import selection

pytest_plugins = ["pytester"]


@pytest.fixture(autouse=True)
def _decided_anew() -> Iterator[None]:
    selection.where.cache_clear()
    yield
    selection.where.cache_clear()


@pytest.mark.parametrize(
    ("asked", "docker", "on"),
    [
        ("kind", False, Where.KIND),
        ("local", True, Where.LOCAL),
        ("current", True, Where.CURRENT),
        ("auto", True, Where.KIND),
        ("", False, Where.LOCAL),
    ],
)
def test_tests_run_on_the_cluster_that_make_was_given(
    monkeypatch: pytest.MonkeyPatch, asked: str, *, docker: bool, on: Where
) -> None:
    monkeypatch.setenv("CLUSTER", asked)
    monkeypatch.setattr(kind, "docker_answers", lambda: docker)

    assert selection.where() is on


@pytest.mark.parametrize(
    ("asked", "ran"),
    [
        ("local", {"passed": 2}),
        ("kind", {"passed": 1, "deselected": 1}),
        ("current", {"passed": 1, "deselected": 1}),
    ],
)
def test_what_only_a_local_cluster_shows_is_left_out_elsewhere_and_that_is_reported(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, asked: str, ran: dict[str, int]
) -> None:
    monkeypatch.setenv("CLUSTER", asked)
    pytester.makeconftest("from dev.harness.selection import register as pytest_configure")
    pytester.makepyfile("""
        import pytest
        @pytest.mark.local
        def test_of_the_audit_log(): pass
        def test_of_a_job(): pass
    """)

    result = pytester.runpytest("--strict-markers", "-p", "no:asyncio")

    assert result.parseoutcomes() == ran
    assert ("only CLUSTER=local (as root) can show it" in str(result.stdout)) is (asked != "local")
