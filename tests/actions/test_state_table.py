"""The state table of an intent: what it holds, what it refuses, where it ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.domain.intent import (
    LIVE_STATES,
    OPEN_STATES,
    RETRYABLE,
    TRANSITIONS,
    IllegalMove,
    Move,
    State,
    advance,
)
from console.store.claims import Owner
from console.store.journal import Journal
from tests.support.decisions import draft

ENDS = {State.SETTLED, State.DECLINED, State.STALE, State.CONFLICT}


def reachable(start: State) -> set[State]:
    found = {start}
    while True:
        more = {after for (before, _), after in TRANSITIONS.items() if before in found} - found
        if not more:
            return found
        found |= more


@pytest.mark.parametrize("state", State)
def test_a_move_that_the_table_does_not_hold_raises(state: State) -> None:
    for move in Move:
        if (state, move) in TRANSITIONS:
            assert advance(state, move) is TRANSITIONS[state, move]
        else:
            with pytest.raises(IllegalMove, match=f"{state} can't {move}"):
                advance(state, move)


def test_every_state_can_be_reached_and_every_move_is_used() -> None:
    assert reachable(State.PLANNED) == set(State)
    assert {move for _, move in TRANSITIONS} == set(Move)


def test_the_ends_are_those_of_the_protocol() -> None:
    assert {state for state in State if reachable(state) == {state}} == ENDS
    for state in State:
        assert reachable(state) & ENDS, f"from {state} nothing ever ends"


def test_money_moves_only_behind_an_armed_attempt() -> None:
    """Accepted and absorbed are reached from behind an armed attempt, or by a person's word."""
    ways = {(before, move) for (before, move), after in TRANSITIONS.items() if after in LIVE_STATES}
    assert ways == {
        (State.SENDING, Move.ACCEPT),
        (State.SENDING, Move.ABSORB),
        (State.UNKNOWN, Move.HAPPENED),
        (State.UNKNOWN, Move.ACCEPT),  # a read shows what the armed attempt wanted
        (State.UNKNOWN, Move.ABSORB),
        (State.ACCEPTED, Move.SETTLE),
    }


def test_unknown_is_left_only_by_sending_again_by_a_proving_read_or_by_a_person() -> None:
    ways = {move for state, move in TRANSITIONS if state is State.UNKNOWN}
    by_a_read = {Move.ACCEPT, Move.ABSORB, Move.STALE}
    assert ways == {Move.ARM, *by_a_read, Move.HAPPENED, Move.DID_NOT}


def test_what_blocks_what_counts_and_what_can_be_tried_again_are_different_states() -> None:
    assert not OPEN_STATES & LIVE_STATES
    assert not OPEN_STATES & RETRYABLE
    assert not LIVE_STATES & RETRYABLE
    assert {before for (before, move) in TRANSITIONS if move is Move.REOPEN} == RETRYABLE
    # A key that may have been used by somebody else's body, or is stale, is not tried again.
    assert set(State) - OPEN_STATES - LIVE_STATES - RETRYABLE == {
        State.PLANNED,
        State.DECLINED,
        State.STALE,
        State.CONFLICT,
    }


WAYS: dict[State, list[Move]] = {
    State.RESERVED: [],
    State.SENDING: [Move.ARM],
    State.UNKNOWN: [Move.ARM, Move.LOSE],
    State.ACCEPTED: [Move.ARM, Move.ACCEPT],
    State.SETTLED: [Move.ARM, Move.ACCEPT, Move.SETTLE],
    State.DECLINED: [Move.ARM, Move.ACCEPT, Move.DECLINE],
    State.STALE: [Move.STALE],
    State.CONFLICT: [Move.ARM, Move.CONFLICT],
    State.ABSORBED: [Move.ARM, Move.ABSORB],
    State.REFUSED: [Move.ARM, Move.REFUSE],
    State.NOT_SENT: [Move.ARM, Move.NOT_SENT],
    State.ABANDONED: [Move.ABANDON],
}


@pytest.mark.parametrize("state", WAYS)
def test_the_journal_writes_no_line_for_a_move_that_is_not_held(
    state: State, tmp_path: Path
) -> None:
    journal = Journal(tmp_path / "journal.sqlite", "tester")
    number = journal.reserve(draft(), 0, Owner.current()).id
    for move in WAYS[state]:
        journal.move(number, move, {})
    assert journal.intent(number).state is state
    before = journal.entries()
    for move in Move:
        if (state, move) not in TRANSITIONS:
            with pytest.raises(IllegalMove):
                journal.move(number, move, {})
    assert journal.entries() == before
    assert journal.intent(number).state is state
    assert journal.verify().problem is None
    journal.close()
