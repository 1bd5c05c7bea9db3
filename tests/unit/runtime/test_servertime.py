from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuedjob.runtime.servertime import NotReady, ServerTime
from tests.virtual_loop import VirtualClock, advance

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Clocks:
    """The true time, this machine's clocks, and a server whose clock differs by `offset` seconds."""

    offset: float = 1_700_000_000.0
    drift: float = 0.0
    now: float = 1000.0
    wall_error: float = 0.0

    def __post_init__(self) -> None:
        self.time = ServerTime(self)

    def server_seconds(self) -> float:
        return self.offset + self.now + self.drift * (self.now - 1000.0)

    def server(self) -> datetime:
        return EPOCH + timedelta(seconds=self.server_seconds())

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        return self.offset + self.now + self.wall_error

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(f"nothing here may sleep, least of all {seconds} s")

    def ask(self, there: float = 0.01, back: float = 0.01) -> None:
        """Send one request. Its Date is written after `there` seconds, and arrives `back` seconds later."""
        sent = self.now
        self.now += there
        date = format_datetime(self.server().replace(microsecond=0), usegmt=True)
        self.now += back
        self.time.observe(sent, self.now, date)


DELAYS = st.floats(0, 20)
ASKED = st.lists(st.tuples(st.floats(0, 100), DELAYS, DELAYS), min_size=1, max_size=20)


@given(
    offset=st.floats(-1e6, 1e6),
    drift=st.floats(-0.0009, 0.0009),
    asked=ASKED,
    later=st.floats(0, 10_000),
)
def test_the_early_time_is_never_ahead_of_the_server_and_the_late_time_never_behind(
    offset: float, drift: float, asked: list[tuple[float, float, float]], later: float
) -> None:
    clocks = Clocks(offset=1_700_000_000.0 + offset, drift=drift)
    for pause, there, back in asked:
        clocks.now += pause
        clocks.ask(there, back)
        assert clocks.time.early() <= clocks.server() <= clocks.time.late()
    clocks.now += later
    assert clocks.time.early() <= clocks.server() <= clocks.time.late()


@given(offset=st.floats(0, 5), wait=st.floats(0, 100), asked=ASKED)
def test_no_wait_ends_early(offset: float, wait: float, asked: list[tuple[float, float, float]]) -> None:
    clocks = Clocks(offset=1_700_000_000.0 + offset)
    clocks.ask()
    written = clocks.server()
    due = clocks.time.late() + timedelta(seconds=wait)
    for pause, there, back in asked:
        clocks.now += pause
        clocks.ask(there, back)
        if clocks.time.early() >= due:
            assert clocks.server() - written >= timedelta(seconds=wait)


def test_clocks_that_drift_while_an_answer_travels_do_not_escape_the_bounds() -> None:
    clocks = Clocks(offset=1_700_000_000.995, drift=0.0009)
    clocks.ask(there=0, back=20)
    assert clocks.time.early() <= clocks.server() <= clocks.time.late()


def test_many_answers_narrow_the_bounds() -> None:
    clocks = Clocks()
    clocks.ask()
    assert clocks.time.late() - clocks.time.early() > timedelta(seconds=1)
    for _ in range(40):
        clocks.now += 0.37
        clocks.ask()
    assert clocks.time.late() - clocks.time.early() < timedelta(seconds=0.15)


def test_server_time_is_unknown_before_the_first_answer() -> None:
    time = Clocks().time
    assert not time.ready
    for ask in (time.early, time.late, time.skew):
        with pytest.raises(NotReady):
            ask()


@pytest.mark.parametrize("date", ["", "yesterday", "Tue, 99 Nov 2023 22:13:20 GMT"])
def test_an_invalid_date_is_ignored(date: str) -> None:
    clocks = Clocks()
    clocks.time.observe(1, 2, date)
    assert not clocks.time.ready


def test_the_bounds_restart_when_the_servers_clock_is_set() -> None:
    clocks = Clocks()
    clocks.ask()
    clocks.offset += 3600
    clocks.wall_error -= 3600  # this machine's wall clock stays as it was
    clocks.ask()
    assert clocks.time.early() <= clocks.server() <= clocks.time.late()


@pytest.mark.parametrize("jump", [-3600, -1.5, 1.5, 3600])
def test_bounds_are_dropped_when_our_clocks_drift_apart(jump: float) -> None:
    clocks = Clocks()
    clocks.ask()
    clocks.wall_error += jump
    assert not clocks.time.ready
    with pytest.raises(NotReady):
        clocks.time.early()
    clocks.ask()
    assert clocks.time.early() <= clocks.server() <= clocks.time.late()


def test_a_machine_that_slept_does_not_trust_its_monotonic_clock() -> None:
    clocks = Clocks()
    clocks.ask()
    clocks.offset += 7200  # two hours passed on the server and on the wall clock, none on the monotonic one
    assert not clocks.time.ready


def test_a_small_step_of_the_wall_clock_drops_no_bounds() -> None:
    clocks = Clocks()
    clocks.ask()
    clocks.wall_error += 0.9
    assert clocks.time.ready


@pytest.mark.parametrize(("error", "skew"), [(0.0, 0.0), (30.0, 30.0), (-30.0, -30.0), (0.4, 0.0)])
def test_skew_is_the_certain_part_of_the_wall_clocks_error(error: float, skew: float) -> None:
    clocks = Clocks(wall_error=error)
    for _ in range(3):
        clocks.ask()
    assert clocks.time.skew() == pytest.approx(skew, abs=1.1)
    assert (clocks.time.skew() == 0) is (skew == 0)


async def test_server_time_runs_on_the_clock_port() -> None:
    clock = VirtualClock(wall_offset=1_700_000_000.0)
    time = ServerTime(clock)
    now = datetime.fromtimestamp(clock.wall(), UTC)
    time.observe(clock.monotonic(), clock.monotonic(), format_datetime(now, usegmt=True))
    before = time.early()
    await advance(60)
    assert time.early() - before == pytest.approx(timedelta(seconds=60), abs=timedelta(seconds=0.1))
