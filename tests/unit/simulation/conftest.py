import asyncio
from collections.abc import Callable

from tests.virtual_loop import VirtualLoop


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run these tests in virtual time: the code under test gets the time only from its ports and its event loop."""
    return {"virtual": VirtualLoop}
