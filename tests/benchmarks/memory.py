"""What the console takes of the memory beside an empty application; and that it doesn't grow.

Memory is what the kernel counts for the process (proc(5)): the peak is VmHWM. It counts pages of
libraries that other Python processes share, in both programs alike; beside it stands what is the
process's own. The growth is measured at a script of what people do all day, again and again.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from itertools import count, cycle
from typing import Final

from tests.benchmarks.figures import Figure
from tests.benchmarks.installed import Installed, installed
from tests.benchmarks.terminal import CONSOLE, EMPTY, SEARCH_LINE, Terminal

SETTLING: Final = 4.0
USE: Final = 45.0  # seconds of scripted use; an hour with `--hour`
HOUR: Final = 3600.0
# Python's own arenas come and go in steps of 1 MiB, of some 70: what grows by more is kept.
GROWTH: Final = 3.0
# What no console with these libraries can be below.
LIBRARIES: Final = (
    "import httpx, keyring, sqlalchemy.dialects.sqlite;"
    "from cryptography.hazmat.primitives import serialization;"
    "from cryptography.hazmat.primitives.asymmetric import rsa;"
)
ORDERS: Final = (b"S01-4966596-9591203", b"S01-5797829-1888777")
# What is done to each order, a key at a time: rows, tabs, screens, back and forward, help.
_KEYS: Final = (b"j", b"j", b"k", b"2", b"3", b"4", b"5", b"1", b"o", b"j", b"\x1b", b"q", b"j",
                b"\x1b", b"?", b"\x1b", b"i", b"\x1b", b"J", b"G", b"\x1b", b"v", b"\x1b", b"n",
                b"\x1b", b"r", b"\x1b", b"[", b"]", b"g")  # fmt: skip
PACE: Final = 0.06  # seconds between two keys: an escape must not seem to begin another key


def measure(hour: bool = False) -> list[Figure]:
    with installed() as here:
        return [_beside_empty(here), _growth(here, HOUR if hour else USE)]


def _beside_empty(here: Installed) -> Figure:
    with Terminal(EMPTY) as empty, Terminal(CONSOLE, env=here.env) as ours:
        empty.until(SEARCH_LINE)
        _open(ours)
        empty.listen(SETTLING)
        ours.listen(SETTLING)
        floor, peak = empty.memory("VmHWM"), ours.memory("VmHWM")
        own = f"{ours.private_memory():.0f} and {empty.private_memory():.0f} MiB are their own"
    with Terminal(LIBRARIES + EMPTY) as loaded:
        loaded.until(SEARCH_LINE)
        loaded.listen(SETTLING)
        least = loaded.memory("VmHWM")
    what = "peak memory with an order open, as a multiple of an empty application's"
    said = f"{peak:.0f} and {floor:.0f} MiB; {own}; with our libraries loaded that one takes"
    return Figure(what, peak / floor, 1.25, f"{said} {least:.0f} MiB, {least / floor:.2f}")


def _open(console: Terminal) -> None:
    console.until(b"Paste or type any")
    console.send(ORDERS[0] + b"\r")
    console.until(b"checked")


def _growth(here: Installed, seconds: float) -> Figure:
    """From the first third, in which everything is used for the first time, to the last."""
    with Terminal(CONSOLE, env=here.env) as console:
        _open(console)
        taken, keys, end = [], 0, time.perf_counter() + seconds
        for number, pressed in zip(count(), _day(), strict=False):
            console.send(pressed)
            console.listen(PACE)
            if number % len(_KEYS) == 0:
                taken.append(console.memory("VmRSS"))
            if time.perf_counter() > end:
                keys = number
                break
    third = len(taken) // 3
    before, after = (statistics.median(part) for part in (taken[third : 2 * third], taken[-third:]))
    return Figure(
        "growth of its memory in use, in percent",
        100 * (after - before) / before,
        GROWTH,
        f"{before:.1f} MiB in the second third, {after:.1f} MiB in the last,"
        f" of {keys:,} keys in {seconds:,.0f} s",
    )


def _day() -> Iterator[bytes]:
    for order in cycle(ORDERS):
        yield b"/"
        yield order
        yield b"\r"
        yield from _KEYS
