"""Words and columns of the screen: ages as whole sentences, texts that are wider than English."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from gettext import NullTranslations

import pytest
from rich.cells import cell_len
from textual.content import Content

from console.domain import language
from console.tui.widgets.details import timeline
from console.tui.widgets.explained import explain
from console.tui.widgets.footer import Keys
from console.tui.widgets.head import head_lines
from console.tui.widgets.side_by_side import vocabulary
from console.tui.words import age, ahead, column_for, expiry, labelled, padded, span
from tests.domain.builders import CHARGE, charge, order, permission

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
_WIDE = {code: code + 0xFEE0 for code in range(ord("!"), ord("~") + 1)}  # two cells each


class Wide(NullTranslations):
    """Every text in letters of twice the width; what stands in braces stays."""

    def gettext(self, message: str) -> str:
        parts = message.replace("{", "\0{").replace("}", "}\0").split("\0")
        return "".join(part if part[:1] == "{" else part.translate(_WIDE) for part in parts)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


@pytest.fixture
def wide() -> Iterator[None]:
    language.use(Wide())
    yield
    language.use(language.ENGLISH)


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(seconds=59), "59 s"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=23), "23 h"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=12, hours=23), "12 days"),
    ],
)
def test_a_length_is_told_in_its_largest_unit(length: timedelta, said: str) -> None:
    assert span(length) == said
    assert ahead(length) == f"in {said}"
    assert age(NOW - length, NOW) == f"{said} ago"
    assert expiry(NOW + length, NOW) == f"expires in {said}"
    assert expiry(NOW - length, NOW) == f"expired {said} ago"


def test_what_was_just_now_and_what_is_ahead() -> None:
    assert age(NOW - timedelta(seconds=4), NOW) == "just now"
    assert age(NOW + timedelta(minutes=1), NOW) == "now"  # two clocks are never quite alike
    assert age(NOW + timedelta(days=2), NOW) == "in 2 days"
    assert age(None, NOW) == expiry(None, NOW) == ""


def test_columns_count_cells_and_grow_with_their_labels() -> None:
    assert cell_len(padded("返金", 10)) == 10
    assert padded("返金", 3) == "返金 "
    assert column_for(["返金", "refund"]) == 7
    assert column_for(["返金"], 12) == 12
    first, then = labelled("意味", "one two three", 14, column=4)
    assert first.plain.rstrip() == "意味 one two"
    assert then.plain.rstrip() == "     three"


@pytest.mark.parametrize("width", [80, 110, 140])
@pytest.mark.usefixtures("wide")
def test_no_line_is_wider_than_the_screen_in_a_wide_language(width: int) -> None:
    shown = order(charge("Authorized"), permission=permission())
    drawn: list[Content] = [
        *head_lines(shown, width),
        *explain(shown, CHARGE, width),
        *vocabulary(shown, CHARGE, width),
        *timeline(shown, width),
        *Keys()._lines(width),
    ]
    assert "ｍｅａｎｓ" in "\n".join(line.plain for line in drawn)
    assert [line.plain for line in drawn if line.cell_length > width] == []


@pytest.mark.usefixtures("wide")
def test_columns_stand_under_each_other_in_a_wide_language() -> None:
    shown = order(charge("Authorized"), permission=permission())
    lines = [line.plain for line in explain(shown, CHARGE, 140)]
    offers = [line for line in lines if line[:2] in ("✓ ", "✗ ")]
    places = {cell_len(line[: line.index("C043451")]) for line in offers if "C043451" in line}
    assert len(offers) > 3
    assert len(places) == 1
