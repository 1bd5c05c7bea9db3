import pytest

from queuedjob.controllers import keys
from queuedjob.controllers.job.keys import job_key, pod_key
from queuedjob.controllers.registry import UnknownKind
from queuedjob.controllers.routing import Router
from queuedjob.kube.client import paths
from queuedjob.policy.facts import JobId
from queuedjob.ports import Body, NoAnswer, Response
from tests.unit.controllers.api_server import PODS, ApiServer, a_job_body, a_letter_body, a_pod_body
from tests.unit.controllers.controller_env import ControllerEnv
from tests.unit.kube.client.scripted import failure
from tests.unit.telemetry.rendering import render

LETTER = paths.letter("default", "j-abcdefghij")
UID = "j-abcdefghij-uid"


def router(env: ControllerEnv) -> Router:
    return Router(env.context, env.reconciles)


@pytest.mark.parametrize("key", [job_key(JobId("n", "a/b")), pod_key("n", "u"), keys.key_of("deadletters", "n", "u")])
def test_a_key_is_parsed_as_it_was_written(key: str) -> None:
    assert str(keys.parse(key)) == key


async def test_a_key_of_an_unknown_kind_raises() -> None:
    with pytest.raises(UnknownKind, match=r"no controller reconciles gadgets; there are: queuedjobs, pods"):
        await router(ControllerEnv(ApiServer())).reconcile("gadgets/n/u")


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(NoAnswer("reset"), id="no answer"),
        pytest.param(failure(429, "TooManyRequests", "later"), id="429"),
        pytest.param(failure(503, "ServiceUnavailable", "not now"), id="503"),
        pytest.param(failure(403, "Forbidden", 'queuedjobs "j" is forbidden'), id="403"),
        pytest.param(failure(401, "Unauthorized", "Unauthorized"), id="401"),
    ],
)
async def test_a_reconcile_whose_request_fails_is_tried_again_and_counted(said: Response | NoAnswer) -> None:
    env = ControllerEnv(ApiServer((paths.job("default", "j"), a_job_body())))
    env.seeing_job(a_job_body())
    env.server.fails = {"GET": [said]}
    await router(env).reconcile("queuedjobs/default/j-uid")
    assert env.keys.failed == ["queuedjobs/default/j-uid"]
    assert b"queuedjob_reconcile_errors_total{" in render(env.metrics)[0]


@pytest.mark.parametrize("fails", [{}, {"GET": [NoAnswer("reset")]}], ids=["answered", "unanswered"])
async def test_an_unknown_server_time_is_asked_for_and_the_key_is_tried_again(
    fails: dict[str, list[Response | NoAnswer]],
) -> None:
    env = ControllerEnv(ApiServer(("/version", {})))
    env.seeing_job(a_job_body())
    env.clock.wall_offset += 3600
    env.server.fails = fails
    await router(env).reconcile("queuedjobs/default/j-uid")
    assert [request.path for request in env.server.asked] == ["/version"]
    assert env.keys.failed == ["queuedjobs/default/j-uid"]


async def test_a_key_of_a_pod_without_an_owner_releases_that_pod() -> None:
    body = a_pod_body(ownerReferences=[], labels={})
    env = ControllerEnv(ApiServer.with_pods(body))
    (pod,) = env.seeing(body)
    await router(env).reconcile(f"pods/default/{pod.uid}")
    assert env.server.objects[f"{PODS}/{pod.name}"]["metadata"]["finalizers"] == []


# --- dead letters


def a_letter(*, resolved: bool = False, phase: str = "Dead") -> Body:
    letter = a_letter_body()
    letter["status"] = {"phase": phase}
    if resolved:
        letter["spec"]["resolution"] = {"state": "Resolved"}
    return letter


@pytest.mark.parametrize(
    ("letter", "phase"),
    [
        pytest.param(a_letter(resolved=True), "Resolved", id="somebody resolved it"),
        pytest.param(a_letter(phase="Resolved"), "Dead", id="and took that back"),
        pytest.param(a_letter(resolved=True, phase="Redriven"), "Redriven", id="Redriven is for good"),
    ],
)
async def test_the_phase_of_a_dead_letter_follows_its_resolution_until_it_is_redriven(letter: Body, phase: str) -> None:
    env = ControllerEnv(ApiServer((LETTER, letter)))
    env.stores.letters.see(letter)
    await router(env).reconcile(f"deadletters/default/{UID}")
    assert env.server.objects[LETTER]["status"]["phase"] == phase


async def test_a_dead_letter_that_has_changed_since_is_read_again() -> None:
    env = ControllerEnv(
        ApiServer((LETTER, {**a_letter(), "metadata": {**a_letter()["metadata"], "resourceVersion": "51"}}))
    )
    env.stores.letters.see(a_letter(resolved=True))
    await router(env).reconcile(f"deadletters/default/{UID}")
    assert env.server.objects[LETTER]["status"]["phase"] == "Dead"
    assert [letter.resource_version for letter in env.stores.letters] == [51]
    assert f"deadletters/default/{UID}" in env.keys.added


async def test_a_dead_letter_that_its_status_write_does_not_find_is_forgotten() -> None:
    env = ControllerEnv(ApiServer())
    env.stores.letters.see(a_letter(resolved=True))
    await router(env).reconcile(f"deadletters/default/{UID}")
    assert len(env.stores.letters) == 0


async def test_a_status_write_of_a_dead_letter_that_a_policy_denies_is_tried_again() -> None:
    env = ControllerEnv(ApiServer((LETTER, a_letter(resolved=True))))
    env.stores.letters.see(a_letter(resolved=True))
    words = "x \"j\" is forbidden: ValidatingAdmissionPolicy 'freeze' with binding 'freeze' denied request: not now"
    env.server.fails = {"PATCH": [failure(422, "Invalid", words)]}
    await router(env).reconcile(f"deadletters/default/{UID}")
    assert env.keys.failed == [f"deadletters/default/{UID}"]
