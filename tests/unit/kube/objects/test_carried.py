from typing import Any

import orjson
import pytest

from queuedjob.api.types import limits
from queuedjob.kube.objects.carried import NotCarried, check_carried
from tests.unit.kube.objects.bodies import TEMPLATE


def nested(levels: int, *, width: int = 1) -> dict[str, Any]:
    """A payload with so many levels, the payload included."""
    value: Any = 1
    for level in range(levels - 1):
        value = [[]] * (width - 1) + [value] if level % 2 else {"a": value}
    return {"root": value}


def spec(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return {"template": TEMPLATE, **fields}


@pytest.mark.parametrize(
    ("of", "reason"),
    [
        pytest.param(spec(), None, id="no payload"),
        pytest.param(spec(payload=nested(limits.PAYLOAD_DEPTH)), None, id="as deep as may be"),
        pytest.param(spec(payload=nested(limits.PAYLOAD_DEPTH + 1)), "PayloadTooDeep", id="one level more"),
        pytest.param(spec(payload=nested(limits.PAYLOAD_DEPTH + 1, width=3)), "PayloadTooDeep", id="with brothers"),
        pytest.param(spec(payload=nested(10_000)), "PayloadTooDeep", id="as deep as the API server takes"),
        pytest.param(spec(payload={"a": "x" * (limits.PAYLOAD - 8)}), None, id="a payload of the limit"),
        pytest.param(spec(payload={"a": "x" * (limits.PAYLOAD - 7)}), "PayloadTooLarge", id="one byte more"),
        pytest.param(
            spec(payload={"a": "<" * (limits.PAYLOAD - 8)}), "SpecTooLarge", id="bytes that are stored as six"
        ),
        pytest.param(spec(other="x" * limits.STORED_SPEC), "SpecTooLarge", id="another field"),
    ],
)
def test_what_cannot_be_carried_is_told_with_its_limit(of: dict[str, Any], reason: str | None) -> None:
    if reason is None:
        check_carried(of)
        return
    with pytest.raises(NotCarried, match=r"^spec(\.payload)? .*(over the limit of|more than \d+ deep).*; \w+") as fault:
        check_carried(of)
    assert fault.value.reason == reason


def test_a_payload_of_the_limit_has_that_many_bytes() -> None:
    assert len(orjson.dumps({"a": "x" * (limits.PAYLOAD - 8)})) == limits.PAYLOAD
