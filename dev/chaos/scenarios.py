"""The course of each kind of job, with what its owner does to it."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from dev.chaos import load
from dev.chaos.api import RefusedError
from dev.chaos.case import Case, EndedError

Scenario: TypeAlias = Callable[[Case], Awaitable[None]]


async def run_by_itself(case: Case) -> None:
    await case.create()
    await case.reaches(case.kind.expected.phase, case.kind.expected.reason)


async def cancel_it(case: Case) -> None:
    await case.create()
    await case.runs()
    await case.change(cancel=True)
    await case.reaches("Cancelled")


async def pause_it(case: Case) -> None:
    await case.create()
    await case.runs()
    await case.change(suspend=True)
    await case.reaches("Waiting", "Suspended")
    case.let_go()
    await case.change(suspend=False)
    await case.reaches("Succeeded")


async def pause_it_briefly(case: Case) -> None:
    """Resume while the stopped attempt still works and ignores SIGTERM: the next attempt has to wait for its end."""
    await case.create()
    await case.runs()
    await case.change(suspend=True)
    await case.is_told()
    await case.change(suspend=False)
    await case.reaches("Succeeded")


async def delete_it(case: Case) -> None:
    await case.create()
    await case.runs()
    await case.delete()
    await case.sees("its absence", lambda job: job is None)


async def mend_it(case: Case) -> None:
    """Fix the job in place once its dead letter is filed, as a user would from Git."""
    await case.create()
    await case.sees("its letter", lambda job: bool(job and job["status"].get("deadLetterRef", {}).get("uid")))
    await case.change(template=load.template("ticks 2; exit 0", str(case.folder)))
    await case.sees("Succeeded", lambda job: bool(job and job["status"]["phase"] == "Succeeded"))


SCENARIOS: Final[dict[str, Scenario]] = {
    load.CANCELLED: cancel_it,
    load.PAUSED: pause_it,
    load.STUBBORN: pause_it_briefly,
    load.DELETED: delete_it,
    load.MENDED: mend_it,
}
"""The scenario by the name of the kind; all other kinds run by themselves."""


async def run_scenario(case: Case) -> None:
    """Run the scenario from the job's creation to its end. When it cannot go on, `waits_for` says why."""
    try:
        await SCENARIOS.get(case.kind.name, run_by_itself)(case)
    except EndedError:
        case.waits_for += ", in vain"
    except RefusedError as error:
        case.waits_for = f"nothing any more: {error}"
    else:
        case.waits_for = "nothing"
