"""The digest of a history: a hash over all requests, with their bodies and answers, in order.

A change that only moves or renames code leaves every digest as it is. `make simulate DIGEST=1` prints that of each seed
and one of all seeds together; run it on both commits and compare.
"""

import hashlib

from queuedjob.ports import Request, Response


class Digest:
    """Hashes one request after the other. Log lines are left out: they are no behaviour towards the API server."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def take(self, at: float, user: str, request: Request, response: Response) -> None:
        """One request that the API server answered at `at` (simulated seconds), sent by `user`."""
        head = f"{at!r} {user} {request.method} {request.path} {sorted(request.query.items())} {response.status}\n"
        for part in (head.encode(), request.body or b"", response.body):
            self._hash.update(len(part).to_bytes(8, "big"))  # so that parts cannot be confused with each other
            self._hash.update(part)

    @property
    def text(self) -> str:
        """The hash so far, in hexadecimal."""
        return self._hash.hexdigest()


def of_all(digests: dict[str, str]) -> str:
    """One hash over the digests of many histories, by case. The order in which they ran does not matter."""
    lines = "".join(f"{case} {digest}\n" for case, digest in sorted(digests.items()))
    return hashlib.sha256(lines.encode()).hexdigest()
