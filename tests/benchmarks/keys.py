"""From a key to the last frame that it brings: below 16 ms for 99 of 100 keys.

In one process with the console on its stage: from the key being posted until Textual has composed
what is to be written. And once from outside, on a real terminal: from the byte of the key to the
first bytes of the frame.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from textual import events

from console.amazon.throttle import Throttle
from console.simulator.stories import Teller
from console.store.journal import Journal
from console.tui.screens.journal import JournalScreen
from tests.benchmarks.figures import Figure
from tests.benchmarks.installed import ORDER, STALLED, installed, tell_big_order
from tests.benchmarks.journal import LINES, fill
from tests.benchmarks.terminal import CONSOLE, PATIENCE, Terminal
from tests.tui.stage import Driver, Stage

FRAME: Final = 0.016
LIMIT: Final = 1.0
KEYS: Final = 200
PACE: Final = 0.033  # a key that is held down comes 30 times a second
# In the order: rows and pages of them, and the tabs of details. In the journal: line by line and
# in pages, from one end to the other.
_IN_ORDER: Final = ("down", "j", "pagedown", "up", "down", "k", "pageup", "2", "1", "pagedown")
_IN_JOURNAL: Final = ("down", "j", "pagedown", "pagedown", "up", "k", "pagedown", "pagedown")


def measure() -> list[Figure]:
    return [*asyncio.run(_on_stage()), _on_terminal()]


async def _on_stage() -> list[Figure]:
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder))
        tell_big_order(Teller(stage.world))
        try:
            async with stage.console(120, 40) as console:
                await console.look_up(ORDER)
                await console.idle()
                times = await _pressed(console, _IN_ORDER)
                figures.append(_figure("in an order of 250 transactions", times))
                stage.fault(STALLED)
                session = console.app.session
                assert session is not None
                # At the pace that it has in use; a stage is a thousand times as quick.
                session.client._throttle = Throttle(stage.environment, time.monotonic)
                await console.press("g")
                times = await _pressed(console, _IN_ORDER)
                figures.append(_figure("the same with the network stalled", times))
                times = await _in_long_journal(console, Path(folder) / "long.sqlite")
                figures.append(_figure(f"in a journal of {LINES:,} lines", times))
        finally:
            stage.stop()
    return figures


async def _in_long_journal(console: Driver, path: Path) -> list[float]:
    fill(path, LINES)
    journal = Journal(path, "ann")
    try:
        console.app.push_screen(JournalScreen(journal))
        await console.sees(f"{LINES:,} lines")
        return await _pressed(console, _IN_JOURNAL)
    finally:
        await console.press("escape")
        journal.close()


async def _pressed(console: Driver, keys: Sequence[str]) -> list[float]:
    """Seconds from each key to the last frame that it brings."""
    times = []
    with _frames(console) as frames:
        for number in range(KEYS):
            key = keys[number % len(keys)]
            started = time.perf_counter()
            console.app.post_message(events.Key(key, key if len(key) == 1 else None))
            while not frames:
                await asyncio.sleep(0.001)
                assert time.perf_counter() < started + PATIENCE, f"{key} changes nothing"
            await asyncio.sleep(PACE)
            times.append(frames[-1] - started)
            frames.clear()
    return times


@contextmanager
def _frames(console: Driver) -> Iterator[list[float]]:
    """The moments at which frames have been composed."""
    app: Any = console.app
    frames: list[float] = []
    display = app._display

    def noting(*what: Any) -> None:
        display(*what)
        frames.append(time.perf_counter())

    app._display = noting
    try:
        yield frames
    finally:
        app._display = display


def _on_terminal() -> Figure:
    times = []
    with installed(STALLED) as here, Terminal(CONSOLE, env=here.env) as console:
        console.until(b"Paste or type any")
        console.send(ORDER.encode() + b"\r")
        console.until(b"asking Amazon")
        console.listen(2.0)
        for number in range(KEYS):
            sent = console.send(b"jjjkjjk"[number % 7 :][:1])
            times.append(console.next_write() - sent)
            console.listen(PACE)
    return _figure("on a terminal, the network stalled", times)


def _figure(where: str, times: Sequence[float]) -> Figure:
    cuts = statistics.quantiles(times, n=100)
    beside = (
        f"median {cuts[49] * 1000:.1f} ms, 99th percentile {cuts[98] * 1000:.1f} ms,"
        f" slowest {max(times) * 1000:.1f} ms, {len(times)} keys"
    )
    what = f"a key to its effect {where}: 99th percentile, in 16 ms"
    return Figure(what, cuts[98] / FRAME, LIMIT, beside)
