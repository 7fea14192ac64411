"""The key of a decision: the same for everybody who saw the same, another for everything else."""

from __future__ import annotations

import re
from base64 import b32encode
from hashlib import sha256

import pytest

from console.domain.intent import Move, Reservation, State, derive_key
from console.domain.money import Money

SEEN = ("live", "create_refund", "S01-1000001-1000001-C100001", "10.00 USD", 0)


def test_it_is_made_as_every_console_makes_it() -> None:
    """Two versions of this program must collide as well: the recipe stands for ever."""
    text = b"payconsole/1|live|create_refund|S01-1000001-1000001-C100001|10.00 USD|0"
    key = derive_key(*SEEN)
    assert key == b32encode(sha256(text).digest()).decode().lower()[:32]
    assert derive_key("live", "create_refund", SEEN[2], Money.from_text("10.00 USD"), 0) == key


def test_amazon_can_take_it() -> None:
    assert re.fullmatch(r"[a-z2-7]{32}", derive_key(*SEEN))


@pytest.mark.parametrize(
    "other",
    [
        ("sandbox", *SEEN[1:]),
        ("live", "capture_charge", *SEEN[2:]),
        (*SEEN[:2], "S01-1000001-1000001-C100002", *SEEN[3:]),
        (*SEEN[:3], "10.01 USD", 0),
        (*SEEN[:4], 1),
    ],
)
def test_everything_that_was_seen_is_in_it(other: tuple[str, str, str, str, int]) -> None:
    assert derive_key(*other) != derive_key(*SEEN)


def test_the_words_of_the_journal_stand_for_ever() -> None:
    """They are stored: an older journal must still be read."""
    assert [str(state) for state in State] == [
        "planned", "reserved", "sending", "unknown", "accepted", "settled", "declined", "stale",
        "conflict", "absorbed", "refused", "not_sent", "abandoned",
    ]  # fmt: skip
    assert [str(move) for move in Move] == [
        "reserve", "arm", "accept", "absorb", "refuse", "not_sent", "conflict", "stale", "lose",
        "abandon", "settle", "decline", "happened", "did_not", "reopen",
    ]  # fmt: skip


def test_a_reservation_can_not_be_changed() -> None:
    made = Reservation(1, 1, "create_refund", SEEN[2], "POST", "/refunds", b"{}", "k")
    with pytest.raises(AttributeError):
        made.body = b"other"  # type: ignore[misc]
