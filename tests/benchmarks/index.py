"""An index of a million objects answers an id or an order number in under 20 ms."""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from console.store.index import Known, KnownIds
from tests.benchmarks.figures import Figure

ORDERS: Final = 250_000
IN_EACH: Final = 4  # an order, two charges, a refund
BATCH: Final = 2_000
QUESTIONS: Final = 1_000
LIMIT: Final = 20.0  # milliseconds
SEEN: Final = "2026-01-01T00:00:00Z"


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        known = KnownIds(Path(folder) / "index.sqlite")
        try:
            for start in range(0, ORDERS, BATCH):
                known.learn(list(_objects(range(start, start + BATCH))))
            return list(_figures(known))
        finally:
            known.close()


def order_id(number: int) -> str:
    return f"P01-{number // 10_000_000:07}-{number % 10_000_000:07}"


def _objects(numbers: range) -> Iterator[Known]:
    for number in numbers:
        order = order_id(number)
        yield Known(order, "charge_permission", None, order, f"Shop-{number}", "Closed", SEEN)
        for last in ("C000001", "C000002"):
            yield Known(f"{order}-{last}", "charge", order, order, None, "Captured", SEEN)
        yield Known(f"{order}-R000003", "refund", f"{order}-C000001", order, None, None, SEEN)


def _figures(known: KnownIds) -> Iterator[Figure]:
    asked: dict[str, Callable[[int], object]] = {
        "an id": lambda n: known.get(f"{order_id(n)}-R000003"),
        "an order number": lambda n: known.by_reference(f"Shop-{n}"),
        "an order's family": lambda n: known.family(order_id(n)),
    }
    chosen = random.Random(7)
    for what, ask in asked.items():
        times = []
        for _ in range(QUESTIONS):
            number = chosen.randrange(ORDERS)
            started = time.perf_counter()
            assert ask(number)
            times.append((time.perf_counter() - started) * 1000)
        slowest = statistics.quantiles(times, n=100)[98]
        yield Figure(
            f"{what} among {ORDERS * IN_EACH:,} objects, ms at the 99th percentile",
            slowest,
            LIMIT,
            f"median {statistics.median(times):.2f} ms, {QUESTIONS} questions",
        )
