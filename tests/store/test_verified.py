"""Verifying again: as much as a full verification finds, in a time that doesn't grow."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.domain.intent import IllegalMove, Move
from console.store.claims import Owner
from console.store.journal import Journal
from console.store.verified import Writer
from tests.support.decisions import CHARGE, ORDER, draft
from tests.support.effort import budget

ME = Owner.current()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    """Lines 1 to 4: a refund that was made, and a note. Verified."""
    made = Journal(path, "ann")
    refund(made, "R1")
    made.note("reveal", {"what": "buyer data"}, obj=CHARGE)
    assert made.verify().problem is None
    yield made
    made.close()


def refund(journal: Journal, result: str) -> int:
    observed = journal.live_refunds(CHARGE, "USD")
    number = journal.reserve(draft("1.00 USD", str(observed)), journal.version(ORDER), ME).id
    journal.arm(number, ME)
    journal.move(number, Move.ACCEPT, {"result": result}, answer={})
    return number


@pytest.fixture
def walks(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which walks were made, from now on."""
    made: list[str] = []

    def spy(name: str) -> None:
        real = getattr(Journal, name)

        def walk(self: Journal, *args: Any) -> Any:
            made.append(name)
            return real(self, *args)

        monkeypatch.setattr(Journal, name, walk)

    spy("_verify")
    spy("_verify_rest")
    return made


def by_hand(path: Path, *statements: str) -> None:
    """Somebody edits the file with another program, while we run."""
    connection = sqlite3.connect(path)
    with connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


SHORT, WHOLE = "_verify_rest", "_verify"


# --- when the short walk is enough ---------------------------------------------------------------


def test_our_own_lines_are_walked_alone(journal: Journal, walks: list[str]) -> None:
    for number in range(5):
        assert journal.verify_again().entries == 5 + 4 * number
        refund(journal, f"R{number + 2}")
    assert set(walks) == {SHORT}


def test_a_process_that_has_not_verified_verifies_everything(path: Path, journal: Journal) -> None:
    by_hand(path, "UPDATE entries SET actor = 'eve' WHERE seq = 2")
    other = Journal(path, "bob")
    assert other.verify_again().place == "line 2"
    assert other.verify_again().place == "line 2", "and again, as long as something is wrong"
    other.close()


def test_after_a_colleague_wrote_everything_is_verified_once(
    path: Path, journal: Journal, walks: list[str]
) -> None:
    other = Journal(path, "bob")
    refund(other, "R2")
    other.close()
    assert journal.verify_again().problem is None
    assert walks == [WHOLE]
    assert journal.verify_again().problem is None
    assert walks == [WHOLE, SHORT]


def test_a_file_that_was_touched_is_verified_whole(
    path: Path, journal: Journal, walks: list[str]
) -> None:
    os.utime(path)
    assert journal.verify_again().problem is None
    assert walks == [WHOLE]


def steps(journal: Journal, lines: int) -> int:
    """How many steps SQLite's machine takes for a short walk after so many more lines."""
    for _ in range(lines):
        journal.note("seen", {})
    assert journal.verify().problem is None
    refund(journal, f"R-{lines}")
    taken = 0

    def count() -> int:
        nonlocal taken
        taken += 1
        return 0

    # The pool hands its connections out in turn.
    connections = [journal._engine.connect() for _ in range(4)]
    for connection in connections:
        connection.connection.driver_connection.set_progress_handler(count, 1)  # type: ignore[union-attr]
        connection.close()
    assert journal.verify_again().problem is None
    return taken


def test_a_longer_journal_takes_no_longer(journal: Journal, walks: list[str]) -> None:
    short = steps(journal, 10)
    long = steps(journal, 300)
    assert walks == [WHOLE, SHORT, WHOLE, SHORT]
    assert 0 < short < 5_000
    assert long < short * 1.5, (short, long)


# --- what is found -------------------------------------------------------------------------------

EDITS = {
    "an old line": ("UPDATE entries SET data = '{}' WHERE seq = 1", "line 1"),
    "a line that is gone": ("DELETE FROM entries WHERE seq = 2", "line 2"),
    "the last line": ("UPDATE entries SET actor = 'eve' WHERE seq = 5", "line 5"),
    "the end": ("DELETE FROM entries WHERE seq > 3", "line 4"),
    "an ended intent": ("UPDATE intents SET state = 'declined'", "intent 1"),
    "an intent that is gone": ("DELETE FROM intents", "intent 1"),
    "the guard of open intents": ("DROP INDEX one_open_intent", "journal.sqlite"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_by_somebody_else_is_found_wherever_it_is(
    path: Path, journal: Journal, edit: str
) -> None:
    statement, place = EDITS[edit]
    by_hand(path, statement)
    found = journal.verify_again()
    assert found == journal.verify()
    assert str(found.place).endswith(place)


@pytest.mark.parametrize("edit", EDITS)
def test_also_when_we_write_on_before_we_look(path: Path, journal: Journal, edit: str) -> None:
    statement, _ = EDITS[edit]
    by_hand(path, statement)
    journal.note("seen", {})
    assert journal.verify_again().problem is not None


def test_a_cut_end_without_its_checkpoint_is_found_by_who_saw_it(
    path: Path, journal: Journal
) -> None:
    by_hand(path, "DELETE FROM entries WHERE seq = 5")
    path.with_suffix(".checkpoint").unlink()
    new = Journal(path, "bob")
    assert new.verify().problem is None, "nothing can be proved by what is left"
    new.close()
    for found in (journal.verify_again(), journal.verify()):
        assert (found.place, found.problem) == ("line 5", "lines 5 to 5 are missing at the end")
    journal.note("seen", {})  # another line in its place
    for found in (journal.verify_again(), journal.verify()):
        assert found.problem == "line 5 is not the line that was verified before"


def test_bytes_that_were_changed_past_the_database_are_found(path: Path, journal: Journal) -> None:
    by_hand(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    assert journal.verify_again().problem is None
    whole = path.read_bytes()
    at = whole.index(b"the box was damaged", whole.index(b'"reason"'))
    descriptor = os.open(path, os.O_WRONLY)  # by another process: closing it here frees our locks
    os.pwrite(descriptor, b"T", at)
    os.close(descriptor)
    assert journal.verify_again().problem is not None


# --- the short walk alone ------------------------------------------------------------------------


@pytest.fixture
def blind(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if an edit left no trace in how the file stands."""
    real = Writer.standing
    first: list[Any] = []

    def standing(self: Writer) -> Any:
        first.append(real(self))
        return first[0]

    monkeypatch.setattr(Writer, "standing", standing)


@pytest.mark.usefixtures("blind")
@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("UPDATE entries SET actor = 'eve' WHERE seq = 7", "line 7"),  # the last verified one
        ("UPDATE entries SET actor = 'eve' WHERE seq = 9", "line 9"),  # one since
        ("DELETE FROM entries WHERE seq = 8", "line 8"),
        ("DELETE FROM entries WHERE seq > 8", "line 9"),
        ("UPDATE entries SET data = '{}' WHERE seq = 6", "line 6"),  # of an open intent
        ("UPDATE intents SET state = 'refused' WHERE id = 2", "intent 2"),  # it was open
        (
            "UPDATE intents SET state = 'unknown', lock = '' WHERE id = 1",
            "intent 1",
        ),  # it seems open
        ("UPDATE intents SET body = x'00' WHERE id = 2", "intent 2"),
        ("DELETE FROM intents WHERE id = 2", "intent 2"),
    ],
)
def test_the_short_walk_finds_what_its_description_says(
    path: Path, journal: Journal, statement: str, place: str
) -> None:
    journal.verify()
    number = journal.reserve(draft("2.00 USD"), journal.version(ORDER), ME).id
    journal.note("seen", {})
    assert journal.verify_again().problem is None
    journal.arm(number, ME)
    journal.note("seen", {})
    by_hand(path, statement)
    found = journal.verify_again()
    assert found.place == place


@pytest.mark.usefixtures("blind")
def test_what_the_short_walk_alone_does_not_find(path: Path, journal: Journal) -> None:
    """Which is why it is not enough once anybody else has written."""
    journal.verify()
    by_hand(path, "UPDATE entries SET actor = 'eve' WHERE seq = 2")
    assert journal.verify_again().problem is None
    assert journal.verify().place == "line 2"


@pytest.mark.usefixtures("blind")
def test_the_short_walk_compares_the_checkpoint(path: Path, journal: Journal) -> None:
    journal.verify()
    checkpoint = path.with_suffix(".checkpoint")
    checkpoint.write_text(f"3 {'0' * 64}\n")
    assert journal.verify_again().place == "line 3"
    checkpoint.write_text(f"9 {'0' * 64}\n")
    assert journal.verify_again().place == "line 6"


# --- whatever happens ----------------------------------------------------------------------------

ACTS = st.one_of(
    st.tuples(st.just("reserve"), st.integers(0, 2)),
    st.tuples(st.sampled_from([*Move]), st.integers(1, 6)),
    st.just(("note", 0)),
    st.just(("verify", 0)),
)


def act(journal: Journal, what: str, number: int) -> None:
    if what == "verify":
        assert journal.verify_again() == journal.verify()
    elif what == "note":
        journal.note("seen", {})
    elif what == "reserve":
        lock = f"{CHARGE[:-1]}{number}"
        if journal.open_on(ORDER, lock) is None:
            journal.reserve(draft(charge=lock), journal.version(ORDER), ME)
    elif number in {intent.id for intent in journal.intents()}:
        move = Move(what)
        if move is Move.REOPEN and journal.open_on(ORDER, journal.intent(number).lock):
            return
        journal.move(number, move, {"result": "R"})


@settings(
    max_examples=budget(15, 1_000),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(acts=st.lists(ACTS, min_size=5, max_size=30))
def test_verifying_again_says_what_verifying_says(
    acts: list[tuple[str, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    journal = Journal(tmp_path_factory.mktemp("any") / "journal.sqlite", "ann")
    try:
        for what, number in acts:
            try:
                act(journal, what, number)
            except IllegalMove:
                continue
            found = journal.verify_again()
            assert found.problem is None
        assert journal.verify_again() == journal.verify()
    finally:
        journal.close()
