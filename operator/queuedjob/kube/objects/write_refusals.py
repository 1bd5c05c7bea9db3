"""Classify why the API server did not carry out a write to an object that exists: one word for users."""

from http import HTTPStatus
from typing import Final

from queuedjob.kube.client.errors import ApiError, Refused, not_permitted, webhook_failed
from queuedjob.ports import NoAnswer

UNDECIDED: Final = "ApiServerUnavailable"
"""The API server has not decided: it failed, or gave no answer."""


def refusal_reason(error: ApiError | NoAnswer) -> str:
    """Return the reason of a failed write. A required webhook that does not answer decides as a policy does."""
    if webhook_failed(error):
        return "WebhookFailed"
    if not isinstance(error, Refused):
        return UNDECIDED
    if error.status == HTTPStatus.UNAUTHORIZED or not_permitted(error):
        return "OperatorNotPermitted"
    return "Refused"
