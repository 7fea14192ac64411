"""What differs between two looks at an object."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.domain.difference import Difference, difference, shown_value

BEFORE: dict[str, Any] = {
    "chargeId": "S01-1",
    "captureAmount": None,
    "statusDetails": {"state": "Authorized", "reasons": [{"reasonCode": "A"}, {"reasonCode": "B"}]},
}

_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=12,
)
_objects = st.dictionaries(st.text(max_size=4), _values, max_size=5)


def test_a_state_and_an_amount_that_came() -> None:
    after = copy.deepcopy(BEFORE)
    after["statusDetails"]["state"] = "Captured"
    after["captureAmount"] = {"amount": "10.00", "currencyCode": "USD"}
    assert difference(BEFORE, after) == [
        Difference("statusDetails.state", "Authorized", "Captured"),
        Difference("captureAmount.amount", None, "10.00"),
        Difference("captureAmount.currencyCode", None, "USD"),
    ]


def test_a_reason_that_went() -> None:
    after = copy.deepcopy(BEFORE)
    del after["statusDetails"]["reasons"][1]
    assert difference(BEFORE, after) == [
        Difference("statusDetails.reasons[1].reasonCode", "B", None)
    ]


def test_null_and_missing_are_the_same_nothing() -> None:
    assert difference({"a": None}, {}) == []


@pytest.mark.parametrize(
    ("before", "after", "path"),
    [
        ({"a.b": 1}, {"a": {"b": 1}}, '["a.b"]'),
        ({"[0]": 1}, {}, '["[0]"]'),
        ({"a": {"": 1}}, {}, 'a[""]'),
        ({"x": {"1": 1}}, {"x": [0, 2]}, 'x["1"]'),
    ],
)
def test_a_strange_key_is_no_other_path(
    before: dict[str, Any], after: dict[str, Any], path: str
) -> None:
    assert difference(before, after)[0] == Difference(path, 1, None)


def test_one_is_not_true_and_an_empty_list_is_not_nothing() -> None:
    assert difference({"a": 1}, {"a": True}) == [Difference("a", 1, True)]
    assert difference({"a": []}, {"a": {}}) == [Difference("a", [], {})]


def test_how_a_value_is_shown() -> None:
    values: list[Any] = [None, "x y", True, [], Decimal("1.10")]
    assert [shown_value(value) for value in values] == ["–", "x y", "true", "[]", '"1.10"']


@given(_objects)
def test_an_object_does_not_differ_from_itself(found: dict[str, Any]) -> None:
    assert difference(found, copy.deepcopy(found)) == []


@given(_objects, _objects)
def test_it_is_the_same_from_both_sides(one: dict[str, Any], two: dict[str, Any]) -> None:
    there = {(d.path, repr(d.before), repr(d.after)) for d in difference(one, two)}
    back = {(d.path, repr(d.after), repr(d.before)) for d in difference(two, one)}
    assert there == back
