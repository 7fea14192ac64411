"""Nobody is there: the console takes next to no time of the machine, and writes nothing.

On a terminal of their own for 20 seconds: the demo with its simulator, the empty search of an
account, and an order that was just read.
"""

from __future__ import annotations

import contextlib
import time
from typing import Final

from tests.benchmarks.figures import Figure
from tests.benchmarks.installed import installed
from tests.benchmarks.terminal import CONSOLE, SEARCH_LINE, Terminal

SECONDS: Final = 20.0
SETTLING: Final = 8.0  # what was begun has ended, the cursor rests
LOOK_UP: Final = b"S01-4966596-9591203\r"
PERCENT: Final = 0.2


def measure() -> list[Figure]:
    with installed() as here, contextlib.ExitStack() as stack:
        demo = stack.enter_context(Terminal(CONSOLE, "demo", env=here.env))
        empty = stack.enter_context(Terminal(CONSOLE, env=here.env))
        order = stack.enter_context(Terminal(CONSOLE, env=here.env))
        for program in (demo, empty, order):
            program.until(SEARCH_LINE)
        order.until(b"Paste or type any")
        order.send(LOOK_UP)
        order.until(b"checked")
        programs = {"the demo": demo, "an empty search": empty, "an order": order}
        for program in programs.values():
            program.listen(SETTLING)
        return _figures(programs)


def _figures(programs: dict[str, Terminal]) -> list[Figure]:
    """All at the same time: they hardly take any of it from each other."""
    before = {name: program.cpu_seconds() for name, program in programs.items()}
    started = time.perf_counter()
    time.sleep(SECONDS)
    figures = []
    for name, program in programs.items():
        passed = time.perf_counter() - started
        used = program.cpu_seconds() - before[name]
        figures.append(Figure(f"idle with {name}: processor time in percent", 100 * used / passed,
                              PERCENT, f"{1000 * used:.1f} ms in {passed:.0f} s"))  # fmt: skip
        written = program.listen(0.1)
        figures.append(Figure(f"idle with {name}: bytes written to the terminal", written, 0,
                              f"in {passed:.0f} s"))  # fmt: skip
    return figures
