"""A database file that can't be opened or used: which, why, and what to do."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from console.store.database import CantOpen, StoreFailed
from console.store.decisions import JournalBroken
from console.store.index import Known, KnownIds
from console.store.journal import Journal
from console.tui.opening import say_open_failure

CHARGE = "S01-4966596-9591203-C079366"


def known(reference: str) -> Known:
    return Known(CHARGE, "charge", None, None, reference, None, "2026-01-01T00:00:00Z")


@pytest.mark.parametrize(
    "content", [os.urandom(9000), b"a letter to a friend", b"\x00" * 5000], ids=range(3)
)
def test_an_index_that_is_no_database(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "index.sqlite"
    path.write_bytes(content)
    with pytest.raises(CantOpen, match=r"index\.sqlite is damaged") as caught:
        KnownIds(path)
    assert "made again" in caught.value.hint
    assert path.read_bytes() == content, "it is left for who wants to look at it"


def test_a_folder_in_the_place_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "index.sqlite").mkdir()
    with pytest.raises(CantOpen, match="is a folder"):
        KnownIds(tmp_path / "index.sqlite")
    (tmp_path / "journal.sqlite").mkdir()
    with pytest.raises(JournalBroken, match="is a folder"):
        Journal(tmp_path / "journal.sqlite", "ann")


def test_a_folder_that_can_not_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "data" / "journal.sqlite"
    with pytest.raises(CantOpen, match="Not a directory") as caught:
        Journal(path, "ann")
    assert str(path) in str(caught.value)


def test_damage_that_is_met_later_is_named_too(tmp_path: Path) -> None:
    """Then something may be under way, so it is not said that nothing was done."""
    path = tmp_path / "index.sqlite"
    index = KnownIds(path)
    index.learn([known(f"Shop-{number}") for number in range(3000)])
    index.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        [(page,)] = connection.execute("SELECT rootpage FROM sqlite_master WHERE name='numbers'")
        [(size,)] = connection.execute("PRAGMA page_size")
    connection.close()
    content = bytearray(path.read_bytes())
    content[(page - 1) * size : page * size] = os.urandom(8) + b"\xff" * (size - 8)
    path.write_bytes(content)
    index = KnownIds(path)
    with pytest.raises(StoreFailed, match=r"index\.sqlite is damaged") as caught:
        index.by_reference("Shop-1")
    index.close()
    assert not isinstance(caught.value, CantOpen)


def test_a_full_disk_is_named_and_nothing_is_half_done(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    journal = Journal(path, "ann")
    with journal._engine.connect() as connection:  # SQLite's own way to have no more room
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
        connection.rollback()
    with pytest.raises(StoreFailed, match=r"journal\.sqlite can't be used: the disk is full"):
        journal.note("other", {"text": "x" * 500_000})
    assert journal.last() == 0
    assert journal.verify().problem is None
    journal.close()


def test_the_screen_says_the_same(tmp_path: Path) -> None:
    (tmp_path / "index.sqlite").write_bytes(os.urandom(9000))
    with pytest.raises(CantOpen) as caught:
        KnownIds(tmp_path / "index.sqlite")
    said = say_open_failure(caught.value)
    assert said is not None
    assert "index.sqlite" in said.text
    assert said.hint == caught.value.hint
