"""What is wrong with a journal, in the language of the reader; its lines stay English."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from console.domain.intent import Move
from console.store.claims import Owner
from console.store.database import CantOpen
from console.store.decisions import Blocked
from console.store.index import KnownIds
from console.store.journal import Journal
from tests.support.capitals import capitals
from tests.support.decisions import draft

ME = Owner.current()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    journal = Journal(tmp_path / "journal.sqlite", "ann")
    with capitals():
        number = journal.reserve(draft(), 0, ME).id
        journal.arm(number, ME)
        journal.move(number, Move.REFUSE, {"why": "no"}, answer={"status": 422})
    assert journal.verify().problem is None
    journal.close()
    return journal.path


@pytest.mark.parametrize(
    ("edit", "problem", "place"),
    [
        ("UPDATE entries SET actor = 'eve' WHERE seq = 2",
         "LINE 2 WAS CHANGED AFTER IT WAS WRITTEN", "line 2"),
        ("DELETE FROM entries WHERE seq = 2", "LINE 2 IS MISSING (THE NEXT ONE IS 3)", "line 2"),
        ("DELETE FROM entries WHERE seq > 2", "LINES 3 TO 4 ARE MISSING AT THE END", "line 3"),
        ("UPDATE intents SET actor = 'eve'", "INTENT 1 IS NOT WHAT THE LINES SAY", "intent 1"),
        ("DROP INDEX one_open_intent",
         "THE FILE IS DAMAGED: INDEX one_open_intent IS NOT THE ONE THAT A JOURNAL HAS", None),
    ],
)  # fmt: skip
def test_a_problem_is_a_whole_sentence(
    path: Path, edit: str, problem: str, place: str | None
) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(edit)
    connection.close()
    with capitals():
        journal = Journal(path, "auditor")
        found = journal.verify()
    journal.close()
    assert (found.problem, found.place) == (problem, place or str(path))


def test_who_stands_in_the_way(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite", "ann")
    made = journal.reserve(draft(), 0, ME)
    with capitals(), pytest.raises(Blocked, match=r"INTENT 1 .* BY ann IS reserved ON S01-"):
        journal.reserve(draft(), journal.version(made.scope), ME)
    journal.close()


def test_a_file_that_can_not_be_opened(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with capitals(), pytest.raises(CantOpen) as caught:
        KnownIds(tmp_path / "file" / "data" / "index.sqlite")
    assert "index.sqlite CAN'T BE MADE: " in str(caught.value)
    assert caught.value.hint == caught.value.hint.upper()
