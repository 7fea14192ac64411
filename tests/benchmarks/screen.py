"""An order that the index knows stands on the screen within two frames, whatever the network does.

Textual paints at most 60 frames a second. From the search being asked to the order painted,
while every request hangs.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import Final

from tests.benchmarks.figures import Figure
from tests.tui.stage import Driver, Stage

FRAME: Final = 1 / 60
ORDERS: Final = ("S01-4966596-9591203", "S01-5797829-1888777")
ROUNDS: Final = 20


def measure() -> list[Figure]:
    return asyncio.run(_measure())


async def _measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder))
        try:
            async with stage.console(120, 40) as console:
                for order in ORDERS:
                    await console.look_up(order)
                await console.idle()
                stage.fault("*:delay:30:xalways")
                times = [await _shown(console, ORDERS[n % 2]) for n in range(ROUNDS)]
        finally:
            stage.stop()
    median = statistics.median(times)
    return [
        Figure(
            "a known order on the screen, in frames, with the network stalled",
            median / FRAME,
            2.0,
            f"median {median * 1000:.0f} ms, slowest {max(times) * 1000:.0f} ms, {ROUNDS} rounds",
        )
    ]


async def _shown(console: Driver, order: str) -> float:
    screen = console.app.console_screen
    assert screen is not None
    started = time.perf_counter()
    screen.look_up(order)
    while screen.order is None or screen.order.id != order:  # noqa: ASYNC110 - it tells nobody
        await asyncio.sleep(0.0005)
    await console.pilot._wait_for_screen()
    return time.perf_counter() - started
