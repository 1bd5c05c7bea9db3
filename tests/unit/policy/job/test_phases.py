import pytest

from queuedjob.policy.job import phases

FINAL = {"Succeeded", "DeadLettered", "Quarantined", "Cancelled"}


@pytest.mark.parametrize("phase", ["Pending", "Waiting", "Running", ""])
def test_a_job_that_goes_on_has_not_ended(phase: str) -> None:
    assert not phases.is_terminal(phase)


@pytest.mark.parametrize("phase", sorted(FINAL))
def test_a_job_of_a_final_phase_has_ended(phase: str) -> None:
    assert phases.is_terminal(phase)


def test_only_dead_jobs_owe_a_letter() -> None:
    assert sorted(phases.DEAD) == ["DeadLettered", "Quarantined"]


def test_the_words_that_programs_read_stay_as_they_are() -> None:
    words = {name: word for name, word in vars(phases).items() if name.isupper() and isinstance(word, str)}
    assert set(words.values()) >= FINAL | {"Pending", "Waiting", "Running"}
    assert (
        words.items()
        >= {
            "SUSPENDED": "Suspended",
            "RESUMED": "Resumed",
            "RERUN": "Rerun",
            "NOT_BEFORE": "NotBeforeTime",
            "BACKOFF": "Backoff",
            "RETRYING": "Retrying",
            "SCHEDULING": "Scheduling",
            "UNSCHEDULABLE": "Unschedulable",
            "PREVIOUS_POD": "PreviousPodTerminating",
            "POD_TERMINATING": "PodTerminating",
            "CONTAINER_CREATING": "ContainerCreating",
            "ATTEMPT_RUNNING": "AttemptRunning",
            "MAIN_ENDED": "MainEnded",
        }.items()
    )
