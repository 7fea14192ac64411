"""Japanese and other wide text breaks where its readers expect it, and never beyond the width."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from textual.content import Content

from console.tui.wrapping import wrap

_JAPANESE = "この注文には、返金がすでに受付済みです。「Captured」のChargeを確認してください。"


def lines(text: str, width: int) -> list[str]:
    return [line.plain for line in wrap(Content(text), width)]


def test_a_sentence_without_blanks_fills_its_lines() -> None:
    assert lines("返金の受付が済みました", 8) == ["返金の受", "付が済み", "ました"]


def test_no_line_begins_with_a_full_stop_or_a_closing_bracket() -> None:
    assert lines("返金です。次へ", 8) == ["返金で", "す。次へ"]
    assert lines("前は「済」です", 10) == ["前は「済」", "です"]
    assert lines("前は「済」です", 9) == ["前は", "「済」で", "す"]


def test_no_line_ends_with_an_opening_bracket() -> None:
    assert lines("これは「済み」", 8) == ["これは", "「済み」"]


def test_words_of_amazon_are_not_split() -> None:
    assert lines("状態はCapturedです", 12) == ["状態は", "Capturedです"]


def test_a_mark_before_a_sentence_stays_with_it() -> None:
    assert lines("! この注文", 20) == ["! この注文"]
    assert lines("! この注文は長い", 10)[0] == "! この注文"


def test_what_is_styled_stays_styled() -> None:
    styled = Content.assemble("返金は", ("受付済み", "bold"), "です")
    first, second, *_rest = wrap(styled, 8)
    assert (first.plain, second.plain) == ("返金は受", "付済みで")
    assert [(span.start, span.end) for span in second.spans] == [(0, 3)]


def test_paragraphs_stay() -> None:
    assert lines("一行\n\n二行", 10) == ["一行", "", "二行"]


def test_english_is_wrapped_at_its_blanks() -> None:
    assert [line.strip() for line in lines("refund of 12.50", 10)] == ["refund of", "12.50"]


@given(st.text("あいう漢字。、「」（）ab c1. ", max_size=60), st.integers(10, 40))
def test_nothing_is_lost_and_nothing_is_too_wide(text: str, width: int) -> None:
    wrapped = wrap(Content(text + "終"), width)
    assert "".join("".join(line.plain.split()) for line in wrapped) == "".join(text.split()) + "終"
    assert all(line.cell_length <= width for line in wrapped)
