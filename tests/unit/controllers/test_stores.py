import pytest

from queuedjob.api import names
from queuedjob.api.identity import pod_name
from queuedjob.kube.objects.pods import pod_from
from queuedjob.ports import Body
from tests.unit.controllers.api_server import ApiServer, a_job_body, a_letter_body, a_pod_body, ended
from tests.unit.controllers.controller_env import Workshop

UID = "j-abcdefghij-1-uid"
JOB_KEY = "job/j-uid"


def a_shop() -> Workshop:
    return Workshop(ApiServer())


# --- jobs


async def test_a_job_is_stored_and_reconciled() -> None:
    shop = a_shop()
    shop.stores.take(names.QUEUEDJOBS, "ADDED", a_job_body())
    assert shop.stores.jobs.get("j-uid") is not None
    assert shop.keys.added == [JOB_KEY]


async def test_an_older_version_of_a_job_is_no_news() -> None:
    shop = a_shop()
    shop.stores.see_job(a_job_body(version=10))
    shop.keys.added.clear()
    shop.stores.take(names.QUEUEDJOBS, "MODIFIED", a_job_body(version=9))
    assert [job.resource_version for job in shop.stores.jobs] == [10]
    assert shop.keys.added == []


async def test_a_late_event_does_not_raise_a_deleted_job() -> None:
    shop = a_shop()
    shop.stores.take(names.QUEUEDJOBS, "DELETED", a_job_body(version=11))
    shop.stores.take(names.QUEUEDJOBS, "MODIFIED", a_job_body(version=12))
    assert "j-uid" not in shop.stores.jobs
    assert shop.keys.added == [JOB_KEY]


async def test_a_job_that_a_list_misses_is_gone_unless_it_is_newer() -> None:
    shop = a_shop()
    shop.stores.see_job(a_job_body(version=10))
    shop.stores.see_job(a_job_body("k", uid="k-uid", version=30))
    shop.keys.added.clear()
    shop.stores.missed(names.QUEUEDJOBS, set(), 20)
    assert [job.name for job in shop.stores.jobs] == ["k"]
    assert shop.keys.added == [JOB_KEY]


async def test_a_list_of_one_namespace_says_nothing_of_others() -> None:
    shop = a_shop()
    shop.stores.see_job(a_job_body())
    shop.seeing(a_pod_body())
    shop.stores.missed(names.QUEUEDJOBS, set(), 999, "elsewhere")
    shop.stores.missed("pods", set(), 999, "elsewhere")
    assert "j-uid" in shop.stores.jobs
    assert not shop.pod(UID).missing_from_watch


# --- pods


async def test_a_pod_that_the_watch_says_is_deleted_is_only_out_of_sight() -> None:
    shop = a_shop()
    shop.stores.take_pod("ADDED", a_pod_body(version=100))
    shop.stores.take_pod("DELETED", a_pod_body(version=101))
    assert (shop.pod(UID).missing_from_watch, shop.pod(UID).confirmed_gone) == (True, False)
    assert shop.keys.added == [JOB_KEY, JOB_KEY]


async def test_a_pod_that_a_list_misses_is_out_of_sight_unless_it_is_newer() -> None:
    shop = a_shop()
    shop.seeing(a_pod_body(version=100), a_pod_body("j-abcdefghij-2", version=300))
    shop.stores.missed("pods", set(), 200)
    assert shop.pod(UID).missing_from_watch
    assert not shop.pod("j-abcdefghij-2-uid").missing_from_watch
    assert shop.keys.added == [JOB_KEY]


async def test_an_older_version_of_a_pod_is_no_news() -> None:
    shop = a_shop()
    shop.seeing(ended(a_pod_body(version=100)))
    shop.stores.take_pod("MODIFIED", a_pod_body(version=99))
    assert shop.pod(UID).ended
    assert shop.keys.added == []


async def test_what_a_read_says_of_the_same_version_counts() -> None:
    shop = a_shop()
    shop.stores.take_pod("DELETED", a_pod_body(version=100))
    shop.stores.refresh_pod(pod_from(a_pod_body(version=100, labels={})))
    assert (shop.pod(UID).missing_from_watch, shop.pod(UID).labelled) == (False, False)


async def test_what_a_read_says_of_an_older_version_does_not() -> None:
    shop = a_shop()
    shop.seeing(ended(a_pod_body(version=100)))
    shop.stores.refresh_pod(pod_from(a_pod_body(version=99)))
    assert shop.pod(UID).ended


@pytest.mark.parametrize("deleted_first", [False, True])
async def test_a_pod_that_we_let_go_stays_so_whatever_the_last_sight_of_it_says(*, deleted_first: bool) -> None:
    """Of a deleted pod whose last finalizer goes, the answer has the old version, and the event the old finalizers."""
    shop = a_shop()
    shop.seeing(ended(a_pod_body(version=100)))
    if deleted_first:
        shop.stores.take_pod("DELETED", ended(a_pod_body(version=101)))
    shop.stores.see_pod(pod_from(ended(a_pod_body(version=100, finalizers=[]))))
    shop.stores.finalizer_removed(UID)
    shop.stores.take_pod("DELETED", ended(a_pod_body(version=101)))
    assert (shop.pod(UID).has_finalizer, shop.pod(UID).finalizer_index, shop.pod(UID).missing_from_watch) == (
        False,
        None,
        True,
    )


async def test_a_job_of_the_same_name_hears_of_its_predecessors_pods() -> None:
    shop = a_shop()
    shop.stores.see_job(a_job_body(uid="new-uid"))
    shop.keys.added.clear()
    shop.stores.take_pod("MODIFIED", ended(a_pod_body()))
    assert sorted(shop.keys.added) == [JOB_KEY, "job/new-uid"]


async def test_a_pod_that_names_no_owner_is_a_case_of_its_own() -> None:
    shop = a_shop()
    shop.stores.take_pod("ADDED", a_pod_body(ownerReferences=[], labels={names.JOB_LABEL: "j"}))
    assert shop.keys.added == [f"pod/{UID}"]


# --- letters


async def test_a_letter_wakes_itself_and_its_job() -> None:
    shop = a_shop()
    shop.stores.take(names.DEADLETTERS, "ADDED", a_letter_body())
    assert shop.keys.added == ["letter/j-abcdefghij-uid", JOB_KEY]


async def test_a_letter_that_is_gone_wakes_its_job() -> None:
    shop = a_shop()
    shop.stores.see_letter(a_letter_body())
    shop.keys.added.clear()
    shop.stores.take(names.DEADLETTERS, "DELETED", a_letter_body(version=51))
    assert len(shop.stores.letters) == 0
    assert shop.keys.added == [JOB_KEY]


async def test_a_letter_that_a_list_misses_wakes_its_job() -> None:
    shop = a_shop()
    shop.stores.see_letter(a_letter_body())
    shop.keys.added.clear()
    shop.stores.missed(names.DEADLETTERS, set(), 60)
    assert len(shop.stores.letters) == 0
    assert shop.keys.added == [JOB_KEY]


# --- pods that people stripped of owner and labels

ANNOTATIONS: Body = {names.SPEC_HASH_ANNOTATION: "x"}
STRIPPED: Body = {"ownerReferences": [], "labels": {}}
FIRST = pod_name("j", "j-uid", 0, 1)


async def test_a_pod_stays_its_jobs_when_it_is_stripped_of_all_that_names_it() -> None:
    shop = a_shop()
    shop.seeing(a_pod_body())
    shop.stores.take_pod("MODIFIED", a_pod_body(version=101, **STRIPPED))
    assert (shop.pod(UID).owner_uid, shop.pod(UID).owner_name) == ("j-uid", "j")
    assert shop.keys.added == [JOB_KEY]


@pytest.mark.parametrize(
    ("fields", "owner"),
    [
        pytest.param({}, "j-uid", id="our finalizer"),
        pytest.param({"finalizers": [], "annotations": ANNOTATIONS}, "j-uid", id="our annotation"),
        pytest.param({"finalizers": []}, "", id="nothing but the name"),
        pytest.param({"namespace": "elsewhere"}, "", id="the name in another namespace"),
    ],
)
async def test_seen_for_the_first_time_it_is_its_jobs_by_its_name(fields: Body, owner: str) -> None:
    shop = a_shop()
    shop.seeing_job(a_job_body())
    shop.stores.refresh_pod(pod_from(a_pod_body(FIRST, **STRIPPED, **fields)))
    assert shop.pod(f"{FIRST}-uid").owner_uid == owner


async def test_a_pod_keeps_its_jobs_name_when_only_the_uid_is_left_on_it() -> None:
    """Else a later job of that name would not hear of its end."""
    shop = a_shop()
    (before,) = shop.seeing(a_pod_body())
    labels = {names.JOB_UID_LABEL: before.owner_uid}
    shop.stores.refresh_pod(pod_from(a_pod_body(version=101, ownerReferences=[], labels=labels)))
    assert (shop.pod(before.uid).owner_uid, shop.pod(before.uid).owner_name) == (before.owner_uid, before.owner_name)


async def test_the_name_tells_the_job_in_each_of_its_lives() -> None:
    shop = a_shop()
    body = a_job_body()
    shop.seeing_job({**body, "status": {"phase": "Waiting", "counters": {"redrives": 20}}})
    for life in (0, 20, 21):
        name = pod_name("j", "j-uid", life, 1)
        shop.stores.refresh_pod(pod_from(a_pod_body(name, **STRIPPED)))
        assert shop.pod(f"{name}-uid").owner_uid == "j-uid"


@pytest.mark.parametrize("job", ["a.dotted.name", "l" * 70])
async def test_so_does_a_name_of_which_a_pods_holds_but_a_part(job: str) -> None:
    shop = a_shop()
    body = a_job_body()
    shop.seeing_job({**body, "metadata": {**body["metadata"], "name": job}})
    name = pod_name(job, "j-uid", 0, 1)
    shop.stores.refresh_pod(pod_from(a_pod_body(name, **STRIPPED)))
    assert shop.pod(f"{name}-uid").owner_name == job
