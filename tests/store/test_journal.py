"""The journal: what it keeps, what it lets through, and who may read it."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from console.domain.intent import Move, State
from console.domain.money import Money
from console.store.claims import Owner
from console.store.decisions import Blocked, NoSuchIntent, VersionMoved
from console.store.index import KnownIds
from console.store.journal import Journal
from tests.support.decisions import CHARGE, ORDER, draft

ME = Owner.current()
OTHER = f"{ORDER}-C100002"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(tmp_path / "data" / "journal.sqlite", "ann")
    yield made
    made.close()


def decided(journal: Journal, **values: str) -> int:
    """A reserved decision; its number."""
    made = draft(**values)  # type: ignore[arg-type]
    return journal.reserve(made, journal.version(made.scope), ME).id


def accepted(journal: Journal, result: str, **values: str) -> int:
    number = decided(journal, **values)
    journal.arm(number, ME)
    journal.move(number, Move.ACCEPT, {"result": result}, answer={"status": 201})
    return number


# --- reserving -----------------------------------------------------------------------------------


def test_a_reservation_keeps_every_part_of_the_decision(journal: Journal) -> None:
    wanted = draft("12.34 USD", "5.00 USD", generation=2)
    made = journal.reserve(wanted, 0, ME)
    for name in wanted.__dataclass_fields__:
        assert getattr(made, name) == getattr(wanted, name), name
    assert (made.state, made.actor, made.attempts) == (State.RESERVED, "ann", 0)
    assert journal.intent(made.id) == made


def test_one_open_intent_for_each_object(journal: Journal) -> None:
    first = decided(journal)
    with pytest.raises(Blocked) as blocked:
        decided(journal, amount="3.00 USD")
    assert blocked.value.holder.id == first
    assert decided(journal, charge=OTHER) != first
    assert len(journal.intents()) == 2


def test_an_intent_on_the_whole_order_blocks_each_of_its_charges_and_they_it(
    journal: Journal,
) -> None:
    """Captures and cancels lock the permission: a late capture beside a new charge pays twice."""
    whole = decided(journal, lock=ORDER)
    for charge in (CHARGE, OTHER):
        with pytest.raises(Blocked):
            decided(journal, charge=charge)
    journal.move(whole, Move.ABANDON, {})
    decided(journal)
    with pytest.raises(Blocked):
        decided(journal, charge=OTHER, lock=ORDER)


def test_a_plan_of_before_the_last_line_is_not_reserved(journal: Journal) -> None:
    number = decided(journal)
    version = journal.version(ORDER)
    journal.move(number, Move.ABANDON, {})
    with pytest.raises(VersionMoved):
        journal.reserve(draft(), version, ME)
    with pytest.raises(VersionMoved):
        journal.reopen(number, version, ME, draft())
    assert journal.reopen(number, journal.version(ORDER), ME, draft()).state is State.RESERVED


def test_what_does_not_move_an_intent_does_not_move_the_version(journal: Journal) -> None:
    journal.note("reveal", {"what": "buyer data"}, obj=ORDER)
    assert journal.version(ORDER) == 0
    decided(journal)


def test_arming_hands_out_the_stored_bytes_and_counts(journal: Journal) -> None:
    wanted = draft()
    number = journal.reserve(wanted, 0, ME).id
    for attempt in (1, 2, 3):
        armed = journal.arm(number, ME)
        assert (armed.attempt, armed.body, armed.idempotency_key) == (
            attempt,
            wanted.body,
            wanted.key,
        )
        journal.move(number, Move.LOSE, {})
    assert (journal.intent(number).attempts, journal.intent(number).unanswered) == (3, 3)


def test_there_is_no_such_intent(journal: Journal) -> None:
    with pytest.raises(NoSuchIntent):
        journal.intent(7)
    with pytest.raises(NoSuchIntent):
        journal.move(7, Move.ARM, {})


# --- the sum of live refunds, and generations ----------------------------------------------------


def test_an_amount_counts_from_accepted_until_declined(journal: Journal) -> None:
    def live() -> str:
        return str(journal.live_refunds(CHARGE, "USD"))

    number = decided(journal)
    assert live() == "0.00 USD"
    journal.arm(number, ME)
    assert live() == "0.00 USD"
    journal.move(number, Move.LOSE, {})
    assert live() == "0.00 USD"
    journal.arm(number, ME)
    journal.move(number, Move.ACCEPT, {"result": "R1"}, answer={})
    assert live() == "10.00 USD"
    journal.move(number, Move.DECLINE, {})
    assert live() == "0.00 USD"


def test_an_absorbed_refund_counts_once(journal: Journal) -> None:
    accepted(journal, "R1")
    second = decided(journal)
    journal.arm(second, ME)
    journal.move(second, Move.ABSORB, {"result": "R1"}, answer={})
    assert str(journal.live_refunds(CHARGE, "USD")) == "10.00 USD"
    accepted(journal, "R2", amount="5.00 USD", observed="10.00 USD")
    accepted(journal, "R3", charge=OTHER)
    assert str(journal.live_refunds(CHARGE, "USD")) == "15.00 USD"
    assert journal.live_refunds(CHARGE, "EUR") == Money.zero("EUR")


def test_only_a_dead_refund_and_a_given_up_key_open_a_generation(journal: Journal) -> None:
    def generation(observed: str = "0.00 USD") -> int:
        return journal.generation("create_refund", CHARGE, observed)

    number = decided(journal)
    for move in (Move.ARM, Move.LOSE, Move.DID_NOT):
        journal.move(number, move, {})
        assert generation() == 0
    journal.reopen(number, journal.version(ORDER), ME, draft())
    journal.move(number, Move.ARM, {})
    journal.move(number, Move.REFUSE, {})
    assert generation() == 0
    journal.give_up_key(number, "it keeps refusing")
    assert generation() == 1
    assert generation("10.00 USD") == 0
    assert journal.generation("create_refund", OTHER, "0.00 USD") == 0
    second = journal.reserve(draft(generation=1), journal.version(ORDER), ME).id
    journal.arm(second, ME)
    journal.move(second, Move.ACCEPT, {"result": "R1"}, answer={})
    assert generation() == 1
    journal.move(second, Move.DECLINE, {})
    assert generation() == 2


# --- an answer and what it proves ----------------------------------------------------------------


def test_an_answer_and_what_it_proves_are_one_step(journal: Journal) -> None:
    """A crash between the two must not leave an attempt that looks answered and is not."""
    number = decided(journal)
    journal.arm(number, ME)
    with pytest.raises(RuntimeError):
        journal.move(number, Move.SETTLE, {}, answer={"status": 201})  # no such move
    assert journal.intent(number).unanswered == 1
    assert [line.kind for line in journal.entries(intent=number)] == ["reserve", "arm"]


# --- many at once --------------------------------------------------------------------------------


def test_many_threads_and_connections_write_one_chain(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    journals = [Journal(path, name) for name in ("ann", "bob", "cem")]

    def write(number: int) -> None:
        journals[number % 3].note("seen", {"number": number})

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(write, range(300)))
    assert journals[0].verify().entries == 300
    assert journals[0].verify().problem is None
    lines = journals[0].entries()
    assert sorted(line.data["number"] for line in lines) == list(range(300))
    checkpoint = (tmp_path / "journal.checkpoint").read_text().split()
    assert int(checkpoint[0]) > 290  # it may be passed by a neighbour, never by many
    assert [p.name for p in tmp_path.iterdir() if "new" in p.name] == []
    for journal in journals:
        journal.close()


def test_verifying_while_others_write_finds_nothing_wrong(tmp_path: Path) -> None:
    writer = Journal(tmp_path / "journal.sqlite", "ann")
    auditor = Journal(tmp_path / "journal.sqlite", "bob")
    done = threading.Event()

    def write() -> None:
        while not done.is_set():
            writer.note("seen", {})

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        try:
            found = [auditor.verify() for _ in range(60)]
        finally:
            done.set()
        writing.result()
    assert {verification.problem for verification in found} == {None}
    assert found[-1].entries > found[0].entries
    for journal in (writer, auditor):
        journal.close()


OPEN_AT_ONCE = """
import sys, time
from pathlib import Path
from console.store.journal import Journal
folder, start = Path(sys.argv[1]), float(sys.argv[2])
for round in range(12):
    while time.time() < start + round * 0.1:
        pass
    journal = Journal(folder / str(round) / "journal.sqlite", "someone")
    for number in range(3):
        journal.note("seen", {"number": number})
    journal.close()
"""


def test_processes_that_open_a_new_journal_at_the_same_moment(tmp_path: Path) -> None:
    start = str(time.time() + 1.0)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN_AT_ONCE, str(tmp_path), start], stderr=subprocess.PIPE
        )
        for _ in range(3)
    ]
    for process in processes:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said.decode()
    for number in range(12):
        journal = Journal(tmp_path / str(number) / "journal.sqlite", "me")
        assert journal.verify().entries == 9
        assert journal.verify().problem is None
        journal.close()


# --- whose eyes ----------------------------------------------------------------------------------


def test_files_and_folder_are_for_their_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        folder = tmp_path / "made" / "here"
        journal, known = Journal(folder / "journal.sqlite", "ann"), KnownIds(folder / "i.sqlite")
        decided(journal)
        known.remember([])
        found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
        journal.close()
        known.close()
    finally:
        os.umask(before)
    assert {"journal.sqlite", "journal.checkpoint", "i.sqlite"} <= set(found)
    assert set(found.values()) == {0o600}, found
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_what_a_person_writes_is_kept_as_it_is(journal: Journal) -> None:
    """Text is cleaned where it comes in; what came in is kept whole."""
    said = "“Łódź” 山田 \u200d 🙂 ' -- \" ; DROP TABLE entries"
    number = decided(journal)
    journal.move(number, Move.ABANDON, {"why": said})
    assert journal.entries(intent=number)[-1].data["why"] == said
    assert journal.verify().problem is None


def test_a_journal_of_an_older_version_opens_and_verifies(tmp_path: Path) -> None:
    """Its intents had no ticket, profile or link yet."""
    path = tmp_path / "journal.sqlite"
    older = Journal(path, "somebody")
    number = decided(older)
    older.close()
    with closing(sqlite3.connect(path)) as file:
        for name in ("ticket", "profile", "link"):
            file.execute(f"ALTER TABLE intents DROP COLUMN {name}")
        file.commit()
    journal = Journal(path, "somebody")
    intent = journal.intent(number)
    assert (intent.ticket, intent.profile, intent.link) == ("", "", None)
    assert journal.verify().problem is None
    journal.close()
