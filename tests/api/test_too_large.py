"""A job that etcd just holds: its whole status does not fit beside it.

Admission counts characters, and the API server stores `<` as six bytes. So such a job gets in.
"""

from contextlib import suppress
from typing import Final

from queuedjob.kube.client import paths
from queuedjob.kube.client.errors import ApiError, too_large
from queuedjob.ports import Body
from tests.api.env.api_server import UNSHOWN, ApiServerEnv
from tests.api.env.env import Env
from tests.api.env.run_scenario import a_job
from tests.api.env.scripted_pods import SUCCEEDS, ends

_MOST: Final = 30_000
"""Bytes of an annotation with which the job does not fit into etcd any more."""


def a_large_job(name: str, filler: int) -> Body:
    """A job of 1.5 MB in etcd, and `filler` bytes more."""
    job = a_job(name, payload={"text": "<" * 131_000})
    job["spec"]["template"]["spec"]["containers"][0]["args"] = ["<" * 128_500]
    job["metadata"]["annotations"] = {"filler": "x" * filler}
    return job


async def most_filler(env: Env) -> int:
    """The most bytes that a large job may have more: found by trying."""
    least, most, number = 0, _MOST, 0
    while most - least > 50:
        middle, number = (least + most) // 2, number + 1
        name = f"try{number:02}"
        try:
            await env.admin.create(paths.jobs(env.namespace), a_large_job(name, middle))
        except ApiError as error:
            if not too_large(error):
                raise
            most = middle
        else:
            least = middle
            with suppress(ApiError):
                await env.delete_job(name)
    return least


_ROOMS: Final = (9_000, *range(2_900, 500, -300))
"""Bytes that jobs leave in etcd: the whole status fits into the first, and not into the last."""


async def test_a_job_that_is_too_large_ends_with_a_status_that_fits_and_a_letter(api_server_env: ApiServerEnv) -> None:
    """Jobs with ever less room, until the whole status does not fit any more."""
    async with api_server_env.env(ends(SUCCEEDS), UNSHOWN) as env:
        most = await most_filler(env)
        env.start_operator()
        for room in _ROOMS:
            name = f"job-{room:04}"
            await env.admin.create(paths.jobs(env.namespace), a_large_job(name, most - room))
            dead = await env.reaches(name, "DeadLettered", "Permanent")
            status = dead["status"]
            assert status["message"].startswith("attempt 1: No pod was requested: spec is ")
            assert status["attempts"][0]["reason"] == "SpecTooLarge"
            cut = status["message"].endswith("(cut: the job is too large)")
            assert ("message" in status["attempts"][0]) is not cut
            assert not (cut and room == _ROOMS[0])
            if cut:
                break
        assert cut
        await env.is_at_rest()
        letters = (await env.admin.get(paths.letters(env.namespace)))["items"]
        (letter,) = (each["spec"] for each in letters if each["spec"]["jobRef"]["name"] == name)
        assert letter["message"] == status["message"]
        assert not env.history.pods
        env.check()
