"""Switches: one for each open question, set by value or by text."""

from __future__ import annotations

import pytest

from console.simulator.switches import Switches


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("save_errors", "true", True),
        ("throttling", "off", False),
        ("read_lag", "2.5", 2.5),
        ("repeated_cancel", "200", 200),
        ("v1_limits", "null", "null"),
    ],
)
def test_a_text_sets_a_switch(name: str, text: str, value: object) -> None:
    assert getattr(Switches().changed({name: text}), name) == value


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("save_error", "true", "There is no switch 'save_error'. Switches: .*save_errors"),
        ("save_errors", "perhaps", "takes true or false"),
        ("read_lag", "long", "takes a number"),
        ("repeated_close", "404", "takes one of 200, 422"),
        ("idempotency_compares", "names", "takes one of bytes, values"),
    ],
)
def test_a_wrong_switch_is_answered_with_the_choices(name: str, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Switches().changed({name: text})
