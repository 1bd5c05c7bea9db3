"""Cutting a stream of bytes into lines."""

from typing import Final

_LONGEST: Final = 64 * 2**20
"""Bytes of one line at most. An object is 1.5 MB at most (etcd's limit), so beyond it nobody speaks our protocol."""


class LineTooLong(ValueError):  # noqa: N818 - it says what is wrong with the bytes
    """No line end in sight."""


class LineCutter:
    """Takes chunks as they come from the network, gives whole lines.

    aiohttp's own readline refuses lines over 128 KiB, and a pod may be longer.
    """

    def __init__(self) -> None:
        self._rest: list[bytes] = []
        self._length = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that `chunk` completes, without their ends; empty lines are left out. Raises LineTooLong."""
        first, *more = chunk.split(b"\n")
        if not more:
            self._keep(first)
            return []
        *whole, last = more
        lines = [b"".join((*self._rest, first)), *whole]
        self._rest, self._length = [], 0
        self._keep(last)
        return [line for line in lines if line]

    def _keep(self, piece: bytes) -> None:
        if piece:
            self._rest.append(piece)
            self._length += len(piece)
            if self._length > _LONGEST:
                raise LineTooLong(f"a line of more than {self._length} bytes")
