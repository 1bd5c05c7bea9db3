from dev.chaos.oplog import read

LOG = """\
{"level": "info", "event": "jobs taken over", "unfinished": 0, "jobs": 1, "pods": 1}
{"level": "info", "event": "ready"}
{"level": "critical", "event": "reconcile broken", "key": "job/1", "exception": "Traceback\\nKeyError: 'x'"}
{"level": "warning", "event": "watch restar
{"level": "info", "event": "jobs taken over", "unfinished": 7, "jobs": 9, "pods": 8}
"lines of others"
{"level": "warning", "event": "watch restarted"}
"""


def test_takeovers_and_bugs_are_read_from_the_log_of_operators_that_were_killed() -> None:
    told = read(LOG.splitlines())
    assert told.takeovers == (0, 7)
    assert told.broken == ("reconcile broken (job/1): Traceback\nKeyError: 'x'",)
    assert (told.criticals, told.warnings) == (1, 1)
