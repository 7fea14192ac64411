"""The bench: a running simulator on a standing clock, and consoles at it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from console.simulator.switches import Switches
from tests.support.bench import Bench, Desk, read_waits


@pytest.fixture(autouse=True)
def _fast_reads() -> Iterator[None]:
    with read_waits():
        yield


@pytest.fixture
def answers() -> Switches | None:
    """What is true of Amazon; tests parametrize it."""
    return None


@pytest.fixture
async def bench(tmp_path: Path, answers: Switches | None) -> AsyncIterator[Bench]:
    made = Bench.start(tmp_path, answers)
    try:
        yield made
    finally:
        await made.close()


@pytest.fixture
async def desk(bench: Bench) -> Desk:
    return await bench.desk()
