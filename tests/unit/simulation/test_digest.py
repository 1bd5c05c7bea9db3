"""The digest covers all that passes between the operator and the API server, and nothing else."""

import pytest

from queuedjob.ports import Request, Response
from tests.simulation.case import Case
from tests.simulation.digest import Digest, of_all
from tests.simulation.result import run_case

ASKED = Request("PUT", "/a", query={"limit": "1"}, body=b'{"phase": "Waiting"}')
ANSWERED = Response(200, {}, b'{"kind": "QueuedJob"}')


def digest(*, at: float = 1.0, user: str = "operator", asked: Request = ASKED, answered: Response = ANSWERED) -> str:
    taken = Digest()
    taken.take(at, user, asked, answered)
    return taken.text


@pytest.mark.parametrize(
    "other",
    [
        digest(at=1.001),
        digest(user="person"),
        digest(asked=Request("PATCH", "/a", query={"limit": "1"}, body=ASKED.body)),
        digest(asked=Request("PUT", "/b", query={"limit": "1"}, body=ASKED.body)),
        digest(asked=Request("PUT", "/a", body=ASKED.body)),
        digest(asked=Request("PUT", "/a", query={"limit": "1"}, body=b'{"phase": "Running"}')),
        digest(answered=Response(409, {}, ANSWERED.body)),
        digest(answered=Response(200, {}, b"{}")),
    ],
    ids=["moment", "user", "method", "path", "query", "body", "status", "answer"],
)
def test_the_digest_changes_with_each_part_of_a_request_and_its_answer(other: str) -> None:
    assert other != digest()


def test_the_digest_changes_with_the_order_of_requests() -> None:
    first, second = Digest(), Digest()
    for taken, moments in ((first, (1.0, 2.0)), (second, (2.0, 1.0))):
        for at in moments:
            taken.take(at, "operator", ASKED, ANSWERED)
    assert first.text != second.text


def test_a_seed_has_the_same_digest_each_time_and_another_seed_another() -> None:
    assert run_case(Case(7001)).digest == run_case(Case(7001)).digest
    assert run_case(Case(7001)).digest != run_case(Case(7002)).digest


def test_the_digest_of_many_does_not_depend_on_the_order_in_which_they_were_lived() -> None:
    assert of_all({"1": "a", "2": "b"}) == of_all({"2": "b", "1": "a"})
    assert of_all({"1": "a", "2": "b"}) != of_all({"1": "b", "2": "a"})
