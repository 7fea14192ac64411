"""Before each plan and each send the journal is verified, however long it has become."""

from __future__ import annotations

import base64
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from sqlalchemy import insert

from console.domain.intent import Move
from console.store import journal as journals
from console.store.journal import Journal
from console.store.lines import GENESIS, digest, project
from tests.benchmarks.figures import Figure

LINES: Final = 100_000
SHORT: Final = 1_000
EACH: Final = 5  # lines of a refund that was made: reserve, arm, answered, accept, settle
WHOLE_ROUNDS: Final = 3
ROUNDS: Final = 500  # enough for SQLite to move its log into the file, which is walked whole


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "small.sqlite", Path(folder) / "large.sqlite"
        fill(small, SHORT)
        fill(large, LINES)
        return list(_figures(small, large))


def _figures(small: Path, large: Path) -> Iterator[Figure]:
    whole, again = _times(large)
    _, short = _times(small)
    yield Figure(
        f"verifying {LINES:,} lines after each new one, in thousandths of walking all",
        1000 * statistics.mean(again) / statistics.median(whole),
        100.0,
        f"{statistics.mean(again) * 1000:.1f} ms in the mean of {ROUNDS}, of which"
        f" {sum(one > statistics.median(whole) / 2 for one in again)} walked all;"
        f" all: {statistics.median(whole) * 1000:.0f} ms",
    )
    yield Figure(
        f"the median of these, as a multiple of that among {SHORT:,} lines",
        statistics.median(again) / statistics.median(short),
        3.0,
        f"{statistics.median(again) * 1000:.2f} and {statistics.median(short) * 1000:.2f} ms",
    )


def _times(path: Path) -> tuple[list[float], list[float]]:
    """Seconds for whole verifications, and for those after a new line, as they happen."""
    journal = Journal(path, "ann")
    try:
        whole = [_seconds(journal.verify) for _ in range(WHOLE_ROUNDS)]
        again = []
        for _ in range(ROUNDS):
            journal.note("seen", {})
            again.append(_seconds(journal.verify_again))
        return whole, again
    finally:
        journal.close()


def _seconds(verify: Callable[[], Any]) -> float:
    started = time.perf_counter()
    assert verify().problem is None
    return time.perf_counter() - started


def fill(path: Path, lines: int) -> None:
    """Refunds that were made, each on its own charge, written in one transaction."""
    journal = Journal(path, "ann")
    previous = GENESIS
    rows: list[dict[str, Any]] = []
    intents: list[dict[str, Any]] = []
    for number in range(1, lines // EACH + 1):
        row: dict[str, Any] = {}
        for line in _refund(number):
            line |= {"seq": len(rows) + 1, "prev": previous}
            line["hash"] = previous = digest(line)
            rows.append(line)
            row = project(row or None, line, json.loads(line["data"]))
        intents.append(row)
    with journal._engine.begin() as connection:
        connection.execute(insert(journals._ENTRIES), rows)
        connection.execute(insert(journals._INTENTS), intents)
    journal._write_checkpoint(len(rows), previous)
    journal.close()


def _refund(number: int) -> Iterator[dict[str, Any]]:
    order = f"P01-{number // 10_000_000:07}-{number % 10_000_000:07}"
    for kind, data in (
        (Move.RESERVE, _draft(f"{order}-C000001")),
        (Move.ARM, {"attempt": 1}),
        ("answered", {"status": 201, "request_id": "0" * 36, "body": {"state": "Refunded"}}),
        (Move.ACCEPT, {"result": f"{order}-R000001"}),
        (Move.SETTLE, {"state": "Refunded"}),
    ):
        yield {
            "time": "2026-01-01T00:00:00.000+00:00",
            "kind": str(kind),
            "intent": number,
            "scope": order,
            "object": f"{order}-C000001",
            "actor": "ann",
            "data": json.dumps(data, sort_keys=True),
        }


def _draft(charge: str) -> dict[str, Any]:
    return {
        "environment": "live",
        "action": "refund",
        "operation": "create_refund",
        "lock": charge,
        "amount": {"amount": "10.00", "currencyCode": "USD"},
        "observed": "0.00 USD",
        "generation": 0,
        "key": "k" * 32,
        "method": "POST",
        "path": "/refunds",
        "body": base64.b64encode(b"x" * 150).decode(),
        "reason": "the box was damaged",
        "snapshot": {"charge": {"state": "Captured", "refunded": "0.00 USD"}, "refunds": {}},
    }
