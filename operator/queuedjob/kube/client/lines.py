"""Split a stream of bytes into lines."""

from typing import Final

_LONGEST: Final = 64 * 2**20
"""Longest line in bytes. An object has 1.5 MB at most (etcd's limit), so a longer line does not come from a watch."""


class LineTooLong(ValueError):  # noqa: N818 - named after what is wrong with the bytes
    """The line is over the limit and has no end yet."""


class LineCutter:
    """Takes chunks from the network and returns whole lines.

    aiohttp's own readline refuses lines over 128 KiB, but a pod may be larger.
    """

    def __init__(self) -> None:
        self._rest: list[bytes] = []
        self._length = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the lines that `chunk` completes, without line ends and without empty lines. Raises LineTooLong."""
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
