from datetime import UTC, datetime
from typing import Any

import pytest

from queuedjob.kube.objects.last_write import status_writes


def a_body(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"name": "j", "managedFields": list(entries)}}


def test_each_write_of_the_status_counts_and_no_other() -> None:
    body = a_body(
        {"manager": "kubectl", "time": "2026-03-01T12:00:00Z"},
        {"manager": "operator", "subresource": "status", "time": "2026-03-01T12:01:00Z"},
        {"manager": "other", "subresource": "status", "time": "2026-03-01T12:02:00Z"},
    )
    assert [*status_writes(body)] == [datetime(2026, 3, 1, 12, minute, tzinfo=UTC) for minute in (1, 2)]


@pytest.mark.parametrize("time", ["10000-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "yesterday", "", None, 7])
def test_what_is_no_time_is_left_out_and_hides_no_other(time: object) -> None:
    """Users may write managedFields of their own jobs."""
    written = {"manager": "operator", "subresource": "status", "time": "2026-03-01T12:00:00Z"}
    body = a_body({"manager": "x", "subresource": "status", "time": time}, written)
    assert [*status_writes(body)] == [datetime(2026, 3, 1, 12, tzinfo=UTC)]
