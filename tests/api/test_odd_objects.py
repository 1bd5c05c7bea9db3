"""Objects that no user would write on purpose, on a real API server: they hide no other, before and after a start."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Final

import orjson
import pytest

from queuedjob.api import names
from queuedjob.api.types.limits import PAYLOAD_DEPTH
from queuedjob.kube.client import paths
from queuedjob.ports import Body, Request, Response, Transport
from tests.api.env.api_server import ApiServerEnv
from tests.api.env.env import Env
from tests.api.env.run_scenario import a_job
from tests.api.env.scripted_pods import SUCCEEDS, ends
from tests.api.env.users import transport_over

_HOLE: Final = "in place of this"


def _nested(levels: int) -> bytes:
    return b'{"f:a":' * (levels - 1) + b"{}" + b"}" * (levels - 1)


_DEEP: Final = _nested(9_001)
"""JSON of 9,001 levels; the API server takes 10,000."""

_DEEP_UNSEEN: Final = b'{"a":1,"b":' * 1_500 + b"{}" + b"}" * 1_500
"""Too deep for a payload, but accepted: the policy sees a run of opening brackets only (admission/sizes.py). More
levels cost the API server itself seconds."""

_NO_UTF8: Final = b'{"f:\xff":{}}'
"""The API server answers these bytes as they are, in pods and Events."""


def _odd(name: str, body: Body, raw: bytes) -> bytes:
    """The JSON of `body`, named `name`, with `raw` in place of the hole."""
    body = {**body, "metadata": {**body.get("metadata", {}), "name": name}}
    return orjson.dumps(body).replace(orjson.dumps(_HOLE), raw)


def _managed(kind: str) -> Body:
    version = "v1" if kind == "Pod" else names.API_VERSION
    entry = {"manager": "m", "operation": "Update", "apiVersion": version, "fieldsType": "FieldsV1", "fieldsV1": _HOLE}
    return {"managedFields": [entry]}


_SUSPENDED: Final = a_job(suspend=True)
_POD: Final = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": _managed("Pod"),
    "spec": {"containers": [{"name": "c", "image": "i"}], "nodeName": ""},
}
_LETTER_SPEC: Final = {
    "jobRef": {"name": "j", "uid": "u", "generation": 1, "redrives": 0},
    "job": {"spec": {**_SUSPENDED["spec"], "payload": {"a": _HOLE}}},
    "reason": "Permanent",
    "message": "m",
}


def _objects(namespace: str, when: str) -> Iterator[tuple[str, bytes]]:
    """Yield path and body of odd objects of every carrier."""
    jobs, payload = paths.jobs(namespace), {**_SUSPENDED, "spec": {**_SUSPENDED["spec"], "payload": {"a": _HOLE}}}
    yield jobs, _odd(f"deep-payload-{when}", payload, _DEEP_UNSEEN)
    yield jobs, _odd(f"large-payload-{when}", payload, b'"%b"' % (b"x" * 100_000))
    yield jobs, _odd(f"deep-managed-{when}", {**_SUSPENDED, "metadata": _managed("QueuedJob")}, _DEEP)
    yield paths.pods(namespace), _odd(f"deep-pod-{when}", _POD, _DEEP)
    labelled = {**_POD, "metadata": {**_managed("Pod"), "labels": {names.JOB_LABEL: "j"}}}
    yield paths.pods(namespace), _odd(f"deep-labelled-pod-{when}", labelled, _DEEP)
    yield paths.pods(namespace), _odd(f"raw-pod-{when}", _POD, _NO_UTF8)
    yield paths.pods(namespace), _odd(f"raw-labelled-pod-{when}", labelled, _NO_UTF8)
    letter = {"apiVersion": names.API_VERSION, "kind": "DeadLetter", "spec": _LETTER_SPEC}
    yield paths.letters(namespace), _odd(f"deep-letter-{when}", letter, _DEEP)


async def _make(way: Transport, env: Env, when: str) -> None:
    for path, body in _objects(env.namespace, when):
        answer = await _post(way, path, body)
        assert answer.status == HTTPStatus.CREATED, (path, answer.body[:500])


async def _post(way: Transport, path: str, body: bytes) -> Response:
    headers = {"content-type": "application/json"}
    return await way.send(Request("POST", path, headers=headers, body=body, timeout=30.0))


async def test_a_payload_that_is_nested_too_deep_is_refused_in_words(api_server_env: ApiServerEnv) -> None:
    """At any depth that the API server reads: a job from before the policy is in the tests of the decoder."""
    payload = {**_SUSPENDED, "spec": {**_SUSPENDED["spec"], "payload": {"a": _HOLE}}}
    async with (
        transport_over(api_server_env.server.connection()) as way,
        api_server_env.env(ends(SUCCEEDS)) as env,
    ):
        for depth in (PAYLOAD_DEPTH, 1_000):
            answer = await _post(way, paths.jobs(env.namespace), _odd("deep", payload, _nested(depth)))
            assert answer.status == HTTPStatus.UNPROCESSABLE_ENTITY, (depth, answer.body[:500])
            assert b"spec.payload is nested more than 32 deep; make it flatter" in answer.body


@pytest.mark.parametrize("through_kopf", [True, False], ids=["through kopf", "by list and watch"])
async def test_odd_objects_keep_no_job_from_running(api_server_env: ApiServerEnv, *, through_kopf: bool) -> None:
    async with (
        transport_over(api_server_env.server.connection()) as way,
        api_server_env.env(ends(SUCCEEDS), through_kopf=through_kopf) as env,
    ):
        await _make(way, env, "before")
        operator = await env.steady_operator()
        await env.apply(a_job(name="first"))
        await env.reaches("first", "Succeeded")
        await _make(way, env, "after")
        wei = {**a_job(name="wei"), "spec": {**a_job()["spec"], "payload": {"wei": _HOLE}}}
        await way.send(
            Request(
                "POST",
                paths.jobs(env.namespace),
                headers={"content-type": "application/json"},
                body=orjson.dumps(wei).replace(orjson.dumps(_HOLE), b"20000000000000000000000"),
            )
        )
        await env.reaches("wei", "Succeeded")
        await env.apply(a_job(name="last"))
        await env.reaches("last", "Succeeded")
        assert operator.operator.health.readiness_problems() == []
        operator.operator.lifecycle.look_for_deleted()
        await env.apply(a_job(name="after-the-resync"))
        await env.reaches("after-the-resync", "Succeeded")
        assert not [line for line in operator.log if line["event"] in {"object not taken", "reconcile broken"}]
