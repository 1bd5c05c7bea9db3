"""An object of another client has the name that the operator's object should have."""

from queuedjob.api.identity import letter_name, pod_name
from queuedjob.kube.client import paths
from queuedjob.ports import Body
from tests.api.env.api_server import UNSHOWN, ApiServerEnv
from tests.api.env.run_scenario import a_job
from tests.api.env.scripted_pods import SUCCEEDS, ends, exited


async def test_an_attempt_waits_while_a_foreign_pod_has_its_name(api_server_env: ApiServerEnv) -> None:
    async with api_server_env.env(ends(SUCCEEDS), UNSHOWN) as env:
        job = await env.apply(a_job())
        name = pod_name("job", job["metadata"]["uid"], 0, 1)
        foreign: Body = {
            "metadata": {"name": name},
            "spec": {"containers": [{"name": "other", "image": "busybox"}]},
        }
        pod = await env.admin.create(paths.pods(env.namespace), foreign)
        env.start_operator()
        waiting = await env.reaches("job", "Waiting", "PodNameTaken")
        assert name in waiting["status"]["message"]
        await env.delete_pod(name, pod["metadata"]["uid"], grace=0)
        done = await env.reaches("job", "Succeeded")
        assert done["status"]["counters"] == {"pods": 1, "attempts": 1}
        await env.is_at_rest()
        env.check()


async def test_a_letter_takes_the_next_name_where_a_foreign_one_has_its_own(api_server_env: ApiServerEnv) -> None:
    async with api_server_env.env(ends(exited(64)), UNSHOWN) as env:
        job = await env.apply(a_job())
        name = letter_name("job", job["metadata"]["uid"], 0)
        foreign: Body = {
            "apiVersion": "queuedjob.dev/v1alpha1",
            "kind": "DeadLetter",
            "metadata": {"name": name},
            "spec": {
                "jobRef": {"name": "other", "uid": "another-uid", "generation": 1},
                "job": {"spec": a_job()["spec"]},
                "reason": "Permanent",
            },
        }
        await env.admin.create(paths.letters(env.namespace), foreign)
        env.start_operator()
        dead = await env.reaches("job", "DeadLettered")
        await env.is_at_rest()
        dead = await env.reaches("job", "DeadLettered")
        assert dead["status"]["deadLetterRef"]["name"] == f"{name}-2"
        letter = next(x for x in env.history.letters if x["metadata"]["name"] == f"{name}-2")
        assert letter["spec"]["jobRef"]["uid"] == job["metadata"]["uid"]
        env.check()
