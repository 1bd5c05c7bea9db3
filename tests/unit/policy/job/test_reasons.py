from queuedjob.policy.job import reasons


def test_the_reasons_that_programs_read_stay_as_they_are() -> None:
    words = {name: word for name, word in vars(reasons).items() if name.isupper()}
    assert words == {
        "SUSPENDED": "Suspended",
        "RESUMED": "Resumed",
        "RERUN": "Rerun",
        "NOT_BEFORE": "NotBeforeTime",
        "BACKOFF": "Backoff",
        "RETRYING": "Retrying",
        "SCHEDULING": "Scheduling",
        "SCHEDULING_GATED": "SchedulingGated",
        "STOP_REFUSED": "StopRefused",
        "UNSCHEDULABLE": "Unschedulable",
        "PREVIOUS_POD": "PreviousPodTerminating",
        "POD_STOPPING": "PodStopping",
        "POD_TERMINATING": "PodTerminating",
        "CONTAINER_CREATING": "ContainerCreating",
        "ATTEMPT_RUNNING": "AttemptRunning",
        "MAIN_ENDED": "MainEnded",
        "DELETING": "Deleting",
    }
