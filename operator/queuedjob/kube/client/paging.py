"""How many objects to ask for in one page of a list, so that no page takes much memory, or the event loop for long.

An object may have 1.5 MB (etcd's limit), and a page has up to 500 objects. Readers stop reading an answer that is
larger than LARGEST_PAGE. But bytes alone tell little of what a page costs once it is decoded: a megabyte of `{},{},{}`
takes thirty megabytes of memory. So a page of too many values is not decoded. In both cases they ask for fewer objects.
"""

from typing import Final

LARGEST_PAGE: Final = 16 * 2**20
"""The largest page in bytes. 500 usual objects have 3 MB."""

MOST_VALUES: Final = 400_000
"""The most values in a page: they take 0.3 s to decode, and 35 MB. 500 usual objects have 150,000."""


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
        """A page was too large: ask for fewer objects."""
        self.limit = max(1, self.limit // 4)

    def fits(self, page: bytes) -> bool:
        """Whether to decode this page, rather than to ask for fewer objects. A page of one object always fits.

        The next page has more objects if twice as many would most likely fit.
        """
        load = max(len(page) / LARGEST_PAGE, most_values(page) / MOST_VALUES)
        if load > 1 and self.limit > 1:
            self.too_large()
            return False
        if load * 4 < 1:
            self.limit = min(self._most, self.limit * 2)
        return True


def most_values(page: bytes) -> int:
    """An upper bound for the number of values in JSON. What looks like JSON within a string counts, too."""
    return sum(page.count(sign) for sign in (b",", b"{", b"["))
