"""Who is at work on an intent: one process at a time, found out even after a crash."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from console.domain.intent import Move, State
from console.store.claims import LEASE_SECONDS, NotOurs, Owner
from console.store.journal import Journal
from tests.support.bench import another_living_process, ended_process
from tests.support.decisions import draft

ME = Owner.current()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(tmp_path / "journal.sqlite", "ann")
    made.reserve(draft(), 0, ME)
    yield made
    made.close()


def lease(journal: Journal, seconds: float) -> None:
    """Let the claim run out in `seconds` from now."""
    with journal.claims._engine.begin() as connection:
        connection.execute(text(f"UPDATE claims SET until = strftime('%s', 'now') + {seconds}"))


def test_a_reservation_is_claimed_by_the_process_that_made_it(journal: Journal) -> None:
    other = another_living_process()
    assert journal.claims.claim(1, ME)
    assert not journal.claims.claim(1, other)
    with pytest.raises(NotOurs):
        journal.arm(1, other)
    assert journal.intent(1).state is State.RESERVED
    journal.claims.release(1, ME)
    assert journal.claims.claim(1, other)
    with pytest.raises(NotOurs):
        journal.arm(1, ME)


def test_nobody_gives_back_what_another_one_holds(journal: Journal) -> None:
    other = another_living_process()
    journal.claims.release(1, other)
    assert not journal.claims.claim(1, other)


def test_the_claim_of_a_process_that_ended_is_free(journal: Journal) -> None:
    journal.claims.release(1, ME)
    assert journal.claims.claim(1, ended_process())
    assert journal.claims.claim(1, ME)


def test_a_later_process_with_the_same_number_is_another_one(journal: Journal) -> None:
    journal.claims.release(1, ME)
    assert journal.claims.claim(1, replace(ME, started="before the restart"))
    assert journal.claims.claim(1, ME)


def test_of_another_machine_only_the_lease_tells(journal: Journal) -> None:
    journal.claims.release(1, ME)
    elsewhere = Owner("another-machine", 7, "1")
    assert journal.claims.claim(1, elsewhere)
    assert not journal.claims.claim(1, ME)
    lease(journal, 30)
    assert not journal.claims.claim(1, ME)
    lease(journal, -2)
    assert journal.claims.claim(1, ME)


def test_each_attempt_renews_the_lease(journal: Journal) -> None:
    lease(journal, 1)
    journal.arm(1, ME)
    with journal.claims._engine.begin() as connection:
        left = connection.execute(
            text("SELECT until - strftime('%s', 'now') FROM claims WHERE intent = 1")
        ).scalar()
    assert left is not None
    assert left > LEASE_SECONDS - 10


def test_claims_are_no_history(journal: Journal) -> None:
    before = journal.entries()
    journal.claims.claim(1, ME)
    journal.claims.release(1, ME)
    journal.move(1, Move.ABANDON, {})
    assert journal.entries()[:-1] == before
    assert journal.verify().problem is None
