"""The report of a list: how each row stands, by what the journal holds and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from console.actions.batch.report import ended_now, report_of
from console.actions.renewal import Renewal, Way
from console.domain.batch import Batch, Ended, Row, Standing, Verdict
from console.domain.intent import Move
from console.domain.money import Money
from console.store.claims import Owner
from console.store.journal import Journal
from tests.support.decisions import CHARGE, ORDER, draft

ME = Owner.current()
NEW = f"{ORDER}-C200002"
REFUND = f"{ORDER}-R000001"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(tmp_path / "data" / "journal.sqlite", "ann")
    yield made
    made.close()


def row(line: int = 2, action: str = "refund", verdict: Verdict = Verdict.WILL_ACT) -> Row:
    return Row(line, CHARGE, action, verdict, target=CHARGE, order=ORDER)


def batch_of(*rows: Row) -> Batch:
    return Batch(rows, "acme", "na", "sandbox", "2026-01-15T12:00:00Z", "ann")


def decided(
    journal: Journal,
    batch: Batch,
    operation: str = "create_refund",
    line: int = 2,
    link: Mapping[str, Any] | None = None,
    observed: str = "0.00 USD",
) -> int:
    """A row's decision, reserved; its number."""
    made = replace(
        draft(observed=observed),
        operation=operation,
        link={"batch": batch.hash, "line": line, **(link or {})},
    )
    return journal.reserve(made, journal.version(made.scope), ME).id


def ended(journal: Journal, number: int, move: Move, **data: Any) -> int:
    """The decision was sent, and this came of it."""
    journal.arm(number, ME)
    journal.move(number, move, data)
    return number


def only(journal: Journal, batch: Batch) -> Ended:
    [one] = report_of(journal, batch).rows
    assert not one.row.acts or ended_now(journal, batch, one.row) == one
    return one


# --- what a row says -----------------------------------------------------------------------------


def test_a_row_that_the_plan_does_not_do_says_why_not(journal: Journal) -> None:
    refused = replace(row(verdict=Verdict.NOT_ALLOWED), why="too much")
    assert only(journal, batch_of(refused)) == Ended(refused, Standing.WONT, "too much")


def test_what_went_as_planned_needs_no_reason(journal: Journal) -> None:
    batch = batch_of(row())
    number = ended(journal, decided(journal, batch), Move.ACCEPT, result=REFUND, why="a proof")
    assert only(journal, batch) == Ended(row(), Standing.INITIATED, "", number, REFUND)
    journal.move(number, Move.SETTLE, {"why": "seen"})
    assert only(journal, batch) == Ended(row(), Standing.DONE, "", number, REFUND)


@pytest.mark.parametrize("name", ["why", "evidence", "code"])
def test_what_did_not_says_the_journals_last_word(journal: Journal, name: str) -> None:
    batch = batch_of(row())
    number = decided(journal, batch)
    journal.note("seen", {"why": "an earlier word"}, intent=number)
    ended(journal, number, Move.REFUSE, **{name: "no\x1b[31m " + "x" * 900})
    journal.note("shown", {"to": "ann"}, intent=number)  # a line without a reason is none
    journal.note("seen", {"why": "of another decision"}, intent=None)
    found = only(journal, batch)
    assert found.standing is Standing.REFUSED
    assert found.why.startswith("no␛[31m xxx")
    assert len(found.why) == 500


def test_nothing_is_said_where_the_journal_has_no_word(journal: Journal) -> None:
    batch = batch_of(row())
    number = decided(journal, batch)
    assert only(journal, batch) == Ended(row(), Standing.AT_WORK, "", number)


def test_a_persons_word_is_told_with_its_reason(journal: Journal) -> None:
    batch = batch_of(row())
    number = ended(journal, decided(journal, batch), Move.LOSE, why="no answer")
    assert only(journal, batch) == Ended(row(), Standing.UNKNOWN, "no answer", number)
    journal.move(number, Move.HAPPENED, {"evidence": "seen there"})
    assert only(journal, batch) == Ended(row(), Standing.DONE, "seen there", number)


# --- a row that was held back --------------------------------------------------------------------


def held(journal: Journal, batch: Batch, why: str) -> None:
    journal.note("batch_row", {"batch": batch.hash, "line": 2, "standing": "stale", "why": why})


def test_a_row_that_was_held_back_is_told_by_its_note(journal: Journal) -> None:
    batch = batch_of(row())
    held(journal, batch, "it has changed")
    [found] = report_of(journal, batch).rows
    assert found == Ended(row(), Standing.STALE, "it has changed")


def test_and_names_the_decision_that_came_to_nothing_before(journal: Journal) -> None:
    batch = batch_of(row())
    number = ended(journal, decided(journal, batch), Move.NOT_SENT, why="no network")
    held(journal, batch, "it has changed")
    [found] = report_of(journal, batch).rows
    assert found == Ended(row(), Standing.STALE, "it has changed", number)


def test_a_note_is_nothing_beside_what_was_sent_after_it(journal: Journal) -> None:
    batch = batch_of(row())
    held(journal, batch, "it has changed")
    number = ended(journal, decided(journal, batch), Move.ACCEPT, result=REFUND)
    assert only(journal, batch) == Ended(row(), Standing.INITIATED, "", number, REFUND)


def test_notes_of_other_lists_and_rows_are_not_its_own(journal: Journal) -> None:
    batch, other = batch_of(row()), batch_of(row(), row(3))
    held(journal, other, "it has changed")
    assert only(journal, batch) == Ended(row(), Standing.LEFT)
    assert [one.standing for one in report_of(journal, other).rows] == [
        Standing.STALE, Standing.LEFT,
    ]  # fmt: skip


def test_each_row_of_an_order_has_its_own_decision(journal: Journal) -> None:
    batch, other = batch_of(row(2), row(3)), batch_of(row(3))
    number = ended(journal, decided(journal, batch, line=3), Move.REFUSE, why="no")
    left, refused = report_of(journal, batch).rows
    assert left == Ended(row(2), Standing.LEFT)
    assert refused == Ended(row(3), Standing.REFUSED, "no", number)
    assert report_of(journal, other).rows == (Ended(row(3), Standing.LEFT),)


# --- a renewal, which is two decisions ------------------------------------------------------------

CREATE_FIRST = Renewal(CHARGE, "10.00 USD", Way.CREATE_FIRST)
CANCEL_FIRST = Renewal(CHARGE, "10.00 USD", Way.CANCEL_FIRST)


def renewal() -> Row:
    return replace(row(action="extend"), amount=Money.from_text("10.00 USD"))


def begun(journal: Journal, batch: Batch, part: Renewal) -> int:
    """The first step, accepted."""
    create = part.way is Way.CREATE_FIRST
    operation = "create_charge" if create else "cancel_charge"
    number = decided(journal, batch, operation, link=part.link)
    return ended(journal, number, Move.ACCEPT, result=NEW if create else CHARGE)


def test_one_of_which_a_step_is_left_is_half_done(journal: Journal) -> None:
    batch = batch_of(renewal())
    number = begun(journal, batch, CREATE_FIRST)
    assert only(journal, batch) == Ended(renewal(), Standing.HALF_DONE, "", number, NEW)


def test_one_that_something_else_has_ended_is_stale(journal: Journal) -> None:
    batch = batch_of(renewal())
    number = begun(journal, batch, CREATE_FIRST)
    journal.end_renewal(number, "canceled by hand")
    assert only(journal, batch) == Ended(renewal(), Standing.STALE, "canceled by hand", number, NEW)


@pytest.mark.parametrize("way", [CREATE_FIRST, CANCEL_FIRST], ids=lambda part: str(part.way))
def test_what_it_made_is_the_new_charge_whichever_step_made_it(
    journal: Journal, way: Renewal
) -> None:
    batch = batch_of(renewal())
    first = begun(journal, batch, way)
    second = replace(way, step=2, after=first)
    create = way.way is Way.CANCEL_FIRST
    operation = "create_charge" if create else "cancel_charge"
    number = decided(journal, batch, operation, link=second.link, observed="1.00 USD")
    ended(journal, number, Move.ACCEPT, result=NEW if create else CHARGE)
    found = only(journal, batch)
    assert (found.standing, found.intent, found.result) == (Standing.INITIATED, number, NEW)
    journal.move(number, Move.SETTLE, {})
    assert only(journal, batch).standing is Standing.INITIATED  # the first is still under way
    journal.move(first, Move.SETTLE, {})
    assert only(journal, batch).standing is Standing.DONE


def test_one_whose_second_step_died_is_half_done_again(journal: Journal) -> None:
    batch = batch_of(renewal())
    first = begun(journal, batch, CANCEL_FIRST)
    second = replace(CANCEL_FIRST, step=2, after=first)
    number = decided(journal, batch, "create_charge", link=second.link, observed="1.00 USD")
    ended(journal, number, Move.ACCEPT, result=NEW)
    journal.move(number, Move.DECLINE, {"why": "AmazonRejected"})
    found = only(journal, batch)
    assert (found.intent, found.result) == (number, NEW)
    assert (found.standing, found.why) == (Standing.HALF_DONE, "AmazonRejected")


def test_a_cancellation_made_what_it_canceled(journal: Journal) -> None:
    batch = batch_of(row(action="cancel"))
    number = ended(journal, decided(journal, batch, "cancel_charge"), Move.ACCEPT, result=CHARGE)
    found = only(journal, batch)
    assert (found.intent, found.result) == (number, CHARGE)
