"""A plan of many rows: its phrase, its sums, its outliers, and the file that holds it."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.domain.batch import (
    BadPlan,
    Batch,
    Row,
    Verdict,
    in_words,
    read_plan,
    seconds_a_row,
    time_left,
)
from console.domain.money import Money

TARGET = "S01-1000001-1000001-C100001"


def money(text: str) -> Money:
    return Money.from_text(text)


def row(line: int, amount: str | None = "10.00 USD", action: str = "refund") -> Row:
    return Row(
        line=line,
        id=TARGET,
        action=action,
        verdict=Verdict.WILL_ACT,
        target=TARGET,
        order=TARGET[:19],
        amount=money(amount) if amount else None,
        reason="damaged",
        notes=("a note",),
        method="POST",
        path="/refunds",
        body='{"chargeId":"x"}',
        snapshot={"charge": {"state": "Captured"}, "refunds": {"R": ["Refunded", "1.00 USD"]}},
    )


def plan(*rows: Row) -> Batch:
    return Batch(rows, "acme", "na", "sandbox", "2026-01-15T12:00:00Z", "ann", "fixes.csv")


def text(batch: Batch) -> str:
    return json.dumps(batch.as_json(), ensure_ascii=False, indent=2)


@pytest.mark.parametrize(
    ("rows", "phrase"),
    [
        ([row(2), row(3), row(4)], "3 rows 30.00 USD"),
        ([row(2)], "1 row 10.00 USD"),
        ([row(2, "500 JPY"), row(3), row(4, "1.50 EUR")], "3 rows 1.50 EUR 500 JPY 10.00 USD"),
        ([row(2, None, "cancel"), row(3, None, "close")], "2 rows"),
        ([row(2), replace(row(3), verdict=Verdict.DUPLICATE)], "1 row 10.00 USD"),
    ],
)
def test_the_phrase_counts_what_will_act_and_names_the_totals_by_currency(
    rows: list[Row], phrase: str
) -> None:
    batch = plan(*rows)
    assert batch.phrase == phrase
    assert batch.is_confirmed_by(f" {phrase}\n")
    assert not batch.is_confirmed_by(phrase[:-1])
    assert not batch.is_confirmed_by("")


def test_one_row_may_be_counted_as_scripts_do() -> None:
    assert plan(row(2)).is_confirmed_by("1 rows 10.00 USD")
    eleven = plan(*(row(n) for n in range(11)))
    assert not eleven.is_confirmed_by("11 row 110.00 USD")


def test_an_outlier_is_more_than_three_times_the_median_of_its_kind() -> None:
    usual = [row(n, f"{n}.00 USD") for n in (8, 9, 10, 11)]
    at_the_edge, beyond = row(20, "30.00 USD"), row(21, "30.01 USD")
    assert plan(*usual, at_the_edge).outliers == ()
    ten = [row(n, "10.00 USD") for n in range(2, 7)]
    assert plan(*ten, at_the_edge).outliers == ()
    assert plan(*ten, beyond).outliers == ((beyond, money("10.00 USD")),)
    few = [row(n, "10.00 USD") for n in range(2, 5)]
    assert plan(*few, row(9, "900.00 USD")).outliers == ()
    others = [row(n, "10.00 EUR") for n in range(2, 7)]
    assert plan(*others, row(9, "900.00 USD")).outliers == ()  # another currency is another kind
    assert plan(*others, row(9, "900.00 EUR", "capture")).outliers == ()


def test_the_largest_is_told_for_each_currency() -> None:
    batch = plan(row(2, "5.00 USD"), row(3, "9000 JPY"), row(4, "7.00 USD"), row(5, None, "cancel"))
    assert [r.line for r in batch.largest] == [3, 4]


def test_a_plan_file_is_read_as_it_was_written() -> None:
    bad = Row(3, "junk", "refund", Verdict.INVALID, why="ünreadable ␛", instead="mend it")
    batch = plan(row(2), bad)
    assert read_plan(text(batch)) == batch
    assert read_plan(json.dumps(batch.as_json())).hash == batch.hash


LEAVES = [
    ("rows", 0, "amount", "amount"),
    ("rows", 0, "snapshot", "charge", "state"),
    ("rows", 1, "request", "body"),
    ("rows", 1, "target"),
    ("rows", 1, "check"),
    ("phrase",),
    ("account", "profile"),
    ("made",),
    ("totals", 0, "amount"),
    ("hash",),
    ("version",),
    ("file",),
]


@pytest.mark.parametrize("path", LEAVES, ids=lambda path: "/".join(map(str, path)))
def test_a_change_anywhere_is_found_with_its_place(path: tuple[Any, ...]) -> None:
    data = plan(row(2), row(3)).as_json()
    inside: Any = data
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = "8"
    with pytest.raises(BadPlan) as refused:
        read_plan(json.dumps(data))
    if path[0] == "rows":
        assert f"row {path[1] + 1} (line {path[1] + 2} of the list)" in str(refused.value)


@pytest.mark.parametrize("change", ["cut", "doubled", "swapped", "added"])
def test_rows_that_are_cut_doubled_or_swapped_are_found(change: str) -> None:
    data = plan(row(2), row(3), row(4)).as_json()
    rows = data["rows"]
    if change == "cut":
        del rows[1]
    elif change == "doubled":
        rows.append(rows[0])
    elif change == "swapped":
        rows[0], rows[1] = rows[1], rows[0]
    else:
        rows[0]["more"] = 1
    with pytest.raises(BadPlan, match="changed after it was made"):
        read_plan(json.dumps(data))


@given(st.integers(0, 10_000), st.text(min_size=1, max_size=3))
def test_no_text_is_mistaken_for_the_plan(at: int, piece: str) -> None:
    """Whatever is put wherever: it is refused, or says exactly the same."""
    whole = text(plan(row(2), row(3)))
    at %= len(whole)
    changed = whole[:at] + piece + whole[at + len(piece) :]
    try:
        found = read_plan(changed)
    except BadPlan:
        return
    assert json.loads(changed) == json.loads(whole)
    assert found == plan(row(2), row(3))


@pytest.mark.parametrize("other", ["", "[]", "3", "null", "{}", '{"file": "payconsole plan"}', "["])
def test_what_is_no_plan_is_refused(other: str) -> None:
    with pytest.raises(BadPlan):
        read_plan(other)


def test_a_well_hashed_plan_that_this_program_would_not_write_is_refused() -> None:
    class Forged(Batch):
        @property
        def phrase(self) -> str:
            return "1 row 1.00 USD"

    true = plan(row(2))
    forged = Forged(true.rows, "acme", "na", "sandbox", true.made, "ann", "fixes.csv")
    with pytest.raises(BadPlan, match="not made by payconsole"):
        read_plan(text(forged))


def test_the_time_that_the_throttle_takes() -> None:
    assert seconds_a_row("sandbox", 1) == 1.0
    assert seconds_a_row("live", 1) == 0.5
    assert seconds_a_row("sandbox", 3) == 3.0
    assert seconds_a_row("live", 3) == 1.5
    assert seconds_a_row("live", 3, cooling=10) == 11.5
    three = Fraction(3)
    assert time_left(500, 0, Fraction(0), three) == 1500
    # The first ones came out of a full bucket.
    assert time_left(495, 5, Fraction(1), three) == 1485
    assert time_left(400, 100, Fraction(100), three) == 400


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "less than a minute"), (61, "about 1 min"), (360, "about 6 min"),
     (6000, "about 1 h 40 min")],
)  # fmt: skip
def test_time_in_words(seconds: int, words: str) -> None:
    assert in_words(Fraction(seconds)) == words


def test_money_is_exact() -> None:
    batch = plan(*(row(n, "0.10 USD") for n in range(3)))
    assert batch.totals == (Money(Decimal("0.30"), "USD"),)
