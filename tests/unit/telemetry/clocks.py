class StillClock:
    """A Clock that stands still until a test advances it."""

    def __init__(self, wall: float = 1_900_000_000.0) -> None:
        self._wall = wall
        self._monotonic = 1_000.0

    def advance(self, seconds: float) -> None:
        self._wall += seconds
        self._monotonic += seconds

    def monotonic(self) -> float:
        return self._monotonic

    def wall(self) -> float:
        return self._wall

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(f"nothing here sleeps, least of all for {seconds} s")
