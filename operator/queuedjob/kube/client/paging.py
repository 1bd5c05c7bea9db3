"""How many objects to ask for in one page of a list, so that no page takes much memory.

An object may have 1.5 MB (etcd's limit), and a page has up to 500 objects. Readers stop reading an answer that is
larger than LARGEST_PAGE, and ask for fewer objects.
"""

from typing import Final

LARGEST_PAGE: Final = 16 * 2**20
"""The largest page in bytes. Decoded, it takes about five times as much memory. 500 usual objects have 3 MB."""


class PageSize:
    """The number of objects to ask for: `most` at first and at most, 1 at least."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.limit = most

    @property
    def allowed_bytes(self) -> int | None:
        """The largest answer to read, in bytes. None for a page of one object: it cannot be made smaller."""
        return LARGEST_PAGE if self.limit > 1 else None

    def too_large(self) -> None:
        """A page was larger than LARGEST_PAGE: ask for fewer objects."""
        self.limit = max(1, self.limit // 4)

    def fitted(self, size: int) -> None:
        """A page had `size` bytes: ask for more objects if twice as many would most likely fit."""
        if size * 4 < LARGEST_PAGE:
            self.limit = min(self._most, self.limit * 2)
