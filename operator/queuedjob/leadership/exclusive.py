"""Before an operator without leader election starts: make sure that no other one leads."""

from http import HTTPStatus
from typing import Final

import structlog

from queuedjob.kube.client.errors import ApiError
from queuedjob.leadership.lease import Lease
from queuedjob.policy.leadership.election import Record
from queuedjob.ports import Clock, NoAnswer

log: Final = structlog.get_logger("queuedjob.leadership")

_LOOK: Final = 1.0
"""Seconds between two reads."""

_REFUSED: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


class AnotherLeads(Exception):  # noqa: N818 - it is a fact about the cluster
    """Another operator renews the Lease: this one would work beside it."""


async def make_sure_that_none_leads(lease: Lease, clock: Clock) -> None:
    """Return if the Lease is held by no living operator. Raises AnotherLeads.

    A Lease that is held is watched for the duration that it names: its holder renews it within that time, or is dead.
    A Lease that may not be read holds nobody back: the permission belongs to the installation with leader election.
    """
    first = await _read(lease, clock)
    if first is None or not first.holder:
        return
    until = clock.monotonic() + first.counted
    log.info("lease held", holder=first.holder, waits=first.counted)
    while clock.monotonic() < until:
        await clock.sleep(_LOOK)
        now = await _read(lease, clock)
        if now is None or not now.holder:
            return
        if now.version != first.version:
            words = f"operator {now.holder} leads, and renews the Lease {lease}"
            raise AnotherLeads(f"{words}: stop it, or start this one with --leader-elect")


async def _read(lease: Lease, clock: Clock) -> Record | None:
    """Return the Record; None if there is no Lease, or it may not be read."""
    while True:
        try:
            return await lease.read()
        except ApiError as error:
            if error.status in _REFUSED:
                return None
            log.warning("lease not served", error=str(error))
        except NoAnswer as error:
            log.warning("lease not served", error=str(error))
        await clock.sleep(_LOOK)
