"""Words that programs and older journals go by, and what is never taken for granted."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any

import pytest

from console.actions.batch.report import NOTE
from console.actions.batch.stop import Stopped
from console.actions.confirmation import check_confirmation
from console.actions.engine import Engine
from console.actions.outcome import Outcome, Result
from console.actions.recovery import follow, recover


def test_results_have_the_names_of_the_contract() -> None:
    assert [str(result) for result in Result] == [
        "accepted",
        "already_so",
        "absorbed",
        "refused",
        "unknown",
        "not_sent",
        "stale",
        "conflict",
        "blocked",
        "dry_run",
    ]


def test_an_outcome_claims_nothing_by_itself() -> None:
    outcome = Outcome("refund", "S01-1000001-1000001-C100001", Result.BLOCKED, "why")
    assert (outcome.attempts, outcome.facts, outcome.pending) == (0, (), False)


def test_a_row_that_is_held_back_keeps_its_name_in_the_journal() -> None:
    assert NOTE == "batch_row"


def test_a_run_that_was_asked_to_stop_needs_no_hint() -> None:
    assert Stopped("Stopped as asked.", None).hint == ""


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (check_confirmation, "above_captured"),
        (check_confirmation, "disputed"),
        (Engine.perform, "above_captured"),
        (Engine.perform, "disputed"),
        (recover, "nobody_else"),
        (recover, "disputed"),
        (follow, "last_look"),
    ],
)
def test_a_persons_further_word_is_never_taken_for_granted(
    call: Callable[..., Any], word: str
) -> None:
    assert signature(call).parameters[word].default is False
