"""What is refused: unknown fields, wrong values, objects over a quota, what the admission policies forbid."""

from typing import Any

from queuedjob.ports import Body
from tests.api.manifests import a_job, a_letter
from tests.api.semantics.api import Api, a_pod, named
from tests.api.test_refusals import DURATIONS, LETTERS, NO_TIME, PATTERNS, SPECS, VERBS, at, rules

STRICT = {"fieldValidation": "Strict"}


def changed(body: Body, **spec: Any) -> Body:  # noqa: ANN401 - any JSON
    return {**body, "spec": {**body["spec"], **spec}}


async def an_unknown_field_of_a_pod_is_refused_where_asked_for(api: Api) -> None:
    refused = await api.ask("POST", api.pods, changed(a_pod(), comand=["x"]), query=STRICT)
    refused.refused(400, "BadRequest", 'strict decoding error: unknown field "spec.comand"')
    container = {"name": "main", "image": "busybox", "comand": ["x"]}
    refused = await api.ask("POST", api.pods, changed(a_pod(), containers=[container]), query=STRICT)
    refused.refused(400, "BadRequest", 'unknown field "spec.containers[0].comand"')


async def an_unknown_field_of_a_job_is_refused_where_asked_for_and_else_dropped(api: Api) -> None:
    typo = named(a_job(retires=3), "j")
    refused = await api.ask("POST", api.jobs, typo, query=STRICT)
    refused.refused(400, "BadRequest", 'strict decoding error: unknown field "spec.retires"')
    assert "retires" not in (await api.create(api.jobs, typo))["spec"]


async def a_payload_is_kept_whole(api: Api) -> None:
    payload = {"order": 42, "deep": {"er": [1, None, {"x": "y"}]}}
    assert (await api.a_job(payload=payload))["spec"]["payload"] == payload


async def a_pod_without_an_image_or_with_a_name_twice_is_refused(api: Api) -> None:
    wrong = changed(a_pod(), containers=[{"name": "x"}, {"name": "x", "image": "y"}])
    refused = await api.ask("POST", api.pods, wrong)
    refused.refused(422, "Invalid", "spec.containers[0].image: Required value", 'Duplicate value: "x"')


async def a_mount_of_no_volume_is_refused(api: Api) -> None:
    container = {"name": "main", "image": "busybox", "volumeMounts": [{"name": "v", "mountPath": "/v"}]}
    refused = await api.ask("POST", api.pods, changed(a_pod(), containers=[container]))
    refused.refused(422, "Invalid", 'spec.containers[0].volumeMounts[0].name: Not found: "v"')


async def a_pod_that_is_too_large_is_refused_by_whoever_meets_it_first(api: Api) -> None:
    for size, status, words in (
        (4_000_000, 413, "Request entity too large: limit is 3145728"),
        (3_000_000, 500, "trying to send message larger than max"),
        (2_000_000, 500, "etcdserver: request is too large"),
    ):
        container = {"name": "main", "image": "busybox", "env": [{"name": "A", "value": "x" * size}]}
        answer = await api.ask("POST", api.pods, changed(a_pod(), containers=[container]))
        assert answer.status == status, size
        assert words in answer.body["message"]


async def a_service_account_that_is_not_there_is_refused_until_it_is(api: Api) -> None:
    pod = changed(a_pod(), serviceAccountName="worker")
    (await api.ask("POST", api.pods, pod)).refused(403, "Forbidden", 'serviceaccount "worker" not found')
    await api.create(f"{api.home}/serviceaccounts", {"metadata": {"name": "worker"}})
    await api.create(api.pods, pod)


async def a_job_without_a_spec_is_refused(api: Api) -> None:
    specless = {key: value for key, value in named(a_job(), "j").items() if key != "spec"}
    (await api.ask("POST", api.jobs, specless)).refused(422, "Invalid", "spec: Required value")


async def every_wrong_spec_is_refused_by_schema_or_policy_in_the_same_words(api: Api) -> None:
    for why, (spec, words) in SPECS.items():
        answer = await api.ask("POST", api.jobs, named(a_job(**spec), "j"), query=STRICT)
        assert answer.status in {400, 422}, why
        assert all(word in answer.body["message"] for word in words), why


async def every_wrong_duration_is_refused_in_the_same_words(api: Api) -> None:
    for path in DURATIONS:
        for wrong in ("1d", "-1s", "1h 30m", "90", "", "87601h", "999999h", "Off", 30, "1s" * 17):
            (await api.ask("POST", api.jobs, named(a_job(**at(path, wrong)), "j"))).refused(422, "Invalid", path)


async def every_wrong_pattern_is_refused_in_the_same_words(api: Api) -> None:
    for pattern, words in PATTERNS.items():
        refused = await api.ask("POST", api.jobs, named(a_job(**rules({"messageMatches": pattern})), "j"))
        refused.refused(422, "Invalid", words)


async def every_wrong_letter_is_refused_in_the_same_words(api: Api) -> None:
    for why, (spec, words) in LETTERS.items():
        letter = a_letter(**spec)
        letter["spec"].get("jobRef", {}).update(name="j", uid="11111111-2222-4333-8444-555555555555")
        answer = await api.ask("POST", api.letters, named(letter, "l"))
        assert answer.status == 422, why
        assert all(word in answer.body["message"] for word in words), why


async def an_annotation_that_asks_for_nothing_is_refused_in_the_same_words(api: Api) -> None:
    for why, value in VERBS.items():
        asking = {"metadata": {"annotations": {"queuedjob.dev/retry-now": value}}}
        job = named(a_job(), "j")
        refused = await api.ask("POST", api.jobs, {**job, "metadata": {**job["metadata"], **asking["metadata"]}})
        assert refused.status == 422, why
        assert all(words in refused.body["message"] for words in NO_TIME), why
    await api.a_job()
    (await api.merge(f"{api.jobs}/j", asking)).refused(422, "Invalid", *NO_TIME)
    for value in ("2030-01-31T12:00:00Z", "2030-01-31T12:00:00.123456789-10:00", ""):
        (await api.merge(f"{api.jobs}/j", {"metadata": {"annotations": {"queuedjob.dev/retry-now": value}}})).ok()


async def before_the_first_attempt_everything_may_change(api: Api) -> None:
    await api.a_job()
    (await api.merge(f"{api.jobs}/j", {"spec": {"queue": "q", "payload": {"a": 1}}})).ok()


async def after_the_first_attempt_only_terms_may_change(api: Api) -> None:
    await api.write_status(await api.a_job(), phase="Running", attempts=[{"number": 1}])
    refused = await api.merge(f"{api.jobs}/j", {"spec": {"queue": "q", "payload": {"a": 1}}})
    refused.refused(422, "Invalid", "spec.queue, spec.payload cannot change once an attempt has started")
    (await api.merge(f"{api.jobs}/j", {"spec": {"suspend": True, "retry": {"maxAttempts": 9}}})).ok()


async def a_job_that_is_done_keeps_its_terms(api: Api) -> None:
    await api.write_status(await api.a_job(), phase="Succeeded")
    refused = await api.merge(f"{api.jobs}/j", {"spec": {"retry": {"maxAttempts": 9}}})
    refused.refused(422, "Invalid", "spec.retry cannot change, as the job is Succeeded")
    (await api.merge(f"{api.jobs}/j", {"spec": {"ttlAfterFinished": "1h"}})).ok()


async def a_dead_job_may_be_mended_once_its_letter_is_filed(api: Api) -> None:
    job = await api.write_status(
        await api.a_job(), phase="DeadLettered", attempts=[{"number": 1}], deadLetterRef={"name": "l"}
    )
    mended = {"spec": {"queue": "q"}}
    (await api.merge(f"{api.jobs}/j", mended)).refused(422, "Invalid", "its dead letter is being filed, try again")
    await api.write_status(job, **{**job["status"], "deadLetterRef": {"name": "l", "uid": "u"}})
    (await api.merge(f"{api.jobs}/j", mended)).ok()


async def a_cancel_cannot_be_taken_back(api: Api) -> None:
    await api.a_job(cancel=True)
    refused = await api.merge(f"{api.jobs}/j", {"spec": {"cancel": None}})
    refused.refused(422, "Invalid", "spec.cancel cannot be unset")


async def a_frozen_job_still_takes_labels_and_statuses(api: Api) -> None:
    job = await api.write_status(await api.a_job(), phase="Succeeded")
    await api.write_status(job, phase="Succeeded", reason="Done")
    (await api.merge(f"{api.jobs}/j", {"metadata": {"labels": {"a": "b"}}})).ok()


async def a_letter_is_a_record_but_for_its_resolution(api: Api) -> None:
    await api.a_letter()
    refused = await api.merge(f"{api.letters}/l", {"spec": {"reason": "Other"}})
    refused.refused(422, "Invalid", "a dead letter is a record: only spec.resolution may change")
    resolved = (await api.merge(f"{api.letters}/l", {"spec": {"resolution": {"state": "Resolved"}}})).ok()
    assert resolved["metadata"]["generation"] == 2


async def a_quota_of_pods_holds_until_one_ends(api: Api) -> None:
    await _quota(api, {"pods": "1"})
    await api.create(api.pods, a_pod("a"))
    refused = await api.ask("POST", api.pods, a_pod("b"))
    refused.refused(403, "Forbidden", "exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1")
    await api.bind("a")
    await api.report("a", "Succeeded")
    await api.until(f"{api.home}/resourcequotas/q", lambda quota: quota.body["status"]["used"] == {"pods": "0"})
    await api.create(api.pods, a_pod("b"))


async def a_quota_of_letters_holds(api: Api) -> None:
    what = "count/deadletters.queuedjob.dev"
    await _quota(api, {what: "0"})
    refused = await api.ask("POST", api.letters, named(a_letter(), "l"))
    refused.refused(403, "Forbidden", f"exceeded quota: q, requested: {what}=1, used: {what}=0, limited: {what}=0")


async def _quota(api: Api, hard: dict[str, str]) -> None:
    """Create a quota, and wait until the quota controller has counted: only then the quota works."""
    (await api.ask("POST", f"{api.home}/resourcequotas", {"metadata": {"name": "q"}, "spec": {"hard": hard}})).ok()
    await api.until(f"{api.home}/resourcequotas/q", lambda quota: quota.body["status"].get("used") is not None)
