import orjson
import pytest

from queuedjob.kube.client.paging import LARGEST_PAGE, MOST_VALUES, PageSize

USUAL = orjson.dumps({"items": [{"metadata": {"name": f"n-{n}", "labels": {"a": "b"}}} for n in range(100)]})


def a_page(*, values: int = 0, size: int = 0) -> bytes:
    return orjson.dumps({"items": [{}] * values, "text": "x" * size})


@pytest.mark.parametrize(
    ("page", "limit"),
    [
        pytest.param(a_page(values=MOST_VALUES), 125, id="too many values"),
        pytest.param(a_page(size=LARGEST_PAGE), 125, id="too many bytes"),
        pytest.param(b'["' + b'","' * MOST_VALUES + b'"]', 125, id="too many strings"),
        pytest.param(b"[0" + b",0" * MOST_VALUES + b"]", 125, id="too many numbers"),
    ],
)
def test_a_page_that_takes_too_long_to_decode_is_asked_for_in_parts(page: bytes, limit: int) -> None:
    size = PageSize(500)
    assert not size.fits(page)
    assert size.limit == limit


def test_a_page_of_one_object_is_decoded_whatever_it_has() -> None:
    size = PageSize(1)
    assert size.fits(a_page(values=MOST_VALUES))
    assert (size.limit, size.allowed_bytes) == (1, None)


def test_pages_grow_again_only_if_twice_as_many_objects_would_fit() -> None:
    size = PageSize(500)
    size.too_large()
    assert size.fits(a_page(values=MOST_VALUES // 6))
    assert size.limit == 125, "commas and brackets: half of what may be"
    assert size.fits(USUAL)
    assert size.limit == 250
    for _ in range(3):
        assert size.fits(USUAL)
    assert size.limit == 500
