"""Classify why the API server did not carry out a write to an object that exists: one word for users."""

import re
from http import HTTPStatus
from typing import Final

from queuedjob.kube.client.errors import ApiError, Refused, ServerFailed
from queuedjob.ports import NoAnswer

UNDECIDED: Final = "ApiServerUnavailable"
"""The API server has not decided: it failed, or gave no answer."""

_NOT_PERMITTED: Final = re.compile(r'\S+( "[^"]*")? is forbidden: User "[^"]*" cannot ')
_WEBHOOK_FAILED: Final = 'Internal error occurred: failed calling webhook "'
"""How the messages start (apiserver; admission/plugin/webhook/errors)."""


def refusal_reason(error: ApiError | NoAnswer) -> str:
    """Return the reason of a failed write. A required webhook that does not answer decides as a policy does."""
    if isinstance(error, ServerFailed) and error.message.startswith(_WEBHOOK_FAILED):
        return "WebhookFailed"
    if not isinstance(error, Refused):
        return UNDECIDED
    if error.status == HTTPStatus.UNAUTHORIZED or _NOT_PERMITTED.match(error.message):
        return "OperatorNotPermitted"
    return "Refused"
