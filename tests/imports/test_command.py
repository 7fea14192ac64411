"""`payconsole import`, as it is run."""

from __future__ import annotations

import io
import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from console.cli.imports import Bar, document, summary
from console.imports import Bad, FileResult, Imported, Progress
from console.store.index import KnownIds
from tests.cli.conftest import Answer
from tests.imports.files import CHARGE, ORDER, REFUND, table
from tests.support.warm import commands

MIXED = table(
    ("order", "charge_id"),
    ("A-118", CHARGE),
    ("A-119", "nonsense"),
    ("A-120", ""),
    ("A-121", REFUND),
)


class Console:
    """Runs the command with folders of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "PAYCONSOLE_DATA_DIR": str(folder / "data"),
            "PAYCONSOLE_CONFIG_DIR": str(folder / "config"),
        }
        self.command = [sys.executable, "-m", "console", "import"]

    def run(self, *words: str, typed: str = "") -> Answer:
        given = dict(self.environment)
        return Answer(*commands().run(["import", *words], given, typed, 90, self.folder))

    def known(self, reference: str) -> set[str]:
        index = KnownIds(self.folder / "data" / "index.sqlite")
        try:
            return {found.id for found in index.by_reference(reference)}
        finally:
            index.close()


@pytest.fixture
def console(tmp_path: Path) -> Console:
    (tmp_path / "orders.csv").write_text(MIXED)
    return Console(tmp_path)


def test_bad_rows_are_named_and_the_others_are_imported(console: Console) -> None:
    answer = console.run("orders.csv")
    assert answer.code == 0
    assert answer.out == ""
    assert answer.err.splitlines() == [
        "orders.csv:3: There is no Amazon Pay id in 'nonsense'.",
        "orders.csv: 4 rows, 2 imported, 1 skipped, 1 bad;"
        " 4 new facts (objects, order numbers, events)",
    ]
    assert console.known("A-118") == {CHARGE}
    assert "1 bad; nothing new" in console.run("orders.csv").err


def test_strict_imports_nothing(console: Console) -> None:
    answer = console.run("--strict", "orders.csv")
    assert answer.code == 2
    assert "orders.csv:3:" in answer.err
    assert "nothing was imported" in answer.err
    assert console.known("A-118") == set()


def test_quiet_names_what_is_bad_and_nothing_else(console: Console) -> None:
    answer = console.run("--quiet", "orders.csv")
    assert (answer.code, answer.out) == (0, "")
    assert answer.err.splitlines() == ["orders.csv:3: There is no Amazon Pay id in 'nonsense'."]


def test_json_is_one_document(console: Console) -> None:
    answer = console.run("orders.csv", "none.csv", "--json")
    assert answer.code == 2
    none, orders = answer.json["files"]
    assert "No such file" in none["error"]
    assert orders == {
        "file": "orders.csv",
        "format": "orders",
        "rows": 4,
        "imported": 2,
        "new": 4,
        "skipped": 1,
        "undated": 0,
        "bad_count": 1,
        "bad": [{"line": 3, "why": "There is no Amazon Pay id in 'nonsense'."}],
        "bad_truncated": False,
        "notes": [],
        "error": None,
    }
    assert answer.json["totals"]["rows"] == 4
    assert (answer.json["stopped"], answer.json["refused"]) == (False, False)


def test_standard_input(console: Console) -> None:
    answer = console.run("-", typed=MIXED)
    assert answer.code == 0
    assert answer.err.startswith("-:3: ")


def test_a_file_that_is_called_dash_is_a_file(console: Console) -> None:
    (console.folder / "-").write_text(table(("order", "charge_id"), ("A-9", CHARGE)))
    assert console.run("./-").code == 0
    assert console.known("A-9") == {CHARGE}


def test_what_is_not_understood_is_wrong_usage(console: Console) -> None:
    (console.folder / "odd").write_text("hello")
    answer = console.run("odd", "orders.csv")
    assert answer.code == 2
    assert "Understood are" in answer.err
    assert console.known("A-118") == {CHARGE}


def test_many_bad_rows_are_not_all_printed(console: Console) -> None:
    rows = [(f"A-{number}", "nonsense") for number in range(1_200)]
    (console.folder / "bad.csv").write_text(table(("order", "charge_id"), *rows))
    answer = console.run("bad.csv", "--json")
    assert answer.err.count("bad.csv:") == 50 + 1 + 1
    assert "… and 1,150 more" in answer.err
    [file] = answer.json["files"]
    assert (file["bad_count"], len(file["bad"])) == (1_200, 1_000)
    assert file["bad_truncated"] is True


def test_ctrl_c_says_how_far_it_got_and_leaves_a_sound_index(console: Console) -> None:
    with (console.folder / "long.csv").open("w") as file:
        file.write("order,charge_id\n")
        file.writelines(f"A-{n},{ORDER}-C{n:06}\n" for n in range(300_000))
    running = subprocess.Popen(
        [*console.command, "long.csv"],
        cwd=console.folder,
        env=console.environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not console.known("A-4999"):
        assert time.monotonic() < deadline
        assert running.poll() is None
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, told = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "stopped" in told
    assert "Traceback" not in told
    rows = int(told.split("long.csv: ")[1].split(" rows")[0].replace(",", ""))
    assert rows % 5_000 == 0
    assert console.known(f"A-{rows - 1}")
    # The signal may come when a batch is in the index and not yet counted: one more at most.
    assert not console.known(f"A-{rows + 5_000}")


@pytest.mark.parametrize("strict", [[], ["--strict"]])
def test_ctrl_c_twice_on_a_pipe_that_never_ends_is_once(
    console: Console, strict: list[str]
) -> None:
    """As a terminal and `timeout` send it: the second one comes while the first one is obeyed."""
    os.mkfifo(console.folder / "pipe")
    both_ends = os.open(console.folder / "pipe", os.O_RDWR)
    os.write(both_ends, MIXED.encode())
    running = subprocess.Popen(
        [*console.command, *strict, "pipe"],
        cwd=console.folder,
        env=console.environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while select.select([both_ends], [], [], 0)[0]:  # until it has read what there was
        assert time.monotonic() < deadline
        time.sleep(0.02)
    for _ in range(3):
        running.send_signal(signal.SIGINT)
        time.sleep(0.01)
    _, told = running.communicate(timeout=20)
    os.close(both_ends)
    assert running.returncode in (130, -signal.SIGINT)  # a shell shows both as 130
    assert "stopped" in told
    assert "Traceback" not in told
    assert "ignored" not in told


def test_what_is_to_be_said_of_a_file_as_a_whole_is_said(console: Console) -> None:
    (console.folder / "foo.csv").write_text(table(("foo", "AmazonPay ID"), ("A-1", ORDER)))
    answer = console.run("foo.csv")
    assert answer.code == 0
    assert "1 row, 0 imported, 1 skipped; nothing new" in answer.err
    assert "No column of order numbers was recognised" in answer.err
    [file] = console.run("foo.csv", "--json").json["files"]
    assert "foo, AmazonPay ID" in file["notes"][0]


def test_on_a_terminal_a_long_import_shows_a_bar_and_wipes_it(console: Console) -> None:
    os.mkfifo(console.folder / "slow")
    ours, theirs = pty.openpty()
    running = subprocess.Popen(
        [*console.command, "slow"], cwd=console.folder, env=console.environment, stderr=theirs
    )
    os.close(theirs)
    rows = [f"A-{n},{ORDER}-C{n:06}\n" for n in range(6_000)]
    with (console.folder / "slow").open("w") as pipe:
        pipe.writelines(["order,charge_id\n", *rows[:3_000]])
        pipe.flush()
        time.sleep(1.5)  # the bar comes after a second
        pipe.writelines(rows[3_000:])
    shown = b""
    try:
        while part := os.read(ours, 65_536):
            shown += part
    except OSError:  # the other end is closed
        os.close(ours)
    assert running.wait(60) == 0
    *drawn, last = shown.decode().split("\x1b[K")
    assert any(one.startswith("slow  ") for one in drawn)
    assert last.strip() == (
        "slow: 6,000 rows, 6,000 imported; 12,000 new facts (objects, order numbers, events)"
    )


class TestBar:
    def progress(self, read: int, total: int | None = 100) -> Progress:
        return Progress("f", read, total, 7)

    def test_a_short_import_shows_none(self) -> None:
        stream = io.StringIO()
        bar = Bar(stream, shown=True)
        bar(self.progress(50))
        bar.clear()
        assert stream.getvalue() == ""

    def test_without_a_terminal_there_is_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        stream = io.StringIO()
        bar = Bar(stream, shown=False)
        monkeypatch.setattr(time, "monotonic", lambda: 10.0**9)
        bar(self.progress(50))
        assert stream.getvalue() == ""

    def test_it_is_drawn_by_bytes_and_not_too_often(self, monkeypatch: pytest.MonkeyPatch) -> None:
        stream = io.StringIO()
        bar = Bar(stream, shown=True)
        monkeypatch.setattr(time, "monotonic", lambda: 10.0**9)
        bar(self.progress(50))
        bar(self.progress(60))
        assert stream.getvalue() == f"\r\x1b[K{'█' * 12}{'░' * 12}  50%  f  7 rows"

    def test_of_a_pipe_nobody_knows_the_size(self, monkeypatch: pytest.MonkeyPatch) -> None:
        stream = io.StringIO()
        bar = Bar(stream, shown=True)
        monkeypatch.setattr(time, "monotonic", lambda: 10.0**9)
        bar(self.progress(50, None))
        assert stream.getvalue() == "\r\x1b[Kf  7 rows"


def test_the_summary_leaves_out_what_there_was_none_of() -> None:
    nothing = FileResult("f", "orders", rows=1, imported=1)
    assert summary(nothing) == "f: 1 row, 1 imported; nothing new"
    one = FileResult("f", "orders", rows=1, imported=1, new=1)
    assert "; 1 new fact (" in summary(one)


def test_totals_are_sums() -> None:
    one = FileResult("f", "orders", rows=3, imported=1, bad_count=2, bad=[Bad(1, "x")])
    totals = document(Imported([one, one]))["totals"]
    assert (totals["rows"], totals["imported"], totals["bad_count"]) == (6, 2, 4)
