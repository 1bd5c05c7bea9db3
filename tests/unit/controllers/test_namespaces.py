import pytest

from queuedjob.controllers.namespaces import Namespaces
from queuedjob.controllers.routing import Router
from queuedjob.kube.client.errors import ApiError, Refused, ServerFailed
from queuedjob.ports import NoAnswer
from tests.unit.controllers.api_server import ApiServer
from tests.unit.controllers.controller_env import ControllerEnv

FORBIDDEN = Refused(403, "pods is forbidden", reason="Forbidden")


class Visits:
    """Visits each namespace; those in `errors` raise."""

    def __init__(self, *names: str, **errors: Exception) -> None:
        self.changes: list[tuple[str, bool]] = []
        self.namespaces = Namespaces(names, lambda name, *, served: self.changes.append((name, served)))
        self.errors = errors
        self.visited: list[str | None] = []

    async def go(self) -> list[str | None]:
        self.visited.clear()
        await self.namespaces.each(self._visit)
        return self.visited

    async def _visit(self, name: str | None) -> None:
        self.visited.append(name)
        if error := self.errors.get(name or ""):
            raise error


@pytest.mark.parametrize("status", [403, 404])
async def test_a_namespace_that_refuses_is_left_out_and_the_others_go_on(status: int) -> None:
    it = Visits("a", "b", "c", b=ApiError(status, "no"))
    assert await it.go() == ["a", "b", "c"]
    assert (it.namespaces.lost, it.namespaces.served) == (("b",), ("a", "c"))
    assert not it.namespaces.serves("b")
    assert it.namespaces.notes() == [f"namespace b is left out: {status}: no"]
    assert await it.go() == ["a", "c"]
    it.namespaces.regain("b")
    assert it.namespaces.notes() == []
    assert it.changes == [("a", True), ("b", True), ("c", True), ("b", False), ("b", True)]


@pytest.mark.parametrize("error", [NoAnswer("reset"), ServerFailed(503, "no"), ApiError(401, "no")])
async def test_an_api_server_that_does_not_serve_is_no_loss_of_a_namespace(error: Exception) -> None:
    it = Visits("a", "b", a=error)
    with pytest.raises(type(error)):
        await it.go()
    assert it.namespaces.lost == ()


@pytest.mark.parametrize("names", [(), ("a",), ("a", "b")])
async def test_the_last_namespace_is_not_left_out(names: tuple[str, ...]) -> None:
    it = Visits(*names)
    it.errors = dict.fromkeys((*names, ""), FORBIDDEN)
    with pytest.raises(Refused):
        await it.go()
    assert len(it.namespaces.served) == 1


async def test_a_key_of_a_lost_namespace_is_held_back_without_a_request() -> None:
    env = ControllerEnv(ApiServer())
    await Router(env.context, env.reconciles, lambda name: name != "lost").reconcile("queuedjobs/lost/u")
    assert env.keys.later == {"queuedjobs/lost/u": 15.0}
    assert env.server.asked == []
