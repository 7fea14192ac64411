"""Run the benchmarks one after the other; each prints its figures and its limit.

Every figure is a ratio of two measurements of one run on one machine, or a count; the times
beside them are for the eye. Exits with 1 where a limit is exceeded.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Final

from tests.benchmarks.figures import Figure


def lookup() -> list[Figure]:
    from tests.benchmarks.lookup import measure

    return measure()


def screen() -> list[Figure]:
    from tests.benchmarks.screen import measure

    return measure()


def index() -> list[Figure]:
    from tests.benchmarks.index import measure

    return measure()


def big_order() -> list[Figure]:
    from tests.benchmarks.big_order import measure

    return measure()


def journal() -> list[Figure]:
    from tests.benchmarks.journal import measure

    return measure()


def start() -> list[Figure]:
    from tests.benchmarks.start import measure

    return measure()


def keys() -> list[Figure]:
    from tests.benchmarks.keys import measure

    return measure()


def memory() -> list[Figure]:
    from tests.benchmarks.memory import measure

    return measure(hour=HOUR in sys.argv)


def idle() -> list[Figure]:
    from tests.benchmarks.idle import measure

    return measure()


HOUR: Final = "--hour"  # memory is watched for an hour
BENCHMARKS: Final[dict[str, Callable[[], list[Figure]]]] = {
    "lookup": lookup,
    "screen": screen,
    "index": index,
    "big_order": big_order,
    "journal": journal,
    "start": start,
    "keys": keys,
    "memory": memory,
    "idle": idle,
}


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"There are: {', '.join(BENCHMARKS)}; not {', '.join(unknown)}.", file=sys.stderr)
        return 2
    kept = True
    for name in names or BENCHMARKS:
        started = time.monotonic()
        for figure in BENCHMARKS[name]():
            print(figure.line(name), flush=True)
            kept &= figure.is_kept
        print(f"{name:<10} took {time.monotonic() - started:.0f} s", file=sys.stderr)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main([name for name in sys.argv[1:] if name != HOUR]))
