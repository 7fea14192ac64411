"""Every text from outside is cleaned: nothing hides, nothing obeys."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.domain.text import clean, clean_json, clean_line, columns, has_hidden, padded

# textual.md, "Text from outside", spelled out here once more: the code must not be its own judge.
HIDDEN = frozenset(
    [
        *(code for code in range(0x20) if code != 0x0A),
        *range(0x7F, 0xA0),
        0x00AD, 0x061C, 0x180E, 0x200B, 0x200E, 0x200F,
        *range(0x2028, 0x202F),
        *range(0x2060, 0x2070),
        0xFEFF,
        *range(0xFFF9, 0xFFFC),
        *range(0xE0000, 0xE0080),
        *range(0xD800, 0xE000),
    ]
)  # fmt: skip
KEPT = "\u200c\u200d"  # scripts need them

anything = st.text(alphabet=st.characters(codec=None), max_size=200)
nasty = st.text(alphabet=st.sampled_from([*map(chr, sorted(HIDDEN)[:200]), "\n", "a", *KEPT]))


def hidden_in(text: str) -> set[str]:
    return {char for char in text if ord(char) in HIDDEN}


@pytest.mark.parametrize("code", sorted(HIDDEN - set(range(0xD801, 0xDFFF))), ids=hex)
def test_each_hidden_character_becomes_visible(code: int) -> None:
    shown = clean(f"a{chr(code)}b")
    assert not hidden_in(shown)
    assert len(shown) >= 3, "nothing is silently dropped"
    assert has_hidden(chr(code))


def test_joiners_survive() -> None:
    text = f"क्{KEPT}ष"
    assert clean(text) == text
    assert not has_hidden(text)


def test_newlines_stay_and_lines_have_none() -> None:
    assert clean("a\nb") == "a\nb"
    assert clean_line("a\nb\r\nc\rd") == "a␤b␤c␍d"
    assert len(clean_line("a\u2028b\u2029c\x85d\x0be\x0cf").splitlines()) == 1


def test_controls_have_pictures() -> None:
    assert clean("\x1b[31m\x07\x00\x7f") == "␛[31m␇␀␡"
    assert clean("a\tb") == "a b"
    assert clean("\u202egnp") == "‹U+202E›gnp"


@given(st.one_of(anything, nasty))
def test_nothing_hidden_survives(text: str) -> None:
    assert not hidden_in(clean(text))
    assert not hidden_in(clean_line(text))
    assert "\n" not in clean_line(text)
    assert not has_hidden(clean(text))


@given(st.one_of(anything, nasty))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert clean_line(clean_line(text)) == clean_line(text)


@given(st.text(alphabet=st.characters(exclude_categories=["C"]), max_size=100))
def test_what_hides_nothing_is_untouched(text: str) -> None:
    visible = "".join(char for char in text if ord(char) not in HIDDEN)
    assert clean(visible) == visible


@given(st.one_of(anything, nasty), st.integers(1, 50))
def test_the_limit_holds_for_what_is_shown(text: str, limit: int) -> None:
    shown = clean(text, limit)
    assert len(shown) <= limit
    assert clean(text).startswith(shown.removesuffix("…"))


def test_a_megabyte_is_cut() -> None:
    assert len(clean("x" * 1_000_000)) == 4096
    assert clean("x" * 5000).endswith("…")


leaves = st.one_of(st.none(), st.booleans(), st.integers(), anything)
documents = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(anything, inner)),
    max_leaves=20,
)


def texts_of(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [*value.keys(), *(text for item in value.values() for text in texts_of(item))]
    if isinstance(value, list):
        return [text for item in value for text in texts_of(item)]
    return [value] if isinstance(value, str) else []


@given(documents)
def test_every_text_of_a_document_is_cleaned_and_its_shape_kept(document: Any) -> None:
    cleaned = clean_json(document)
    assert not any(hidden_in(text) for text in texts_of(cleaned))
    assert type(cleaned) is type(document)
    if isinstance(document, list):
        assert len(cleaned) == len(document)


@pytest.mark.parametrize("opening", ['{"a":', "["])
def test_a_depth_bomb_ends(opening: str) -> None:
    closing = "}" if opening[0] == "{" else "]"
    deep = json.loads(opening * 400 + "1" + closing * 400)
    shown = json.dumps(clean_json(deep))
    assert "\\u2026" in shown
    assert len(shown) < 1000


def test_numbers_and_nulls_pass() -> None:
    assert clean_json({"a": [1, None, True, 10**50]}) == {"a": [1, None, True, 10**50]}


@pytest.mark.parametrize(
    ("text", "width"), [("", 0), ("line", 4), ("表", 2), ("ｗ", 2), ("ｱ", 1), ("e\u0301", 1)]
)
def test_a_wide_letter_takes_two_columns(text: str, width: int) -> None:
    assert columns(text) == width
    assert columns(padded(text, 6)) == 6


def test_what_is_too_long_is_not_cut_by_padding() -> None:
    assert padded("返金可能額", 4) == "返金可能額"
