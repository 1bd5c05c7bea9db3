"""A Transport that answers from a script and records the requests."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import orjson

from queuedjob.ports import Lines, NoAnswer, Request, Response


def answer(status: int = 200, body: object = None, headers: Mapping[str, str] | None = None) -> Response:
    raw = body if isinstance(body, bytes) else orjson.dumps({} if body is None else body)
    return Response(status, headers or {}, raw)


def failure(code: int, reason: str, message: str, **details: object) -> Response:
    """A Status as the API server sends it."""
    return answer(
        code,
        {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": message,
            "reason": reason,
            "details": details,
            "code": code,
        },
    )


class ScriptedTransport:
    def __init__(self, *answers: Response | NoAnswer) -> None:
        self._answers = list(answers)
        self.asked: list[Request] = []

    async def send(self, request: Request) -> Response:
        self.asked.append(request)
        if isinstance(next_one := self._answers.pop(0), NoAnswer):
            raise next_one
        return next_one

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[Lines]:
        response = await self.send(request)
        yield Lines(response.status, response.headers, self._lines(response.body))

    async def _lines(self, body: bytes) -> AsyncIterator[bytes]:
        for line in body.splitlines():
            if line == b"CUT":
                raise NoAnswer("cut off")
            yield line
