"""The memory that an import needs doesn't grow with the file."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.imports.files import ORDER, envelope, v2_message
from tests.imports.test_reports import CAPTURED, COLUMNS

# With --strict and a bad row at the end everything is read and nothing is written: that is the
# reading. What is written is bounded by the batch, and measured with fewer rows below.
IMPORT = """
import resource, sys
from pathlib import Path
from console.imports import import_files
from console.store.index import KnownIds
path, strict = Path(sys.argv[1]), sys.argv[2] == "strict"
known = KnownIds(path.with_suffix(".sqlite"))
[file] = import_files([path], known, strict=strict).files
known.close()
print(file.rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "linux" else 0.001))
"""  # noqa: E501
FEW, SOME = 10_000, 30_000
LIMIT = 12_000  # KiB between few and many rows; the files differ by more than that


def charge(number: int) -> str:
    return f"{ORDER}-C{number:06}"


def report_row(number: int) -> str:
    return "\t".join([*CAPTURED[:2], charge(number), f"cap-{number}", *CAPTURED[4:]])


def message(number: int) -> str:
    return json.dumps(envelope(v2_message(charge(number))))


# What begins a file, its rows, and how many are many.
KINDS: dict[str, tuple[str, Callable[[int], str], int]] = {
    "orders": ("order,charge_id", lambda number: f"A-{number},{charge(number)}", 200_000),
    "report": ("\t".join(COLUMNS), report_row, 80_000),
    "notifications": ("# a log", message, SOME),
}


def peak(path: Path, rows: int, how: str, first: str, row: Callable[[int], str], end: str) -> float:
    """The peak memory in KiB of a process that imports a file with so many rows."""
    with path.open("w") as file:
        file.write(first + "\n")
        file.writelines(row(number) + end for number in range(rows))
        file.write('"ObjectId": ' if "log" in first else "bad,bad")
    done = subprocess.run(
        [sys.executable, "-c", IMPORT, str(path), how], capture_output=True, text=True, check=True
    )
    read, memory = done.stdout.split()
    assert int(read) == rows + 1
    return float(memory)


@pytest.mark.parametrize("kind", KINDS)
def test_reading(tmp_path: Path, kind: str) -> None:
    first, row, rows = KINDS[kind]
    few = peak(tmp_path / "few", FEW, "strict", first, row, "\n")
    many = peak(tmp_path / "many", rows, "strict", first, row, "\n")
    assert (tmp_path / "many").stat().st_size > (LIMIT - 5_000) * 1024
    assert many - few < LIMIT


def test_one_long_line(tmp_path: Path) -> None:
    """A JSON array without a single newline."""
    few = peak(tmp_path / "few", FEW, "strict", "# a log [", message, ", ")
    many = peak(tmp_path / "many", SOME, "strict", "# a log [", message, ", ")
    assert many - few < LIMIT


def test_writing(tmp_path: Path) -> None:
    first, row, _ = KINDS["orders"]
    few = peak(tmp_path / "few", FEW, "import", first, row, "\n")
    many = peak(tmp_path / "many", SOME, "import", first, row, "\n")
    assert many - few < LIMIT
