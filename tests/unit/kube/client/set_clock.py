"""A clock for tests of what is due at which time."""


class SetClock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        raise AssertionError("nothing here may read the wall clock")

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(f"nothing here may sleep, least of all {seconds} s")
