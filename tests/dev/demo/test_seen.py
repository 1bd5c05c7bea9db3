from typing import Any

import pytest

from dev.demo.lessons import SUCCESS, Expected
from dev.demo.seen import Standing, seen, standing
from tests.dev.demo.jobs import FILED, OWED, a_job, ended, runs

FLAKY = Expected("Succeeded", "Succeeded", ("Transient", SUCCESS))
DEAD = Expected("DeadLettered", "Permanent", ("Permanent",))
MENDED = Expected("Succeeded", "Succeeded", (SUCCESS,), redrives=1)
HELD = Expected("Waiting", "Suspended", ())

JUST_DEAD = a_job("j", "DeadLettered", "Permanent", attempts=ended("Permanent"), deadLetterRef=FILED)


def succeeded(*before: str, **status: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of the status
    return a_job("j", "Succeeded", "Succeeded", attempts=ended(*before, SUCCESS), **status)


@pytest.mark.parametrize(
    ("job", "expected", "found"),
    [
        pytest.param({"metadata": {"name": "j"}}, FLAKY, Standing.ON_THE_WAY, id="no status yet"),
        pytest.param(a_job("j", "Running", attempts=[runs()]), FLAKY, Standing.ON_THE_WAY, id="it runs"),
        pytest.param(succeeded("Transient"), FLAKY, Standing.THERE, id="as it should"),
        pytest.param(succeeded("Transient", "Disruption"), FLAKY, Standing.THERE, id="a disruption is the cluster's"),
        pytest.param(succeeded(), FLAKY, Standing.ELSEWHERE, id="success, but the lesson was the retry"),
        pytest.param(succeeded("Unknown"), FLAKY, Standing.ELSEWHERE, id="taken for another failure"),
        pytest.param(a_job("j", "Cancelled", "Cancelled"), FLAKY, Standing.ELSEWHERE, id="another end"),
        pytest.param(JUST_DEAD, DEAD, Standing.THERE, id="dead, with a letter"),
        pytest.param(
            a_job("j", "DeadLettered", "Permanent", attempts=ended("Permanent"), deadLetterRef=OWED),
            DEAD,
            Standing.ON_THE_WAY,
            id="dead, its letter still owed",
        ),
        pytest.param(
            a_job("j", "DeadLettered", "MaxAttempts", attempts=ended("Permanent"), deadLetterRef=FILED),
            DEAD,
            Standing.ELSEWHERE,
            id="dead for another reason",
        ),
        pytest.param(JUST_DEAD, MENDED, Standing.ON_THE_WAY, id="mended, and not looked at again yet"),
        pytest.param(succeeded(counters={"redrives": 1}), MENDED, Standing.THERE, id="mended"),
        pytest.param(a_job("j", "Waiting", "Suspended"), HELD, Standing.THERE, id="a wait may be the place to be"),
        pytest.param(a_job("j", "Waiting", "Backoff"), HELD, Standing.ON_THE_WAY, id="another wait is not"),
    ],
)
def test_where_a_job_stands(job: dict[str, Any], expected: Expected, found: Standing) -> None:
    assert standing(seen(job), expected) is found


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (str(FLAKY), "Succeeded after 2 attempts (Transient, success)"),
        (str(DEAD), "DeadLettered: Permanent after 1 attempt (Permanent)"),
        (str(HELD), "Waiting: Suspended after no attempt"),
        (str(seen(succeeded("Transient"))), "Succeeded after Transient, success"),
        (str(seen(a_job("j", message="nobody looked"))), "Pending after no attempt; nobody looked"),
    ],
)
def test_expected_and_seen_ends_are_described_in_the_same_words(said: str, words: str) -> None:
    assert said == words
