"""A journal that was edited, cut, reordered or torn: each is found, with its place."""

from __future__ import annotations

import random
import re
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from console.domain.intent import Move
from console.store.claims import Owner
from console.store.database import StoreFailed
from console.store.decisions import Entry, Intent, JournalBroken, Verification
from console.store.journal import Journal
from console.store.lines import GENESIS, digest
from tests.support.decisions import CHARGE, draft
from tests.support.effort import budget

ME = Owner.current()
COLUMNS = ("seq", "time", "kind", "intent", "scope", "object", "actor", "data", "prev", "hash")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small journal: one refund that was made, one that was refused, a note."""
    folder = tmp_path_factory.mktemp("original")
    journal = Journal(folder / "journal.sqlite", "ann")
    number = journal.reserve(draft(), 0, ME).id
    journal.arm(number, ME)
    journal.move(number, Move.ACCEPT, {"result": "S01-1000001-1000001-R000001"}, answer={})
    journal.note("reveal", {"what": "buyer data"}, obj=CHARGE)
    version = journal.version(draft().scope)
    number = journal.reserve(draft("2.00 USD", "10.00 USD"), version, ME).id
    journal.arm(number, ME)
    journal.answered(number, {"status": 422})
    journal.move(number, Move.REFUSE, {"why": "no"})
    assert journal.verify() == Verification(9, 2)
    journal.close()
    return folder


@pytest.fixture
def copy(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "copy"))


@contextmanager
def opened(folder: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(folder / "journal.sqlite")
    try:
        with connection:
            yield connection
    finally:
        connection.close()


def verified(folder: Path) -> Verification:
    journal = Journal(folder / "journal.sqlite", "auditor")
    try:
        return journal.verify()
    finally:
        journal.close()


BITS = budget([1], [1, 2, 4, 8, 16, 32, 64, 128])


def changes(value: Any) -> Iterator[Any]:
    """A value with each of its bytes changed, and some other values in its place.

    Texts are given as bytes, as a changed byte may make them none.
    """
    if isinstance(value, int):
        yield from (value ^ (bit << place) for place in range(0, 56, 8) for bit in BITS)
        yield from (-value - 1, None)
    elif isinstance(value, bytes):
        for place, byte in enumerate(value):
            yield from (value[:place] + bytes([byte ^ b]) + value[place + 1 :] for b in BITS)
        yield from (value + b" ", value + b"\x00", value[:-1], b"", None)
    else:
        yield from (b"x", 0)


class Editor:
    """Somebody with the right to write the file changes single values, and back."""

    def __init__(self, folder: Path, table: str, name: str) -> None:
        self._connection = sqlite3.connect(folder / "journal.sqlite", isolation_level=None)
        self._connection.execute("PRAGMA synchronous=OFF")
        self._table, self._name = table, name
        info = self._connection.execute(f"PRAGMA table_info({table})")
        self._types = {row[1]: row[2] for row in info}

    def close(self) -> None:
        self._connection.close()

    def row(self, number: int) -> dict[str, Any]:
        """Its values, texts as bytes."""
        values = self._connection.execute(
            f"SELECT {', '.join(map(self._read, self._types))} FROM {self._table}"
            f" WHERE {self._name} = ?",
            (number,),
        ).fetchone()
        return dict(zip(self._types, values, strict=True))

    def put(self, number: int, column: str, value: Any) -> bool:
        """Change one value; False where the database itself doesn't take it."""
        text = self._types[column] == "TEXT" and isinstance(value, bytes)
        try:
            self._connection.execute(
                f"UPDATE {self._table} SET {column} = {'CAST(? AS TEXT)' if text else '?'}"
                f" WHERE {self._name} = ?",
                (value, number),
            )
        except sqlite3.IntegrityError:  # another line has this number, or it can't be null
            return False
        return True

    def _read(self, column: str) -> str:
        return f"CAST({column} AS BLOB)" if self._types[column] == "TEXT" else column


@contextmanager
def edited(folder: Path, table: str, name: str, number: int) -> Iterator[Iterator[tuple[str, Any]]]:
    """Make each single change of a row in turn; each is taken back when the next is asked for."""
    editor = Editor(folder, table, name)

    def each() -> Iterator[tuple[str, Any]]:
        for column, value in editor.row(number).items():
            for other in changes(value):
                if other == value or not editor.put(number, column, other):
                    continue
                yield column, other
                assert editor.put(other if column == name else number, column, value)

    try:
        yield each()
    finally:
        editor.close()


@pytest.mark.parametrize("line", range(1, 10))
def test_every_changed_byte_of_every_line_is_found_with_its_place(copy: Path, line: int) -> None:
    journal = Journal(copy / "journal.sqlite", "auditor")
    tried = 0
    with edited(copy, "entries", "seq", line) as each:
        for column, other in each:
            found = journal.verify()
            # With a number below all others it is the first line that is wrong.
            place = 1 if column == "seq" and other < 1 else line
            assert found.place == f"line {place}", f"{column} = {other!r}: {found}"
            tried += 1
    assert journal.verify() == Verification(9, 2)
    assert tried > 200 * len(BITS)
    journal.close()


@pytest.mark.parametrize("intent", [1, 2])
def test_every_changed_byte_of_every_intent_is_found_with_its_place(
    copy: Path, intent: int
) -> None:
    journal = Journal(copy / "journal.sqlite", "auditor")
    tried = 0
    with edited(copy, "intents", "id", intent) as each:
        for column, other in each:
            found = journal.verify()
            place = min(intent, other) if column == "id" else intent
            assert found.place == f"intent {place}", f"{column} = {other!r}: {found}"
            tried += 1
    assert journal.verify() == Verification(9, 2)
    assert tried > 500 * len(BITS)
    journal.close()


@pytest.mark.parametrize("line", range(1, 10))
def test_a_deleted_line_is_found_at_its_place(copy: Path, line: int) -> None:
    with opened(copy) as connection:
        connection.execute("DELETE FROM entries WHERE seq = ?", (line,))
    found = verified(copy)
    assert found.place == f"line {line}"
    assert "missing" in str(found.problem)


@pytest.mark.parametrize("line", range(1, 9))
def test_a_deleted_line_whose_gap_was_closed_is_found(copy: Path, line: int) -> None:
    with opened(copy) as connection:
        connection.execute("DELETE FROM entries WHERE seq = ?", (line,))
        for seq in range(line + 1, 10):
            connection.execute("UPDATE entries SET seq = ? WHERE seq = ?", (seq - 1, seq))
    assert verified(copy).place == f"line {line}"


@pytest.mark.parametrize(("one", "two"), [*combinations(range(1, 10), 2)])
def test_two_lines_that_changed_places_are_found(copy: Path, one: int, two: int) -> None:
    with opened(copy) as connection:
        for before, after in ((one, 100), (two, one), (100, two)):
            connection.execute("UPDATE entries SET seq = ? WHERE seq = ?", (after, before))
    assert verified(copy).place == f"line {one}"


@pytest.mark.parametrize("linked", [False, True], ids=["a copy", "with a right hash"])
@pytest.mark.parametrize("at", range(1, 11))
def test_an_inserted_line_is_found_at_its_place(copy: Path, at: int, linked: bool) -> None:
    """But with a right hash at the end it is a line like any other."""
    with opened(copy) as connection:
        for seq in range(9, at - 1, -1):
            connection.execute("UPDATE entries SET seq = ? WHERE seq = ?", (seq + 1, seq))
        connection.row_factory = sqlite3.Row
        source = at - 1 or 3  # the line before, in its new place
        line = dict(connection.execute("SELECT * FROM entries WHERE seq = ?", (source,)).fetchone())
        line["seq"] = at
        if linked:
            line |= {"kind": "note", "intent": None, "prev": line["hash"] if at > 1 else GENESIS}
            line["hash"] = digest(line)
        connection.execute(
            f"INSERT INTO entries VALUES ({', '.join(f':{name}' for name in COLUMNS)})", line
        )
    # A fitting one is told by the line that follows it, or by the checkpoint, which names line 9.
    wrong = at + 1 if linked and at != 9 else at
    assert verified(copy).place == (None if wrong > 10 else f"line {wrong}")


@pytest.mark.parametrize("kept", range(9))
def test_lines_cut_off_at_the_end_are_found_by_the_checkpoint(copy: Path, kept: int) -> None:
    with opened(copy) as connection:
        connection.execute("DELETE FROM entries WHERE seq > ?", (kept,))
        connection.execute("DELETE FROM intents")  # even if the rest is made to fit
    found = verified(copy)
    assert found.place == f"line {kept + 1}"
    assert "missing at the end" in str(found.problem)


def test_a_rewritten_end_is_found_by_the_checkpoint(copy: Path) -> None:
    """Cut, and written on by our own code: the chain holds, the checkpoint does not."""
    with opened(copy) as connection:
        connection.execute("DELETE FROM entries WHERE seq > 8")
        connection.execute("UPDATE intents SET state = 'sending', refusals = 0 WHERE id = 2")
    journal = Journal(copy / "journal.sqlite", "mallory")
    journal.note("other", {})
    found = journal.verify()
    journal.close()
    assert (found.place, found.problem) == (
        "line 9",
        "line 9 is not the line that the checkpoint names",
    )


@pytest.mark.parametrize("torn", ["", "9", "9 ", "x y", "9 abc def", "\x00\x00"])
def test_a_torn_checkpoint_proves_nothing_either_way(copy: Path, torn: str) -> None:
    (copy / "journal.checkpoint").write_text(torn)
    assert verified(copy).problem is None


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM intents WHERE id = 2",
        "UPDATE intents SET state = 'abandoned' WHERE id = 1",
        "UPDATE intents SET key = NULL WHERE id = 1",
        "CREATE TEMP TABLE one AS SELECT * FROM intents WHERE id = 1; UPDATE one SET id = 3;"
        " INSERT INTO intents SELECT * FROM one",
    ],
)
def test_an_intents_table_that_does_not_fit_the_lines_is_found(copy: Path, change: str) -> None:
    with opened(copy) as connection:
        connection.executescript(change)
    found = verified(copy)
    assert str(found.place).startswith("intent ")
    assert "is not what the lines say" in str(found.problem)


# --- the file, byte by byte ----------------------------------------------------------------------


def never_a_crash(folder: Path) -> Verification | None:
    """Open and verify; None where it can't be opened, and is said so."""
    try:
        return verified(folder)
    except (JournalBroken, StoreFailed):
        return None


Content = tuple[list[Entry], list[Intent]]


def content(folder: Path) -> Content:
    journal = Journal(folder / "journal.sqlite", "auditor")
    try:
        return journal.entries(), journal.intents()
    finally:
        journal.close()


PIECES = 16  # of the file, so that several processes can share the work


@pytest.mark.parametrize("piece", range(PIECES))
def test_every_changed_byte_of_the_file_is_found_or_changes_nothing(
    original: Path, tmp_path: Path, piece: int
) -> None:
    """What `verify` lets pass says the same as before, to the last value."""
    whole = (original / "journal.sqlite").read_bytes()
    expected = content(original)
    header = range(100) if piece == 0 else []  # in every run
    places = [*header, *range(piece, len(whole), PIECES * budget(97, 1))]
    found = Counter[str]()
    for place in places:
        folder = Path(shutil.copytree(original, tmp_path / "changed"))
        with (folder / "journal.sqlite").open("r+b") as file:
            file.seek(place)
            file.write(bytes([whole[place] ^ (1 << place % 8)]))
        verification = never_a_crash(folder)
        if verification is not None and verification.problem is None:
            assert verification == Verification(9, 2), place
            assert content(folder) == expected, place
        found["said" if verification is None or verification.problem else "the same"] += 1
        shutil.rmtree(folder)
    assert found["said"], found


# --- the write-ahead log -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def in_the_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a journal whose process was torn away: all is in the write-ahead log."""
    folder = tmp_path_factory.mktemp("log")
    path = folder / "running" / "journal.sqlite"
    journal = Journal(path, "ann")
    number = journal.reserve(draft(), 0, ME).id
    journal.arm(number, ME)
    journal.move(number, Move.ACCEPT, {"result": "S01-1000001-1000001-R000001"}, answer={})
    journal.note("reveal", {"what": "buyer data"}, obj=CHARGE)
    torn = folder / "torn"
    torn.mkdir()
    for name in ("journal.sqlite", "journal.sqlite-wal", "journal.checkpoint"):
        shutil.copy(path.parent / name, torn)
    journal.close()
    return torn


def torn_log(source: Path, folder: Path, log: bytes) -> tuple[Verification, Verification]:
    """What is found with this write-ahead log: without the checkpoint, and with it."""
    found = []
    for name in ("alone", "with checkpoint"):
        copied = Path(shutil.copytree(source, folder / name))
        (copied / "journal.sqlite-wal").write_bytes(log)
        # What the process had in common with others is left behind, and worth nothing now.
        (copied / "journal.sqlite-shm").write_bytes(b"\xa5" * 32768)
        if name == "alone":
            (copied / "journal.checkpoint").unlink()
        found.append(verified(copied))
        shutil.rmtree(copied)
    return found[0], found[1]


def assert_a_beginning(alone: Verification, checked: Verification, lines: int) -> None:
    """Without its end the journal is a whole, shorter one; the checkpoint tells what is gone."""
    assert alone.problem is None
    if alone.entries == lines:
        assert checked.problem is None
    else:
        gone = alone.entries + 1
        assert checked.place == f"line {gone}"
        assert checked.problem == f"lines {gone} to {lines} are missing at the end"


def test_every_prefix_of_the_write_ahead_log_opens_and_verifies(
    in_the_log: Path, tmp_path: Path
) -> None:
    """An interrupted write leaves the journal as it was before that write."""
    log = (in_the_log / "journal.sqlite-wal").read_bytes()
    frame = 24 + int.from_bytes(log[8:12], "big")
    frames = range(32, len(log) + 1, frame)
    cuts = {0, 1, 31, len(log) - 1, len(log)}
    cuts |= {at + more for at in frames for more in budget([frame // 2], [-1, 0, 1, 23, 24, 500])}
    seen = []
    for cut in sorted(cut for cut in cuts if cut <= len(log)):
        alone, checked = torn_log(in_the_log, tmp_path, log[:cut])
        assert_a_beginning(alone, checked, lines=5)
        seen.append(alone.entries)
    assert seen == sorted(seen)
    assert sorted(set(seen)) == [0, 1, 2, 4, 5], "an answer and what it proves come together"


@pytest.mark.parametrize("piece", range(4))
def test_every_changed_byte_of_the_write_ahead_log_cuts_it_off(
    in_the_log: Path, tmp_path: Path, piece: int
) -> None:
    log = (in_the_log / "journal.sqlite-wal").read_bytes()
    for place in range(piece, len(log), 4 * budget(997, 29)):
        changed = log[:place] + bytes([log[place] ^ (1 << place % 8)]) + log[place + 1 :]
        assert_a_beginning(*torn_log(in_the_log, tmp_path, changed), lines=5)


# --- kill -9 -------------------------------------------------------------------------------------

# Forks a writer for each line that it reads, and kills it so many seconds after it has told of so
# many refunds; answers with the last line of the journal that it was told to be durable.
KILLED_WRITERS = """
import os, signal, sys, time
from pathlib import Path
from console.domain.intent import Move
from console.store.claims import Owner
from console.store.journal import Journal
from tests.support.decisions import draft

def write(path, told):
    journal, me = Journal(path, "ann"), Owner.current()
    while True:
        observed = str(journal.live_refunds(draft().object, "USD"))
        version = journal.version(draft().scope)
        stuck = journal.open_on(draft().scope, draft().lock)
        number = stuck.id if stuck else journal.reserve(draft(observed=observed), version, me).id
        journal.arm(number, me)
        journal.note("seen", {"long": "x" * 9000})
        journal.move(number, Move.ACCEPT, {"result": f"R{number}"}, answer={"status": 201})
        os.write(told, f"{journal.last()}\\n".encode())

for line in sys.stdin:
    hear, told = os.pipe()
    pid = os.fork()
    if not pid:
        write(Path(sys.argv[1]), told)
    os.close(told)
    refunds, seconds = line.split()
    with open(hear) as pipe:
        said = [pipe.readline() for _ in range(int(refunds))]
        time.sleep(float(seconds))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        print([0, *map(int, [*said, *pipe])][-1], flush=True)
"""
KILLS = 50


def test_a_writer_that_is_killed_at_any_moment_leaves_a_journal_that_verifies(
    tmp_path: Path,
) -> None:
    """What was reported to be durable is there; one journal lives through all the kills."""
    path = tmp_path / "journal.sqlite"
    Journal(path, "ann").close()
    moments = random.Random(4)
    with subprocess.Popen(
        [sys.executable, "-c", KILLED_WRITERS, str(path)],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as writers:
        assert writers.stdin
        assert writers.stdout
        for _ in range(KILLS):
            writers.stdin.write(f"{moments.randrange(3)} {moments.uniform(0.0, 0.05)}\n")
            writers.stdin.flush()
            told = int(writers.stdout.readline())
            journal = Journal(path, "auditor")
            found = journal.verify()
            assert found.problem is None
            assert found.entries == journal.last() >= told
            journal.close()
        writers.stdin.close()
    assert found.entries > 3 * KILLS, "they were killed while they wrote"


# --- the checkpoint ------------------------------------------------------------------------------


def test_every_changed_byte_of_the_checkpoint_is_found_or_proves_nothing(copy: Path) -> None:
    path = copy / "journal.checkpoint"
    whole = path.read_bytes()
    journal = Journal(copy / "journal.sqlite", "auditor")
    passed = []
    for place, byte in enumerate(whole):
        for bit in range(8):
            changed = whole[:place] + bytes([byte ^ (1 << bit)]) + whole[place + 1 :]
            path.write_bytes(changed)
            if journal.verify().problem is None:
                passed.append(changed)
    # Those are no number and hash any more, as if torn; or the same ones with another blank.
    a_checkpoint = re.compile(rb"\d+\s+[!-~]+\s*")
    assert passed
    assert all(one.split() == whole.split() for one in passed if a_checkpoint.fullmatch(one))
    journal.close()


def test_without_its_checkpoint_a_shorter_journal_is_a_journal(copy: Path) -> None:
    """It can't be proved by the file alone; `verify` says so in its description."""
    cut_and_forget(copy)
    assert verified(copy) == Verification(3, 1)


def cut_and_forget(folder: Path) -> None:
    """Cut after the third line, make the intents fit, and take the checkpoint away."""
    with opened(folder) as connection:
        connection.execute("DELETE FROM entries WHERE seq > 3")
        connection.execute("DELETE FROM intents WHERE id > 1")
        connection.execute(
            "UPDATE intents SET state = 'sending', result = NULL, unanswered = 0,"
            " updated = (SELECT time FROM entries WHERE seq = 3) WHERE id = 1"
        )
    (folder / "journal.checkpoint").unlink()


# --- files that are cut or overwritten -----------------------------------------------------------


@pytest.mark.parametrize("step", range(4))
def test_every_prefix_of_the_file_opens_and_verifies_or_says_where_it_breaks(
    original: Path, tmp_path: Path, step: int
) -> None:
    whole = (original / "journal.sqlite").read_bytes()
    checkpoint = (original / "journal.checkpoint").read_text()
    lengths = [*range(step * 512, len(whole), 2048), step, 99 + step, len(whole) - 1 - step]
    for length in lengths:
        folder = tmp_path / str(length)
        folder.mkdir()
        (folder / "journal.sqlite").write_bytes(whole[:length])
        (folder / "journal.checkpoint").write_text(checkpoint)
        found = never_a_crash(folder)
        whole_still = found == Verification(9, 2)  # nothing was on the few bytes that are gone
        assert found is None or found.problem is not None or whole_still, length
        assert not whole_still or length > len(whole) - 8
        shutil.rmtree(folder)


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "text": lambda _: b"this is no database, it is a letter to a friend " * 20,
    "zeros": lambda whole: b"\x00" * len(whole),
    "zeros in the middle": lambda w: w[: len(w) // 3] + b"\x00" * 4096 + w[len(w) // 3 + 4096 :],
    "a page twice": lambda whole: whole[:4096] + whole[4096:8192] * 2 + whole[12288:],
    "noise in every page": lambda whole: bytes(
        byte ^ (0x55 if place % 4096 > 4000 else 0) for place, byte in enumerate(whole)
    ),
    "a header only": lambda whole: whole[:100],
    "another program's database": lambda whole: whole.replace(b"entries", b"entrees"),
    "no UTF-8": lambda whole: whole.replace(b"ann", b"\xff\xfen"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_said_to_be_one(copy: Path, damage: str) -> None:
    path = copy / "journal.sqlite"
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    found = never_a_crash(copy)
    assert found is None or found.problem is not None


@pytest.mark.parametrize("index", ["entries_scope", "intents_scope", "one_open_intent"])
def test_a_damaged_index_is_found_before_it_hides_an_open_intent(copy: Path, index: str) -> None:
    journal = Journal(copy / "journal.sqlite", "ann")
    journal.reserve(draft(charge=CHARGE[:-1] + "9"), journal.version(draft().scope), ME)
    journal.close()
    with opened(copy) as connection:
        [(page,)] = connection.execute("SELECT rootpage FROM sqlite_master WHERE name=?", (index,))
        [(size,)] = connection.execute("PRAGMA page_size")
    path = copy / "journal.sqlite"
    content = bytearray(path.read_bytes())
    # An empty index page in its place: the database opens and finds nothing by it.
    content[(page - 1) * size : page * size] = (
        b"\x0a\x00\x00\x00\x00" + size.to_bytes(2, "big") + b"\x00" * (size - 7)
    )
    path.write_bytes(content)
    found = verified(copy)
    assert "damaged" in str(found.problem)
    assert index in str(found.problem)


def test_what_can_not_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite").mkdir()
    with pytest.raises(JournalBroken, match=r"journal\.sqlite can't be opened as a journal"):
        verified(tmp_path)


def test_values_of_other_types_are_found_and_crash_nothing(copy: Path) -> None:
    for value in ("x'00ff'", "1.5", "''", "9e999"):
        with opened(copy) as connection:
            connection.execute(f"UPDATE entries SET data = {value} WHERE seq = 3")
        found = verified(copy)
        assert found.place == "line 3", value


def test_a_line_that_can_not_be_right_is_found_even_with_a_right_hash(copy: Path) -> None:
    """Somebody who can compute hashes writes a move that no intent can make."""
    line: dict[str, Any] = {
        "seq": 10,
        "time": "2026-01-01T00:00:00.000+00:00",
        "kind": "settle",
        "intent": 2,
        "scope": draft().scope,
        "object": CHARGE,
        "actor": "mallory",
        "data": "{}",
    }
    with opened(copy) as connection:
        [(line["prev"],)] = connection.execute("SELECT hash FROM entries WHERE seq = 9")
        line["hash"] = digest(line)
        connection.execute(
            f"INSERT INTO entries VALUES ({', '.join(f':{name}' for name in COLUMNS)})", line
        )
    found = verified(copy)
    assert found.problem == "line 10 can't be right: an intent that is refused can't settle"
