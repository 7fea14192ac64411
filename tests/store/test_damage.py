"""A journal that was edited, cut, reordered or torn: each is found, with its place."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from console.domain.intent import Move
from console.store.claims import Owner
from console.store.decisions import JournalBroken, Verification
from console.store.journal import Journal
from console.store.lines import digest
from tests.support.decisions import CHARGE, draft

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


def changes(value: Any) -> Iterator[Any]:
    """Every change of a single byte of a value, and some other values in its place."""
    if isinstance(value, int):
        yield from (value + 1, value - 1, -value - 1, str(value) + "x", None)
    elif isinstance(value, bytes):
        yield from (value[:i] + bytes([value[i] ^ 1]) + value[i + 1 :] for i in range(len(value)))
    elif isinstance(value, str):
        for place, char in enumerate(value):
            yield value[:place] + chr(ord(char) ^ 1) + value[place + 1 :]
        yield from (value + " ", value[:-1], "", value.encode() + b"\x00")
    else:
        yield from ("x", 0)


def test_every_changed_byte_of_every_line_is_found_with_its_place(copy: Path) -> None:
    journal = Journal(copy / "journal.sqlite", "auditor")
    tried = 0
    with opened(copy) as connection:
        rows = list(connection.execute(f"SELECT {', '.join(COLUMNS)} FROM entries ORDER BY seq"))
    for row in rows[1:4]:  # an armed attempt, its answer, what it proves
        for name, value in zip(COLUMNS, row, strict=True):
            for other in changes(value):
                if other is None and name not in ("intent", "scope", "object"):
                    continue
                if name == "seq" and not isinstance(other, int):
                    continue
                with opened(copy) as connection:
                    try:
                        connection.execute(
                            f"UPDATE entries SET {name} = ? WHERE seq = ?", (other, row[0])
                        )
                    except sqlite3.IntegrityError:
                        continue  # another line has this number
                found = journal.verify()
                assert found.problem is not None, f"{name} of line {row[0]} = {other!r}"
                expected = row[0] if name != "seq" else min(row[0], int(other) if other else 0)
                assert found.place in (f"line {expected}", f"line {row[0]}", "line 1")
                with opened(copy) as connection:
                    number = other if name == "seq" else row[0]
                    back = dict(zip(COLUMNS, row, strict=True))
                    connection.execute(
                        f"UPDATE entries SET {', '.join(f'{n} = :{n}' for n in COLUMNS)}"
                        f" WHERE seq = {int(number)}",
                        back,
                    )
                tried += 1
    assert journal.verify().problem is None
    assert tried > 600
    journal.close()


def test_every_changed_byte_of_an_intent_is_found(copy: Path) -> None:
    journal = Journal(copy / "journal.sqlite", "auditor")
    with opened(copy) as connection:
        connection.row_factory = sqlite3.Row
        row = dict(connection.execute("SELECT * FROM intents WHERE id = 1").fetchone())
    nullable = {"amount", "currency", "key", "result", "human"}
    for name, value in row.items():
        for count, other in enumerate(changes(value)):
            if (other is None and name not in nullable) or (len(str(value)) > 40 and count % 5):
                continue  # of long texts each fifth byte
            if name == "id" and (not isinstance(other, int) or other == 2):
                continue
            with opened(copy) as connection:
                connection.execute(f"UPDATE intents SET {name} = ? WHERE id = 1", (other,))
            found = journal.verify()
            assert found.problem is not None, f"{name} = {other!r}"
            assert str(found.place).startswith("intent ")
            with opened(copy) as connection:
                number = other if name == "id" else 1
                connection.execute(f"UPDATE intents SET {name} = ? WHERE id = {number}", (value,))
    assert journal.verify().problem is None
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


@pytest.mark.parametrize(("one", "two"), [(1, 2), (2, 3), (4, 8), (1, 9), (8, 9)])
def test_two_lines_that_changed_places_are_found(copy: Path, one: int, two: int) -> None:
    with opened(copy) as connection:
        for before, after in ((one, 100), (two, one), (100, two)):
            connection.execute("UPDATE entries SET seq = ? WHERE seq = ?", (after, before))
    assert verified(copy).place == f"line {one}"


@pytest.mark.parametrize("at", [1, 4, 10])
def test_an_inserted_line_is_found(copy: Path, at: int) -> None:
    with opened(copy) as connection:
        for seq in range(9, at - 1, -1):
            connection.execute("UPDATE entries SET seq = ? WHERE seq = ?", (seq + 1, seq))
        connection.execute(
            "INSERT INTO entries SELECT ?, time, kind, intent, scope, object, actor, data, prev,"
            " hash FROM entries WHERE seq != ? ORDER BY seq DESC LIMIT 1",
            (at, at),
        )
    assert verified(copy).place == f"line {at}"


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
        "INSERT INTO intents SELECT 3, state, environment, action, operation, object, scope, lock,"
        " amount, currency, observed, generation, key, method, path, body, actor, reason, snapshot,"
        " attempts, unanswered, refusals, result, human, created, updated FROM intents WHERE id=1",
    ],
)
def test_an_intents_table_that_does_not_fit_the_lines_is_found(copy: Path, change: str) -> None:
    with opened(copy) as connection:
        connection.execute(change)
    found = verified(copy)
    assert str(found.place).startswith("intent ")
    assert "is not what the lines say" in str(found.problem)


# --- files that are no journal any more ----------------------------------------------------------


def never_a_crash(folder: Path) -> Verification | None:
    """Open and verify; None where it can't be opened, and is said so."""
    try:
        return verified(folder)
    except JournalBroken:
        return None


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
