import pytest

from queuedjob.policy.failure.text.http_status import statuses_in
from queuedjob.policy.failure.text.phrases import lower_words


@pytest.mark.parametrize(
    "line",
    [
        "HTTP 503",
        "HTTP/1.1 503",
        "HTTP/2 503.",
        '"GET / HTTP/1.1" 503 162',
        "http error 503: no",
        "status=503",
        "status: 503, retrying",
        '"status":503}',
        "status_code=503",
        "statusCode: 503",
        "Status Code: 503; Error Code: SlowDown",
        "with a status of 503 (Service Unavailable)",
        "a status code of 503",
        "response code 503",
        "Error code: 503 - {}",
        "error 503",
        "error 503: no",
        "error (503)",
        "error 503 for url: /",
        "error 503 - no",
        "An error occurred (503) when calling",
        "code: 503",
        "upstream returned 503",
        "responded with 503",
        "503 Server Error: no",
        "503 GET https://api/",
    ],
)
def test_a_status_is_found_in(line: str) -> None:
    assert statuses_in(lower_words(line)) == {503}


@pytest.mark.parametrize(
    "line",
    [
        "503",
        "took 503 ms",
        "returned 503 rows",
        "error: 503 rows left",
        "error, 503",
        "HTTP 5031",
        "HTTP 1503",
        "HTTP 503x",
        "HTTP x503",
        "HTTP 503é",
        "HTTP é503",
        "HTTP 503_1",
        "HTTP 503.5",
        "HTTP 503,000",
        "HTTP 503%",
        "HTTP 503-1",
        "HTTP 503/2",
        "HTTP 503:1",
        "HTTP 200",
        "HTTP",
        "exit status 1",
        "xhttp 503",
        "https 503",
    ],
)
def test_no_status_is_found_in(line: str) -> None:
    assert statuses_in(lower_words(line)) == set()


def test_several_statuses_are_found() -> None:
    assert statuses_in("http 503, then http 404") == {503, 404}
